// Laws that formulas keep at random points.
#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "base/codes.hpp"
#include "base/diagnostic.hpp"
#include "check/sample.hpp"
#include "check/stages.hpp"

namespace lmhost {
namespace {

// What decides the numbers of a kernel. The eighty pointwise kernels of a family that differ in
// name only are looked at once.
std::string signature_of(const Kernel& kernel) {
  std::string text;
  const auto add = [&](std::string_view part) { text.append(part).push_back('\x1f'); };
  const auto formula = [&](const Expression* expression) {
    add(expression == nullptr ? std::string_view("-") : std::string_view(expression->text));
  };
  for (const KernelParameter& parameter : kernel.parameters) {
    add(parameter.name);
    add(std::to_string(static_cast<int>(parameter.type)) + (parameter.optional ? "?" : "") +
        (parameter.not_monotone ? "~" : ""));
    formula(parameter.default_value);
    // Texts come from examples.
    if (parameter.type == ParameterType::kString || parameter.optional) add(kernel.name);
  }
  for (const auto* rows : {&kernel.lets, &kernel.quantities})
    for (const KernelFormula& row : *rows) add(row.name), formula(row.expression);
  for (const KernelOperand& operand : kernel.operands) {
    add(operand.name + std::to_string(static_cast<int>(operand.role)) +
        std::to_string(static_cast<int>(operand.direction)));
    for (const Expression* expression : {operand.elements, operand.stored_elements, operand.bits})
      formula(expression);
  }
  return text;
}

bool is_below(const Number& a, const Number& b) {
  if (a.is_exact() && b.is_exact()) return compare(a, b).value_or(0) < 0;
  // Inexact numbers may differ in their last digits.
  constexpr double kTolerance = 1e-9;
  return a.to_double() < b.to_double() * (1 - kTolerance);
}

class KernelLaws {
 public:
  KernelLaws(const Catalog& catalog, const Kernel& kernel, CheckReport& report)
      : catalog_(catalog),
        kernel_(kernel),
        report_(report),
        sampler_(kernel, report.seed),
        at_seed_("; --seed " + std::to_string(report.seed)) {}

  void check(std::size_t points) {
    if (!sampler_.is_possible()) {
      report_.add("formula.has_examples", "no example of " + quoted(kernel_.name) + " gives " +
                                              quoted(sampler_.missing()) +
                                              ": nothing can be said at random points");
      return;
    }
    std::size_t done = 0, drawn = 0;
    for (; done < points && drawn < kMostDraws * points && seen_.size() < kMostFindings; ++drawn) {
      KernelBindings point = sampler_.next();
      const KernelParameter* size = choose_size(point);
      const std::optional<KernelCosts> costs = evaluate(point);
      if (!costs) continue;
      ++done;
      if (size != nullptr) check_growth(*size, point, *costs);
      check_bits(point, *costs);
    }
    if (seen_.empty() && done < points)
      find("formula.finite", "domain",
           "it has a value at " + std::to_string(done) + " of " + std::to_string(drawn) +
               " random points only");
  }

 private:
  static constexpr std::size_t kMostFindings = 5;  // a kernel
  static constexpr std::size_t kMostDraws = 10;    // for each point

  // Each kind once: the first point is as good as the thousandth.
  void find(std::string_view check, const std::string& kind, const std::string& what) {
    if (seen_.insert(std::string(check) + kind).second)
      report_.add(check, quoted(kernel_.name) + ": " + what + at_seed_);
  }

  // The kernel says itself that no such arguments exist (more experts chosen than there are): the
  // point is no point of its, and another is drawn.
  static bool is_outside_domain(const Diagnostic& error) {
    const auto says = [&](std::string_view text) {
      return error.message.find(text) != std::string::npos;
    };
    return says(describe(ArithmeticError::kDomain)) ||
           (says("() failed: ") && !says("across the plugin boundary"));
  }

  std::optional<KernelCosts> evaluate(const KernelBindings& point) {
    Result<KernelCosts> costs = evaluate_kernel(catalog_, Conventions(), kernel_, point);
    if (costs) return std::move(*costs);
    for (const Diagnostic& error : costs.errors()) {
      if (is_outside_domain(error)) continue;
      const bool is_negative = error.code == codes::kNegativeCost;
      const std::string place = error.file.substr(0, error.file.find(" of '"));
      find(is_negative ? "formula.not_negative" : "formula.finite", place,
           error.message + ", at " + spelled(point));
    }
    return std::nullopt;
  }

