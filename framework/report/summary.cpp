#include "report/summary.hpp"

#include <algorithm>
#include <set>

#include "load/config.hpp"
#include "report/provenance.hpp"
#include "report/units.hpp"
#include "report/written_tree.hpp"
#include "study/profile.hpp"

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
  if (!(weight == activation && activation == cache)) return bits_text(analysis.point);
  // The type's own name only where its size is what is in force.
  if (analysis.config != nullptr && analysis.config->dtype_bits() == weight)
    for (const std::string_view key : {"dtype", "torch_dtype"})
      if (const Config::Entry* entry = analysis.config->find(key);
          entry != nullptr && entry->value.kind == Value::Kind::kString)
        return last_part(entry->value.string);
  return bits_text(analysis.point);
}

// The costliest atomic call, for the hint of what to ask next: the first of them.
std::string costliest_path(const CostTree& tree) {
  const Plan& plan = *tree.plan;
  // Of one execution of each instance, children before parents: the FLOPs of all executions of its
  // costliest call, and the edge that leads there.
  std::vector<Number> most(plan.instances.size());
  std::vector<std::uint32_t> towards(plan.instances.size(), kNoParent);
  for (std::size_t i = 0; i < most.size(); ++i) {
    const Instance& instance = plan.instances[i];
    for (std::uint32_t k = 0; k < instance.terms.count; ++k) {
      const Term& term = plan.terms[instance.terms.first + k];
      if (term.quantity == Quantity::kFlops) most[i] = tree.evaluation.values[term.node];
    }
    for (std::uint32_t k = 0; k < instance.edges.count; ++k) {
      const std::uint32_t index = instance.edges.first + k;
      const Edge& edge = plan.edges[index];
      const Number flops = tree.evaluation.values[edge.count] * most[edge.child];
      if (!(flops.to_double() > most[i].to_double())) continue;
      most[i] = flops;
      towards[i] = index;
    }
  }
  std::string path;
  for (std::uint32_t at = towards[plan.root()]; at != kNoParent;
       at = towards[plan.edges[at].child]) {
    if (!path.empty()) path += '.';
    path += plan.graph->calls[plan.edges[at].call].name;
  }
  return path;
}

// Calls of unknown kernels with their paths, as long as somebody may read them.
Text unknown_lines(const CostTree& tree, const Number& sites) {
  constexpr std::size_t kMostLines = 1000, kMostBytes = std::size_t{1} << 20;
  Text text;
  std::size_t lines = 0;
  for (const CostNode& node : tree.nodes) {
    if (!tree.instance(node).is_unknown()) continue;
    if (lines == kMostLines || text.str().size() > kMostBytes) break;
    ++lines;
    text +=
        Text("           ") + tree.path(node) + "  " + std::string(tree.instance(node).name) + "\n";
  }
  if (Number(std::uint64_t{lines}) == sites) return text;
  return text + Text("           and ") + to_grouped_string(sites - Number(std::uint64_t{lines})) +
         " more\n";
}

std::string ratio_text(double ratio) {
  return format_fixed(ratio, ratio >= 99.95 ? 0 : ratio >= 9.995 ? 1 : 2);
}

// "17,993 tok/s", "36.15 tok/s".
std::string tokens_text(double per_second) {
  if (per_second < 999.95) return format_rate(per_second, "tok/s");
  return to_grouped_string(Number(static_cast<std::int64_t>(std::min(per_second, 9e18)))) +
         " tok/s";
}

std::string plural(const Number& count, std::string_view noun) {
  return to_string(count) + " " + std::string(noun) + (count == Number(1) ? "" : "s");
}

Text label(std::string_view text, const TextStyle& style) {
  return painted(text, Ink::kDim, style) +
         std::string(text.size() < 11 ? 11 - text.size() : 1, ' ');
}

Text memory_line(const Analysis& analysis, const TextStyle& style) {
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
  Text line = label("memory", style) + "weights " + least + amount(weights) + " + KV cache " +
              least + amount(cache);
  if (!cache.is_zero() && !tokens.is_zero())
    line += " (" + amount(divide(cache, tokens)) + " per token)";
  const Number& parameters = total[Quantity::kParameters];
  line += Text(Signs(style).dot()) + least +
          (style.exact ? to_grouped_string(parameters) : format_parameters(parameters)) +
          " parameters\n";
  return line;
}

