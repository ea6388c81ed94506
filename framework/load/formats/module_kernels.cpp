// The linker: a depth-first walk over (module, metric) with an explicit stack, callees first.
#include "load/formats/module_kernels.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "base/codes.hpp"
#include "base/suggestions.hpp"
#include "formula/evaluate.hpp"
#include "formula/rewrite.hpp"
#include "load/formats/kernel_formula.hpp"
#include "load/formats/module_arguments.hpp"
#include "load/formats/module_names.hpp"
#include "load/formats/seed_names.hpp"

namespace lmhost {
namespace {

constexpr std::size_t kLargestFormula = 200'000;  // nodes, after linking
constexpr std::size_t kLargestFile = 2'000'000;   // of all its formulas
constexpr std::size_t kMostCandidates = 12;       // named in a message
constexpr std::string_view kOperandNames[] = {"flops", "read", "write", "intermediates"};

// What a call names.
struct Callee {
  std::optional<std::size_t> module;
  const Kernel* kernel = nullptr;  // of the base catalogue
};

struct Node {
  std::size_t module = 0;
  ModuleMetric metric = ModuleMetric::kFlops;
  const ModuleFormula* formula = nullptr;  // nothing: the module does not say it
  enum { kNew, kActive, kDone } state = kNew;
  std::size_t next_call = 0;
  std::vector<Callee> callees;  // of the calls so far
  bool is_linked = false;
  Expression linked;
  std::string reason;  // why it is not linked
};

class Linker {
 public:
  Linker(const std::vector<ModuleKernel>& modules, const Catalog* base)
      : modules_(modules), base_(base) {
    for (std::size_t i = 0; i < modules.size(); ++i) names_.add(modules[i].kernel.name, i);
    for (std::size_t i = 0; i < modules.size(); ++i)
      for (const std::string& alias : modules[i].kernel.aliases) names_.add(alias, i);
    for (std::size_t i = 0; i < modules.size(); ++i)
      for (std::size_t m = 0; m < kModuleFormulaCount; ++m) {
        const std::optional<ModuleFormula>& formula = modules[i].formulas[m];
        add_node(i, static_cast<ModuleMetric>(m + 1), formula ? &*formula : nullptr);
      }
  }

  LinkedModules link() {
    for (std::size_t i = 0; i < nodes_.size(); ++i) walk(i);
    for (std::size_t i = 0; i < modules_.size(); ++i) {
      check_breakdown(i);
      result_.kernels.push_back(kernel(i));
    }
    std::stable_sort(result_.problems.begin(), result_.problems.end(),
                     [](const Diagnostic& a, const Diagnostic& b) {
                       return a.line != b.line ? a.line < b.line : a.column < b.column;
                     });
    result_.expressions = expressions_;
    return std::move(result_);
  }

 private:
  void add_node(std::size_t module, ModuleMetric metric, const ModuleFormula* formula) {
    Node& node = nodes_.emplace_back();
    node.module = module;
    node.metric = metric;
    node.formula = formula;
  }
  static std::size_t index_of(std::size_t module, ModuleMetric metric) {
    return module * kModuleFormulaCount + static_cast<std::size_t>(metric) - 1;
  }
  const std::string& name_of_module(const Node& node) const {
    return modules_[node.module].kernel.name;
  }

  // ---- the walk ----

  void walk(std::size_t start) {
    if (nodes_[start].state != Node::kNew) return;
    stack_ = {start};
    nodes_[start].state = Node::kActive;
    while (!stack_.empty()) step();
  }

  void step() {
    Node& node = nodes_[stack_.back()];
    if (node.formula != nullptr && node.next_call < node.formula->formula.calls.size()) {
      const ModuleCall& call = node.formula->formula.calls[node.next_call++];
      const Callee callee = find(node, call);
      node.callees.push_back(callee);
      if (!callee.module) return;
      const std::size_t next = index_of(*callee.module, metric_of(node, call));
      if (nodes_[next].state == Node::kActive) return report_cycle(node, call, next);
      if (nodes_[next].state == Node::kDone) return;
      nodes_[next].state = Node::kActive;
      stack_.push_back(next);
      return;
    }
    link(node);
    node.state = Node::kDone;
    stack_.pop_back();
  }

  static ModuleMetric metric_of(const Node& node, const ModuleCall& call) {
    return call.metric == ModuleMetric::kOfContext ? node.metric : call.metric;
  }

