#include "study/measurement.hpp"

#include <optional>
#include <string_view>

#include "base/codes.hpp"
#include "lmhost/number.hpp"

namespace lmhost {
namespace {

using K = Measurement::Kind;

struct Unit {
  std::string_view name;
  K kind;
  double factor;
};

constexpr Unit kUnits[] = {
    {"s", K::kSeconds, 1},        {"ms", K::kSeconds, 1e-3},    {"us", K::kSeconds, 1e-6},
    {"tok/s", K::kTokens, 1},     {"tokens/s", K::kTokens, 1},  {"t/s", K::kTokens, 1},
    {"ktok/s", K::kTokens, 1e3},  {"MFLOP/s", K::kFlops, 1e6},  {"GFLOP/s", K::kFlops, 1e9},
    {"TFLOP/s", K::kFlops, 1e12}, {"PFLOP/s", K::kFlops, 1e15}, {"MB/s", K::kBytes, 1e6},
    {"GB/s", K::kBytes, 1e9},     {"TB/s", K::kBytes, 1e12},
};

}  // namespace

Work work_of(const Costs& total, const Number& tokens) {
  return {tokens.to_double(), total[Quantity::kFlops].to_double(),
          (total.bytes_read() + total.bytes_written()).to_double()};
}

Result<Measurement> parse_measurement(const std::string& text) {
  const std::size_t end = text.find_first_not_of("0123456789.,");
  const std::size_t unit_begin = text.find_first_not_of(' ', std::min(end, text.size()));
  const std::optional<Number> number = parse_number(std::string_view(text).substr(0, end));
  const std::string_view unit = unit_begin == std::string::npos
                                    ? std::string_view()
                                    : std::string_view(text).substr(unit_begin);
  if (number && number->to_double() > 0)
    for (const Unit& known : kUnits)
      if (known.name == unit)
        return Measurement{known.kind, number->to_double() * known.factor, text};
  return plain_error(ErrorKind::kUsage, codes::kUsage,
                     "--measured " + quoted(text) + " is no measurement",
                     "for example: '36 tok/s', '27.5 ms', '150 TFLOP/s', '1.4 TB/s'");
}

double share_of_roof(const Measurement& measured, double bound_seconds, const Work& work) {
  switch (measured.kind) {
    case K::kSeconds:
      return bound_seconds / measured.value;
    case K::kTokens:
      return measured.value * bound_seconds / work.tokens;
    case K::kFlops:
      return work.flops > 0 ? measured.value * bound_seconds / work.flops : 0;
    case K::kBytes:
      return work.bytes > 0 ? measured.value * bound_seconds / work.bytes : 0;
  }
  return 0;
}

}  // namespace lmhost
