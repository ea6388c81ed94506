#include "report/resolved.hpp"

#include <algorithm>

#include "base/codes.hpp"
#include "report/resolved_walk.hpp"

namespace lmhost {
namespace {

constexpr std::size_t kShown = 4;  // of the quantities: the others are in the JSON

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// "name  formula", the formula broken at blanks.
void add_formula(std::string_view name, const std::string& formula, const TextStyle& style,
                 Text& text) {
  constexpr std::size_t kNameRoom = 22, kLeast = 40;
  const std::string indent = "  ";
  const std::size_t room =
      style.width > kNameRoom + kLeast ? style.width - kNameRoom - indent.size() : kLeast;
  std::string label(name);
  for (const std::string& line : wrapped(formula, room)) {
    label.resize(kNameRoom, ' ');
    text += Text(indent) + painted(label, Ink::kDim, style) + line + "\n";
    label.clear();
  }
}

// Characters that a call takes at least: its formulas and bindings.
std::size_t length_of(const ResolvedInstance& instance) {
  std::size_t length = 0;
  for (const std::string& formula : instance.formulas) length += formula.size();
  for (const ResolvedBinding& binding : instance.bindings)
    length += binding.parameter.size() + binding.text.size();
  return length;
}

// Bindings of the caller's making; defaults are in the kernel.
std::string arguments_of(const ResolvedInstance& instance) {
  std::string text;
  for (const ResolvedBinding& binding : instance.bindings) {
    if (binding.is_default) continue;
    text += (text.empty() ? "" : ", ") + std::string(binding.parameter) + "=" + binding.text;
  }
  return text;
}

}  // namespace

Result<bool> check_size(const ResolvedTree& tree, const ResolvedOptions& options) {
  const Plan& plan = *tree.plan;
  const std::size_t height = plan.instances[plan.root()].height;
  if (std::min<std::size_t>(height, options.depth.value_or(UINT32_MAX)) > options.limits.levels)
    return plain_error(
        ErrorKind::kInput, codes::kLimit,
        "the calls are " + to_grouped_string(Number(std::uint64_t{height})) +
            " levels deep, more than the " + std::to_string(options.limits.levels) +
            " that are printed",
        "`--depth " + std::to_string(options.limits.levels) + "` leaves the deeper ones out");
  SymbolicBudget budget(options.limits);
  ResolvedWalk walk(plan, options);
  std::vector<std::size_t> paths(1, 0);  // lengths, by depth
  for (ResolvedStep step; walk.next(step);) {
    std::size_t length =
        plan.instances[step.instance].name.size() + length_of(tree.instances[step.instance]);
    if (step.depth > 0) {
      paths.resize(step.depth);
      paths.push_back(paths.back() + plan.graph->calls[plan.edges[step.edge].call].name.size() + 1);
      length += paths.back();
    }
    if (budget.write(length)) continue;
    Diagnostic error = budget.error();
    error.hint = "`--depth N` leaves the calls below N levels out";
    return error;
  }
  return true;
}

Result<Text> write_resolved(const Analysis& analysis, const ResolvedTree& tree,
                            const ResolvedOptions& options, const TextStyle& style) {
  if (Result<bool> fits = check_size(tree, options); !fits) return std::move(fits).errors();
  const Plan& plan = *tree.plan;
  const Signs signs(style);
  Text text = painted(analysis.model_name, Ink::kBold, style);
  text += Text(std::string(signs.dot())) + "mode " + std::string(name_of(plan.mode)) +
          std::string(signs.dot()) + "conventions " + plan.conventions->name +
          std::string(signs.dot()) + "config " + (plan.keeps_config ? "kept" : "replaced") + "\n";
  text += Text("of one execution each, in ") + joined(tree.variables) + "\n";
  if (!tree.config_names.empty()) text += Text("and ") + joined(tree.config_names) + "\n";

  if (!tree.lets.empty()) text += "\n" + painted("where", Ink::kBold, style) + "\n";
  for (const ResolvedLet& let : tree.lets) add_formula(let.name, let.text, style, text);

  ResolvedWalk walk(plan, options);
  std::vector<std::string> path;
  for (ResolvedStep step; walk.next(step);) {
    const Instance& instance = plan.instances[step.instance];
    const ResolvedInstance& formulas = tree.instances[step.instance];
    text += "\n";
    if (step.depth == 0) {
      text += painted(instance.name, Ink::kBold, style) + "\n";
    } else {
      const Call& call = plan.graph->calls[plan.edges[step.edge].call];
      path.resize(step.depth - 1);
      path.push_back((path.empty() ? "" : path.back() + ".") + std::string(call.name));
      text += painted(path.back(), Ink::kBold, style) + "  ";
      const std::string& count = tree.calls[step.edge].count;
      if (count != "1") text += count + " " + std::string(signs.times()) + " ";
      text += instance.name;
      text += "\n";
    }
    if (instance.is_unknown()) {
      text += "  unknown: not in the formulas above\n";
      continue;
    }
    const std::string arguments = arguments_of(formulas);
    if (!arguments.empty()) add_formula("bindings", arguments, style, text);
    for (std::size_t q = 0; q < kShown; ++q) {
      const auto quantity = static_cast<ResolvedQuantity>(q);
      if (formulas[quantity] != "0" || quantity == ResolvedQuantity::kFlops)
        add_formula(name_of(quantity), formulas[quantity], style, text);
    }
  }
  if (walk.is_truncated()) text += "\nDeeper calls are left out; they are in the formulas.\n";
  return text;
}

}  // namespace lmhost