  Callee find(Node& node, const ModuleCall& call) {
    const ModuleNames::Found found = names_.find(call.module);
    if (found.module) return {found.module, nullptr};
    if (!found.candidates.empty()) {
      std::string hint = "write one of ";
      for (std::size_t i = 0; i < found.candidates.size() && i < kMostCandidates; ++i)
        hint += (i == 0 ? "'" : ", '") + std::string(found.candidates[i]) + "'";
      if (found.candidates.size() > kMostCandidates) hint += ", ...";
      fail(node, call.name_offset, call.module.size(), codes::kAmbiguousModule,
           quoted(call.module) + " is the end of several modules' names", hint);
      return {};
    }
    const Kernel* const kernel = base_ == nullptr ? nullptr : base_->find(call.module);
    if (kernel != nullptr) return {std::nullopt, kernel};
    fail(node, call.name_offset, call.module.size(), codes::kUnknownKernel,
         "no module " + quoted(call.module), suggestion_for(call.module));
    return {};
  }

  std::string suggestion_for(const std::string& name) {
    if (!suggestions_.may_suggest()) return {};
    std::vector<std::string_view> known = names_.all();
    if (base_ != nullptr) {
      const std::vector<std::string_view> more = base_->names();
      known.insert(known.end(), more.begin(), more.end());
    }
    return suggestions_.did_you_mean(name, known);
  }

  void report_cycle(Node& node, const ModuleCall& call, std::size_t next) {
    std::string path;
    constexpr std::ptrdiff_t kMostShown = 20;
    const auto first = std::find(stack_.begin(), stack_.end(), next);
    for (auto at = first; at != stack_.end() && at - first < kMostShown; ++at)
      path += name_of_module(nodes_[*at]) + " > ";
    if (stack_.end() - first > kMostShown) path += "... > ";
    path += name_of_module(nodes_[next]);
    fail(node, call.name_offset, call.module.size(), codes::kCycle,
         std::string(name_of(nodes_[next].metric)) + " of " + quoted(name_of_module(nodes_[next])) +
             " depend on themselves: " + path);
  }

  void fail(Node& node, std::size_t offset, std::size_t length, std::string_view code,
            std::string message, std::string hint = {}) {
    add(node,
        error_in(node.formula->at, offset, length, code, std::move(message), std::move(hint)));
  }

  void add(Node& node, Diagnostic error) {
    error.context.push_back(name_of_module(node));
    if (node.reason.empty())
      node.reason = error.file + ":" + std::to_string(error.line) + ":" +
                    std::to_string(error.column) + ": " + error.message;
    problems().push_back(std::move(error));
  }

  // What is wrong with a part of a breakdown is as bad as its formula, and said there.
  Diagnostics& problems() { return in_breakdown_ ? ignored_ : result_.problems; }

  // ---- one formula ----

  // REQUIRES: the formulas that it calls are done.
  void link(Node& node) {
    if (node.formula == nullptr) {
      node.reason =
          quoted(name_of_module(node)) + " does not say its " + std::string(name_of(node.metric));
      return;
    }
    if (node.formula->is_unknown) {
      node.reason = "the analysis of " + quoted(name_of_module(node)) + " says " +
                    quoted(node.formula->at.string()) + " for its " +
                    std::string(name_of(node.metric));
      return;
    }
    Meanings meanings;
    const std::vector<ModuleCall>& calls = node.formula->formula.calls;
    for (std::size_t i = 0; i < calls.size(); ++i) {
      std::optional<Expression> inlined = link_call(node, calls[i], node.callees[i], meanings);
      if (inlined) meanings.emplace(calls[i].placeholder, *std::move(inlined));
    }
    if (!node.reason.empty()) return;
    std::optional<Expression> linked = bind(node, node.formula->formula.expression, meanings);
    if (!linked) return;
    node.linked = *std::move(linked);
    node.is_linked = true;
  }

  using Meanings = std::map<std::string, Expression, std::less<>>;

  // Names of calls and byte widths that are no parameters replaced.
  std::optional<Expression> bind(Node& node, const Expression& expression, Meanings& meanings) {
    const Kernel& own = modules_[node.module].kernel;
    const Replacement replacement = [&](std::string_view name) -> const Expression* {
      if (const auto found = meanings.find(name); found != meanings.end()) return &found->second;
      const ByteWidth* const width = byte_width_named(name);
      if (width == nullptr || has_parameter(own, name)) return nullptr;
      return &meanings.emplace(name, name_expression(width->meaning)).first->second;
    };
    const std::size_t size = substituted_size(expression, replacement);
    if (!may_write(node, 0, node.formula->at.string().size(), size)) return std::nullopt;
    return substitute(expression, replacement);
  }