// "2 plugins", "1 catalogue", "2 plugins and 1 catalogue".
std::string sources_text(const Summary& summary) {
  const auto data = static_cast<std::size_t>(
      std::count_if(summary.plugins.begin(), summary.plugins.end(),
                    [](const PluginUse& use) { return use.plugin->is_data; }));
  const std::size_t plugins = summary.plugins.size() - data;
  if (data == 0) return plural(plugins, "plugin");
  const std::string catalogues = plural(data, "catalogue");
  return plugins == 0 ? catalogues : plural(plugins, "plugin") + " and " + catalogues;
}

std::string not_validated_text(const Summary& summary) {
  if (summary.not_validated == 0) return "";
  return ", " + plural(summary.not_validated, "kernel") + " not validated by a person";
}

Text coverage_lines(const Summary& summary, const TextStyle& style) {
  Text text = label("coverage", style) + to_grouped_string(summary.calls) +
              (summary.calls == Number(1) ? " call" : " calls") + " at " +
              plural(summary.sites, "site") + ": " + plural(summary.kernels.size(), "kernel") +
              " from " + sources_text(summary) + ", " + to_string(summary.unknown) + " unknown, " +
              std::to_string(summary.assumptions.size()) + " assumed" +
              not_validated_text(summary) + "\n";
  for (const std::string& assumption : summary.assumptions)
    text += label("assumed", style) + assumption + "\n";
  for (const bool is_data : {false, true}) {
    std::string names;
    for (const PluginUse& use : summary.plugins)
      if (use.plugin->is_data == is_data)
        names += (names.empty() ? "" : ", ") + use.plugin->id +
                 (use.plugin->version.empty() ? "" : " " + use.plugin->version);
    if (!names.empty()) text += label(is_data ? "catalogues" : "plugins", style) + names + "\n";
  }
  return text;
}

Text device_lines(const Summary& summary, const TextStyle& style) {
  if (summary.device == nullptr) return {};
  const Roof& roof = summary.device->roof;
  const std::string dot(Signs(style).dot());
  Text text = "device: " + roof.device + dot + std::string(name_of(roof.type)) + " " +
              format_rate(roof.matrix_peak, "FLOP/s") + dot + format_rate(roof.bandwidth, "B/s") +
              dot + "ridge " + ratio_text(roof.ridge()) + " FLOP/B";
  text += "\n";
  if (!roof.efficiency.is_nominal())
    text += Text("efficiency: ") + roof.efficiency.name + dot +
            "the peaks above are that share of the " + "nominal ones\n";
  return text;
}

Text bound_lines(const Summary& summary, const Analysis& analysis, const TextStyle& style) {
  if (summary.device == nullptr) return {};
  const Bound whole = summary.device->whole();
  const Signs signs(style);
  const Costs total = analysis.tree->total(analysis.tree->nodes[0]);
  const Work work = work_of(total, tokens_of(analysis));
  Text text =
      label("bound", style) + std::string(signs.at_least()) + " " + format_seconds(whole.seconds);
  if (whole.seconds > 0)
    text += "   " + std::string(signs.at_most()) + " " + tokens_text(work.tokens / whole.seconds) +
            "   " + std::string(name_of(whole.limit())) +
            (whole.limit() == Limit::kMixed ? " (" : "-bound (") +
            ratio_text(work.bytes > 0 ? work.flops / work.bytes : 0) + " FLOP/B; ridge " +
            ratio_text(summary.device->roof.ridge()) + ")";
  text += "\n";
  if (summary.measured) {
    const double share = share_of_roof(*summary.measured, whole.seconds, work);
    text += label("measured", style) + summary.measured->text + " = " +
            format_fixed(100 * share, 1) + " % of the roof";
    if (share > 1) text += ": what ran was not this (precision, batch, device?)";
    text += "\n";
  }
  for (const std::string& note : summary.device->roof.notes)
    text += label("note", style) + note + "\n";
  return text;
}

// The seeds' way to count bytes: one sum, in which weights are not told apart.
bool is_byte_sum(const KernelOperand& operand) {
  return operand.role == Role::kActivation && operand.bits != nullptr && operand.bits->text == "8";
}