  // A size that the point binds, so that it can grow. A default is bound to do so.
  const KernelParameter* choose_size(KernelBindings& point) {
    std::vector<const KernelParameter*> sizes;
    for (const KernelParameter& parameter : kernel_.parameters)
      if (parameter.type == ParameterType::kInt && !parameter.not_monotone &&
          !is_precision(parameter) && (!parameter.optional || bound(point, parameter.name)))
        sizes.push_back(&parameter);
    if (sizes.empty()) return nullptr;
    const KernelParameter* size = sizes[sampler_.dice().below(sizes.size())];
    if (bound(point, size->name) == nullptr)
      point.parameters.emplace_back(size->name, Value::of(Number(sampler_.size())));
    return size;
  }

  static Value* bound(KernelBindings& point, std::string_view name) {
    for (auto& [key, value] : point.parameters)
      if (key == name) return &value;
    return nullptr;
  }

  void check_growth(const KernelParameter& size, const KernelBindings& point,
                    const KernelCosts& costs) {
    KernelBindings larger = point;
    Value* const value = bound(larger, size.name);
    const std::string before = to_string(*value);
    value->number = value->number + Number(sampler_.size());
    const std::optional<KernelCosts> grown = evaluate(larger);
    if (!grown) return;
    for (std::size_t i = 0; i < kQuantityCount; ++i) {
      const auto quantity = static_cast<Quantity>(i);
      const Number& from = costs.costs[quantity];
      const Number& to = grown->costs[quantity];
      if (is_below(to, from))
        find("formula.monotone", size.name + std::string(name_of(quantity)),
             std::string(name_of(quantity)) + " falls from " + to_string(from) + " to " +
                 to_string(to) + " when " + size.name + " grows from " + before + " to " +
                 to_string(*value) + ", at " + spelled(point));
    }
  }

  void check_bits(const KernelBindings& point, const KernelCosts& costs) {
    KernelBindings twice = point;
    for (Number* bits : {&twice.w_bits, &twice.a_bits, &twice.kv_bits, &twice.index_bits})
      *bits = *bits * Number(2);
    for (const KernelParameter& parameter : kernel_.parameters)
      if (is_precision(parameter))
        if (Value* value = bound(twice, parameter.name); value != nullptr)
          value->number = value->number * Number(2);
    const std::optional<KernelCosts> wide = evaluate(twice);
    if (!wide) return;
    for (std::size_t i = 0; i < costs.operands.size(); ++i) {
      const EvaluatedOperand& narrow = costs.operands[i];
      const EvaluatedOperand& other = wide->operands[i];
      const std::string name = narrow.operand->name;
      // Elements may depend on a precision where a conversion comes or goes, or a tile shrinks;
      // what grows with it is counted in bytes by mistake.
      const auto law = [&](const char* what, const Number& elements, const Number& more_elements,
                           const Number& from, const Number& to) {
        const bool is_same = elements == more_elements;
        const bool falls = is_same && is_below(to, from);
        const bool leaps = !elements.is_zero() && is_below(from * Number(2), to);
        if (falls || leaps)
          find("formula.scales_with_bits", name + what,
               std::string(what) + " of operand " + quoted(name) + " go from " + to_string(from) +
                   " to " + to_string(to) + " with twice the bits, at " + spelled(point));
      };
      law("the bytes", narrow.elements, other.elements, narrow.bytes, other.bytes);
      law("the stored bytes", narrow.stored_elements, other.stored_elements, narrow.stored_bytes,
          other.stored_bytes);
    }
  }

  const Catalog& catalog_;
  const Kernel& kernel_;
  CheckReport& report_;
  Sampler sampler_;
  std::string at_seed_;
  std::set<std::string> seen_;
};

}  // namespace

void check_formulas(const Catalog& catalog, const ProbeOptions& options, CheckReport& report) {
  report.points = options.points;
  report.add(check_examples(catalog), "formula.examples_agree");
  std::set<std::string> done;
  for (const Kernel* kernel : catalog.kernels()) {
    if (kernel->examples.empty())
      report.add("formula.has_examples", quoted(kernel->name) + " has no worked example");
    if (!done.insert(signature_of(*kernel)).second) continue;
    KernelLaws(catalog, *kernel, report).check(options.points);
    if (options.progress) options.progress();
  }
}

}  // namespace lmhost