  // Whether so many operations more are few enough; else it is said once of a formula, and once of
  // the whole file.
  bool may_write(Node& node, std::size_t offset, std::size_t length, std::size_t size) {
    if (size > kLargestFormula) {
      fail(node, offset, length, codes::kLimit,
           "the formula has more than " + std::to_string(kLargestFormula) +
               " operations when its calls are written out");
      return false;
    }
    written_ += std::min(size, kLargestFile);
    if (written_ <= kLargestFile) return true;
    const std::string message = "the formulas of this file have more than " +
                                std::to_string(kLargestFile) +
                                " operations when their calls are written out";
    if (std::exchange(is_full_, true))
      node.reason = message;
    else
      fail(node, offset, length, codes::kLimit, message, "split the file");
    return false;
  }

  std::optional<Expression> link_call(Node& node, const ModuleCall& call, const Callee& callee,
                                      Meanings& meanings) {
    const ModuleMetric metric = metric_of(node, call);
    const Expression* formula = nullptr;
    KernelFormulaResult of_base;
    CalleeParameters parameters;
    if (callee.module) {
      const Node& target = nodes_[index_of(*callee.module, metric)];
      const ModuleKernel& module = modules_[*callee.module];
      parameters = {&module.kernel,
                    metric == ModuleMetric::kFlops ? &module.flop_order : &module.memory_order};
      if (target.is_linked) formula = &target.linked;
      // In a cycle the callee is not done; its end has the report.
      else if (node.reason.empty())
        node.reason = target.reason.empty() ? "a cycle" : target.reason;
    } else if (callee.kernel != nullptr) {
      parameters = {callee.kernel, nullptr};
      of_base = formula_of(base_->plugin_of(*callee.kernel), *callee.kernel, metric);
      formula = of_base.failure.empty() ? &of_base.expression : nullptr;
      if (formula == nullptr)
        fail(node, call.name_offset, call.module.size(), codes::kModuleArguments,
             quoted(call.module) + " cannot stand in a formula: " + of_base.failure);
    } else {
      return std::nullopt;
    }
    const BoundArguments bound =
        bind_arguments(call, parameters, modules_[node.module].kernel, node.formula->at);
    for (const Diagnostic& error : bound.errors) add(node, error);
    if (formula == nullptr || !bound.errors.empty() || !node.reason.empty()) return std::nullopt;
    return inlined(node, call, *parameters.kernel, bound, *formula, meanings);
  }

  std::optional<Expression> inlined(Node& node, const ModuleCall& call, const Kernel& callee,
                                    const BoundArguments& bound, const Expression& formula,
                                    Meanings& meanings) {
    KernelLink link{std::string(kOperandNames[static_cast<std::size_t>(node.metric) - 1]),
                    std::string(node.formula->at.string().substr(call.offset, call.length)),
                    callee.name,
                    {}};
    // A default may use the parameters before it, so the list is filled from the left.
    Meanings arguments;
    const Replacement bound_names = [&](std::string_view name) -> const Expression* {
      const auto found = arguments.find(name);
      return found == arguments.end() ? nullptr : &found->second;
    };
    for (std::size_t i = 0; i < callee.parameters.size(); ++i) {
      const KernelParameter& parameter = callee.parameters[i];
      std::optional<Expression> value;
      if (bound.values[i] != nullptr)
        value = bind(node, *bound.values[i], meanings);
      else if (parameter.default_value != nullptr)
        value = substitute(*parameter.default_value, bound_names);
      if (!node.reason.empty()) return std::nullopt;
      if (!value) continue;  // of the other metric: this formula does not use it
      const Expression& kept = arguments.emplace(parameter.name, *std::move(value)).first->second;
      if (bound.values[i] != nullptr)
        link.arguments.emplace_back(parameter.name, &expressions_->emplace_back(kept));
    }
    const std::size_t size = substituted_size(formula, bound_names);
    if (!may_write(node, call.offset, call.length, size)) return std::nullopt;
    if (!in_breakdown_) links_[node.module].push_back(std::move(link));
    return substitute(formula, bound_names);
  }

  // ---- what comes out ----

  const Expression* keep(Expression expression) {
    return &expressions_->emplace_back(std::move(expression));
  }

  // The linked formula, or one that fails with the reason.
  const Expression* formula_or_failure(std::size_t module, ModuleMetric metric) {
    const Node& node = nodes_[index_of(module, metric)];
    if (node.is_linked) return keep(node.linked);
    std::string reason = node.reason;
    std::replace(reason.begin(), reason.end(), '"', '\'');
    const Expression text[] = {constant_expression(Value::of(std::move(reason)))};
    return keep(call_expression("unknown", text));
  }