// What data does not say is no zero, though the columns have nothing else to show.
Text untold_line(const CostTree& tree, const TextStyle& style) {
  std::set<const Kernel*> kernels;
  const std::vector<InstanceUse> uses = instance_uses(tree);
  for (std::size_t i = 0; i < uses.size(); ++i) {
    const Kernel* const kernel = uses[i].sites.is_zero() ? nullptr : tree.plan->instances[i].kernel;
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

std::string bits_text(const RuntimePoint& point) {
  const Number& weight = point[V::kWeightBits];
  const Number& activation = point[V::kActivationBits];
  const Number& cache = point[V::kKvBits];
  if (weight == activation && activation == cache) return to_string(weight) + " bit";
  return "weights " + to_string(weight) + ", activations " + to_string(activation) + ", KV cache " +
         to_string(cache) + " bit";
}

std::string workload_text(const RuntimePoint& point, const std::optional<Number>& prompt_tokens,
                          const std::optional<Number>& generated_tokens, const TextStyle& style) {
  std::string text = "batch " + to_grouped_string(point[V::kBatchSize]) + " " +
                     std::string(Signs(style).times()) + " ";
  if (prompt_tokens && generated_tokens)
    return text + to_grouped_string(*prompt_tokens) + " in, " +
           to_grouped_string(*generated_tokens) + " out";
  text += "seq " + to_grouped_string(point[V::kSeqLen]);
  if (!point[V::kCacheLen].is_zero()) text += " on cache " + to_grouped_string(point[V::kCacheLen]);
  return text;
}

Summary summarize(const Analysis& analysis, std::vector<std::string> assumptions) {
  const Plan& plan = *analysis.plan;
  Summary summary;
  summary.model = analysis.model_name;
  summary.architecture = last_part(plan.graph->root);
  summary.phase = phase_of(analysis);
  summary.precision = precision_text(analysis);
  summary.mode = name_of(plan.mode);
  summary.conventions = plan.conventions->name;
  summary.assumptions = std::move(assumptions);
  summary.calls = 0;
  if (analysis.tree == nullptr) return summary;

  std::set<const Kernel*> kernels;
  const std::vector<InstanceUse> in_tree = instance_uses(*analysis.tree);
  for (std::size_t i = 0; i < in_tree.size(); ++i) {
    const Instance& instance = plan.instances[i];
    const InstanceUse& use = in_tree[i];
    if (instance.composite != nullptr || use.sites.is_zero()) continue;
    summary.calls = summary.calls + use.times;
    summary.sites = summary.sites + use.sites;
    if (instance.is_unknown())
      summary.unknown = summary.unknown + use.sites;
    else
      kernels.insert(instance.kernel);
  }
  summary.kernels.assign(kernels.begin(), kernels.end());
  summary.not_validated = static_cast<std::size_t>(
      std::count_if(kernels.begin(), kernels.end(),
                    [](const Kernel* kernel) { return is_not_validated(*kernel); }));
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

Text heading_lines(const Summary& summary, const Analysis& analysis, const TextStyle& style) {
  const Signs signs(style);
  const std::string dot(signs.dot());
  std::optional<Number> prompt, generated;
  if (analysis.phase == Phase::kGenerate) {
    prompt = analysis.prompt_tokens;
    generated = analysis.generated_tokens;
  }
  Text text;
  text += painted(summary.architecture, Ink::kBold, style);
  if (summary.model != summary.architecture) text += " (" + summary.model + ")";
  text += dot + summary.phase + dot + workload_text(analysis.point, prompt, generated, style);
  text += Text(dot) + summary.precision + "\n";

  text += Text("conventions: mode ") + summary.mode + dot + "constants " + summary.conventions +
          dot + "1 multiply-add = 2 FLOP" + dot + "masked pairs counted\n";
  text += device_lines(summary, style);
  return text;
}

Text footer_lines(const Summary& summary, const Analysis& analysis, const TextStyle& style) {
  const CostTree& tree = *analysis.tree;
  Text text;
  for (const ReportSection& section : summary.sections)
    for (const ReportSection::Line& line : section.lines)
      text += label(line.label, style) + line.text + "\n";
  text += bound_lines(summary, analysis, style) + memory_line(analysis, style) +
          untold_line(tree, style) + coverage_lines(summary, style);
  if (!summary.unknown.is_zero()) {
    text += label("unknown", style) + "every total is a lower bound (" +
            std::string(Signs(style).at_least()) + "): these calls cost nothing here\n";
    text += unknown_lines(tree, summary.unknown);
  }
  if (tree.truncated)
    text += label("truncated", style) + "written out, the calls are " +
            count_text(tree.whole.nodes) +
            " rows, too many for one report; deeper ones are missing, costs are whole\n";
  // What explain can speak of is one pass.
  const std::string next = analysis.phase == Phase::kPass ? costliest_path(tree) : std::string();
  constexpr std::size_t kLongest = 1000;  // of what somebody types
  if (!next.empty() && next.size() <= kLongest)
    text += label("next", style) + "lmhost explain " +
            (summary.model_word.empty() ? summary.model : summary.model_word) + " " + next +
            summary.option_words + "\n";
  return text;
}

}  // namespace lmhost
