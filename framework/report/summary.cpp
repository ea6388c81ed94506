#include "report/summary.hpp"

#include <algorithm>
#include <set>

#include "load/config.hpp"
#include "report/units.hpp"

namespace lmhost {
namespace {

using V = RuntimeVariable;

std::string last_part(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return std::string(dot == std::string_view::npos ? name : name.substr(dot + 1));
}

std::string precision_text(const Analysis& analysis) {
  const Number& weight = analysis.point[V::kWeightBits];
  const Number& activation = analysis.point[V::kActivationBits];
  const Number& cache = analysis.point[V::kKvBits];
  if (!(weight == activation && activation == cache))
    return "weights " + to_string(weight) + ", activations " + to_string(activation) +
           ", KV cache " + to_string(cache) + " bit";
  // The type's own name only where its size is what is in force.
  if (analysis.config != nullptr && analysis.config->dtype_bits() == weight)
    for (const std::string_view key : {"dtype", "torch_dtype"})
      if (const Config::Entry* entry = analysis.config->find(key);
          entry != nullptr && entry->value.kind == Value::Kind::kString)
        return last_part(entry->value.string);
  return to_string(weight) + " bit";
}

// The costliest atomic call, for the hint of what to ask next.
std::string costliest_path(const CostTree& tree) {
  const CostNode* best = nullptr;
  double most = 0;
  for (const CostNode& node : tree.nodes) {
    const Instance& instance = tree.instance(node);
    for (std::uint32_t i = 0; i < instance.terms.count; ++i) {
      const Term& term = tree.plan->terms[instance.terms.first + i];
      if (term.quantity != Quantity::kFlops) continue;
      const double flops = tree.evaluation.values[term.node].to_double() * node.times.to_double();
      if (flops > most) {
        most = flops;
        best = &node;
      }
    }
  }
  return best == nullptr ? "" : tree.path(*best);
}

std::string plural(std::size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string label(std::string_view text, const TextStyle& style) {
  return painted(text, Ink::kDim, style) +
         std::string(text.size() < 11 ? 11 - text.size() : 1, ' ');
}

std::string memory_line(const Analysis& analysis, const TextStyle& style) {
  const CostTree& tree = *analysis.tree;
  const Costs total = tree.total(tree.nodes[0]);
  const Number& weights = total[Quantity::kStoredBytesWeight];
  const Number& cache = total[Quantity::kStoredBytesKvCache];
  const Number tokens =
      analysis.point[V::kBatchSize] * (analysis.point[V::kCacheLen] + analysis.point[V::kSeqLen]);
  auto amount = [&](const Number& number) {
    return style.exact ? to_grouped_string(number) + " B" : format_capacity(number);
  };
  const std::string least =
      analysis.plan->unknown.empty() ? "" : std::string(Signs(style).at_least());
  std::string line = label("memory", style) + "weights " + least + amount(weights) +
                     " + KV cache " + least + amount(cache);
  if (!cache.is_zero() && !tokens.is_zero())
    line += " (" + amount(divide(cache, tokens)) + " per token)";
  const Number& parameters = total[Quantity::kParameters];
  line += std::string(Signs(style).dot()) + least +
          (style.exact ? to_grouped_string(parameters) : format_parameters(parameters)) +
          " parameters\n";
  return line;
}

std::string coverage_lines(const Summary& summary, const TextStyle& style) {
  std::string text =
      label("coverage", style) + to_grouped_string(summary.calls) +
      (summary.calls == Number(1) ? " call" : " calls") + " at " + plural(summary.sites, "site") +
      ": " + plural(summary.kernels.size(), "kernel") + " from " +
      plural(summary.plugins.size(), "plugin") + ", " + std::to_string(summary.unknown) +
      " unknown, " + std::to_string(summary.assumptions.size()) + " assumed\n";
  for (const std::string& assumption : summary.assumptions)
    text += label("assumed", style) + assumption + "\n";
  std::string plugins;
  for (const PluginUse& use : summary.plugins)
    plugins += (plugins.empty() ? "" : ", ") + use.plugin->id + " " + use.plugin->version;
  if (!plugins.empty()) text += label("plugins", style) + plugins + "\n";
  return text;
}

// The seeds' way to count bytes: one sum, in which weights are not told apart.
bool is_byte_sum(const KernelOperand& operand) {
  return operand.role == Role::kActivation && operand.bits != nullptr && operand.bits->text == "8";
}

// What data does not say is no zero, though the columns have nothing else to show.
std::string untold_line(const CostTree& tree, const TextStyle& style) {
  std::set<const Kernel*> kernels;
  for (const CostNode& node : tree.nodes) {
    const Kernel* const kernel = tree.instance(node).kernel;
    if (kernel == nullptr || !tree.plan->catalog->plugin_of(*kernel).is_data) continue;
    if (!kernel->operands.empty() &&
        std::all_of(kernel->operands.begin(), kernel->operands.end(), is_byte_sum))
      kernels.insert(kernel);
  }
  if (kernels.empty()) return "";
  return label("not told", style) + "weights, cache and matrix products of " +
         plural(kernels.size(), "kernel") + ", which count bytes in one sum: 0 above\n";
}

}  // namespace

std::string_view version() { return LMHOST_VERSION; }

std::string_view phase_of(const RuntimePoint& point) {
  const bool is_decode = point[V::kSeqLen] == Number(1) && !point[V::kCacheLen].is_zero();
  return is_decode ? "decode" : "prefill";
}

Summary summarize(const Analysis& analysis, std::vector<std::string> assumptions) {
  const Plan& plan = *analysis.plan;
  Summary summary;
  summary.model = analysis.model_name;
  summary.architecture = last_part(plan.graph->root);
  summary.phase = phase_of(analysis.point);
  summary.precision = precision_text(analysis);
  summary.mode = name_of(plan.mode);
  summary.conventions = plan.conventions->name;
  summary.assumptions = std::move(assumptions);
  summary.calls = 0;
  if (analysis.tree == nullptr) return summary;

  std::set<const Kernel*> kernels;
  for (const CostNode& node : analysis.tree->nodes) {
    const Instance& instance = analysis.tree->instance(node);
    if (instance.composite != nullptr) continue;
    summary.calls = summary.calls + node.times;
    ++summary.sites;
    if (instance.is_unknown())
      ++summary.unknown;
    else
      kernels.insert(instance.kernel);
  }
  summary.kernels.assign(kernels.begin(), kernels.end());
  std::sort(summary.kernels.begin(), summary.kernels.end(),
            [](const Kernel* a, const Kernel* b) { return a->name < b->name; });
  const auto plugins = plan.catalog->plugins();
  std::vector<std::size_t> uses(plugins.size());
  for (const Kernel* kernel : kernels) ++uses[kernel->plugin];
  for (std::size_t i = 0; i < plugins.size(); ++i)
    if (uses[i] != 0) summary.plugins.push_back({&plugins[i], uses[i]});
  return summary;
}

std::string portable_path(const std::string& path, std::string_view prefix) {
  for (const std::string_view folder : {"/share/lmhost/", "/"}) {
    const std::string start = std::string(prefix) + std::string(folder);
    if (!prefix.empty() && path.size() > start.size() && path.compare(0, start.size(), start) == 0)
      return path.substr(start.size());
  }
  return path;
}

std::string heading_lines(const Summary& summary, const Analysis& analysis,
                          const TextStyle& style) {
  const Signs signs(style);
  const std::string dot(signs.dot());
  const RuntimePoint& point = analysis.point;
  std::string text;
  text += painted(summary.architecture, Ink::kBold, style);
  if (summary.model != summary.architecture) text += " (" + summary.model + ")";
  text += dot + summary.phase + dot + "batch " + to_grouped_string(point[V::kBatchSize]) + " " +
          std::string(signs.times()) + " seq " + to_grouped_string(point[V::kSeqLen]);
  if (!point[V::kCacheLen].is_zero()) text += " on cache " + to_grouped_string(point[V::kCacheLen]);
  text += dot + summary.precision + "\n";

  text += "conventions: mode " + summary.mode + dot + "constants " + summary.conventions + dot +
          "1 multiply-add = 2 FLOP" + dot + "masked pairs counted\n";
  return text;
}

std::string footer_lines(const Summary& summary, const Analysis& analysis, const TextStyle& style) {
  const CostTree& tree = *analysis.tree;
  std::string text =
      memory_line(analysis, style) + untold_line(tree, style) + coverage_lines(summary, style);
  if (summary.unknown != 0) {
    text += label("unknown", style) + "every total is a lower bound (" +
            std::string(Signs(style).at_least()) + "): these calls cost nothing here\n";
    for (const CostNode& node : tree.nodes)
      if (tree.instance(node).is_unknown())
        text +=
            "           " + tree.path(node) + "  " + std::string(tree.instance(node).name) + "\n";
  }
  if (tree.truncated)
    text += label("truncated", style) +
            "the tree has too many calls for one report; deeper rows are missing, "
            "costs are whole\n";
  const std::string next = costliest_path(tree);
  if (!next.empty())
    text += label("next", style) + "lmhost explain " +
            (summary.model_word.empty() ? summary.model : summary.model_word) + " " + next +
            summary.option_words + "\n";
  return text;
}

}  // namespace lmhost