  Kernel kernel(std::size_t module) {
    Kernel kernel = modules_[module].kernel;
    kernel.quantities = {{"flops", formula_or_failure(module, ModuleMetric::kFlops), ""}};
    const Expression* const byte = keep(constant_expression(Number(8)));
    const auto operand = [&](ModuleMetric metric, Direction direction, std::string doc) {
      KernelOperand row;
      row.name = kOperandNames[static_cast<std::size_t>(metric) - 1];
      row.direction = direction;
      row.elements = formula_or_failure(module, metric);
      row.bits = byte;
      row.doc = std::move(doc);
      kernel.operands.push_back(std::move(row));
    };
    operand(ModuleMetric::kReads, Direction::kRead, "bytes, of all that is read");
    operand(ModuleMetric::kWrites, Direction::kWrite, "bytes, of all that is written");
    operand(ModuleMetric::kIntermediates, Direction::kScratch, "bytes, materialised besides");
    // Callees come first in the walk; readers want the order of the formulas.
    kernel.links = std::move(links_[module]);
    const auto rank = [](const KernelLink& link) {
      return std::find(std::begin(kOperandNames), std::end(kOperandNames), link.formula);
    };
    std::stable_sort(kernel.links.begin(), kernel.links.end(),
                     [&](const KernelLink& a, const KernelLink& b) { return rank(a) < rank(b); });
    for (std::size_t m = 0; m < kModuleFormulaCount; ++m)
      if (const std::optional<ModuleFormula>& formula = modules_[module].formulas[m])
        kernel.written.emplace_back(kOperandNames[m], formula->at.string());
    return kernel;
  }

  // Parts that do not sum to the whole are a mistake in one of them.
  void check_breakdown(std::size_t module) {
    const Node& whole = nodes_[index_of(module, ModuleMetric::kFlops)];
    const ModuleKernel& declared = modules_[module];
    if (!whole.is_linked || declared.breakdown.empty()) return;
    in_breakdown_ = true;
    std::vector<Expression> parts;
    for (const auto& [name, formula] : declared.breakdown) {
      add_node(module, ModuleMetric::kFlops, &formula);
      walk(nodes_.size() - 1);
      const Node& part = nodes_.back();
      if (part.is_linked) parts.push_back(part.linked);
    }
    nodes_.resize(modules_.size() * kModuleFormulaCount);
    in_breakdown_ = false;
    for (Diagnostic& warning : ignored_) {
      warning.severity = Severity::kWarning;
      result_.warnings.push_back(std::move(warning));
    }
    ignored_.clear();
    if (parts.size() == declared.breakdown.size()) compare(declared, whole.linked, sum_of(parts));
  }

  void compare(const ModuleKernel& module, const Expression& whole, const Expression& parts) {
    for (int seed = 0; seed < 3; ++seed) {
      const SamplePoint point(module.kernel, seed);
      const FormulaValue a = evaluate_formula(whole, point.scope());
      const FormulaValue b = evaluate_formula(parts, point.scope());
      if (!a.ok() || !b.ok() || a.value == b.value) continue;
      const JsonValue at = module.formula(ModuleMetric::kFlops)->at;
      Diagnostic warning =
          error_at(at, codes::kBreakdown,
                   "the breakdown of " + quoted(module.kernel.name) + " sums to " +
                       to_string(b.value) + ", its formula gives " + to_string(a.value),
                   "with " + point.text());
      warning.severity = Severity::kWarning;
      result_.warnings.push_back(std::move(warning));
      return;
    }
  }

  const std::vector<ModuleKernel>& modules_;
  const Catalog* base_;
  ModuleNames names_;
  std::deque<Node> nodes_;  // four of each module, then parts of breakdowns for a while
  std::vector<std::size_t> stack_;
  std::map<std::size_t, std::vector<KernelLink>> links_;  // by module
  std::shared_ptr<std::deque<Expression>> expressions_ = std::make_shared<std::deque<Expression>>();
  LinkedModules result_;
  Diagnostics ignored_;
  std::size_t written_ = 0;  // operations of linked formulas
  bool is_full_ = false;     // they are too many, and it was said
  Suggestions suggestions_;
  bool in_breakdown_ = false;
};

}  // namespace

LinkedModules link_modules(const std::vector<ModuleKernel>& modules, const Catalog* base) {
  return Linker(modules, base).link();
}

std::string_view name_of(ModuleMetric metric) {
  constexpr std::string_view kNames[] = {"cost", "FLOPs", "bytes read", "bytes written",
                                         "intermediate bytes"};
  return kNames[static_cast<std::size_t>(metric)];
}

}  // namespace lmhost
