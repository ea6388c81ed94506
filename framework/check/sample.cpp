#include "check/sample.hpp"

#include <algorithm>
#include <iterator>

namespace lmhost {
namespace {

// The product of all sizes stays well below 2^127.
constexpr std::size_t kProductBits = 90;
constexpr std::size_t kLargestBits = 14;

std::uint64_t hash_of(std::string_view text, std::uint64_t seed) {
  std::uint64_t hash = 0xCBF29CE484222325u ^ seed;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return hash;
}

const Value* find(const KernelBindings& bindings, std::string_view name) {
  for (const auto& [key, value] : bindings.parameters)
    if (key == name) return &value;
  return nullptr;
}

}  // namespace

std::uint64_t Dice::next() {
  std::uint64_t z = state_ += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

std::string spelled(const KernelBindings& point) {
  std::string text;
  for (const auto& [name, value] : point.parameters)
    text += (text.empty() ? "" : ", ") + name + "=" + to_string(value);
  for (const auto& [name, bits] : {std::pair("w_bits", &point.w_bits),
                                   {"a_bits", &point.a_bits},
                                   {"kv_bits", &point.kv_bits},
                                   {"index_bits", &point.index_bits}})
    text += (text.empty() ? "" : ", ") + std::string(name) + "=" + to_string(*bits);
  return text;
}

bool is_precision(const KernelParameter& parameter) { return parameter.name.ends_with("bits"); }

Sampler::Sampler(const Kernel& kernel, std::uint64_t seed)
    : kernel_(kernel), dice_(hash_of(kernel.name, seed)) {
  for (const KernelExample& example : kernel.examples)
    if (Result<KernelBindings> bindings = parse_bindings(example.bindings, "example"); bindings)
      examples_.push_back(std::move(*bindings));
  const auto sizes = static_cast<std::size_t>(std::count_if(
      kernel.parameters.begin(), kernel.parameters.end(), [](const KernelParameter& parameter) {
        return parameter.type == ParameterType::kInt && !parameter.optional;
      }));
  largest_ =
      std::uint64_t{1} << std::min(kLargestBits, kProductBits / std::max<std::size_t>(1, sizes));
  for (const KernelParameter& parameter : kernel.parameters) {
    if (parameter.type != ParameterType::kString || parameter.optional ||
        parameter.default_value != nullptr)
      continue;
    // An example that lacks it has failed elsewhere.
    std::erase_if(examples_, [&](const KernelBindings& example) {
      return !is_given(example, parameter.name);
    });
    if (examples_.empty()) missing_ = parameter.name;
  }
}

bool Sampler::is_given(const KernelBindings& example, std::string_view name) const {
  return find(example, name) != nullptr;
}

std::int64_t Sampler::size() {
  switch (dice_.below(4)) {
    case 0:
      return static_cast<std::int64_t>(1 + dice_.below(std::min<std::uint64_t>(4, largest_)));
    case 1: {
      std::uint64_t power = 1;
      for (std::uint64_t steps = dice_.below(kLargestBits); steps > 0 && power < largest_; --steps)
        power *= 2;
      return static_cast<std::int64_t>(power);
    }
    default:
      return static_cast<std::int64_t>(1 + dice_.below(largest_));
  }
}

Value Sampler::value_of(const KernelParameter& parameter, const KernelBindings* example) {
  constexpr int kBits[] = {4, 8, 16, 32};
  constexpr int kHalves[] = {1, 2, 3, 4, 7};
  if (parameter.type == ParameterType::kString) return *find(*example, parameter.name);
  if (is_precision(parameter)) return Value::of(Number(kBits[dice_.below(std::size(kBits))]));
  if (parameter.type == ParameterType::kBool)
    return Value::of(Number(static_cast<int>(dice_.below(2))));
  if (parameter.type == ParameterType::kFloat)
    return Value::of(divide(Number(kHalves[dice_.below(std::size(kHalves))]), Number(2)));
  // Sizes lie at or above those of an example, and what does not grow costs is as it says there: a
  // window fits into its input, groups divide their channels.
  const Value* const least = example == nullptr ? nullptr : find(*example, parameter.name);
  if (least == nullptr || least->kind != Value::Kind::kNumber) return Value::of(Number(size()));
  if (parameter.not_monotone || dice_.below(8) == 0) return *least;
  return Value::of(least->number + Number(size()));
}

KernelBindings Sampler::next() {
  KernelBindings point;
  Number* const bits[] = {&point.w_bits, &point.a_bits, &point.kv_bits, &point.index_bits};
  constexpr int kBits[] = {4, 8, 16, 32};
  for (Number* one : bits) *one = kBits[dice_.below(std::size(kBits))];
  const KernelBindings* example =
      examples_.empty() ? nullptr : &examples_[dice_.below(examples_.size())];
  for (const KernelParameter& parameter : kernel_.parameters) {
    const bool in_example = example != nullptr && is_given(*example, parameter.name);
    const bool is_text = parameter.type == ParameterType::kString;
    if ((parameter.optional || is_text) && !in_example) continue;
    const bool is_anchored =
        parameter.not_monotone && example != nullptr && parameter.type == ParameterType::kInt;
    if (is_anchored && !in_example) continue;
    if (parameter.default_value != nullptr && !is_text && !is_anchored && dice_.below(2) == 0)
      continue;
    point.parameters.emplace_back(parameter.name, value_of(parameter, example));
  }
  return point;
}

}  // namespace lmhost
