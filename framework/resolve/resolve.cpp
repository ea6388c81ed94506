// From text to plan: a depth-first walk over the composites reachable from the root, with an
// explicit stack. Every distinct (kernel, arguments) becomes one instance; errors are collected and
// the walk goes on.
#include <algorithm>
#include <unordered_map>

#include "base/codes.hpp"
#include "load/count_key.hpp"
#include "resolve/atom.hpp"
#include "resolve/binder.hpp"
#include "resolve/instance_table.hpp"
#include "resolve/plan.hpp"
#include "resolve/requirements.hpp"

namespace lmhost {
namespace {

// What a call's kernel name stands for.
struct Target {
  const Composite* composite = nullptr;
  const Kernel* kernel = nullptr;
};

class Resolver {
 public:
  Resolver(std::shared_ptr<Plan> plan, const Config& config, const ResolveOptions& options)
      : plan_(*plan),
        graph_(*plan->graph),
        catalog_(*plan->catalog),
        program_(plan->program),
        options_(options),
        binder_(graph_, catalog_, config, program_, stack_, options.keep_config) {}

  Diagnostics run() {
    check_requirements(graph_, catalog_, binder_.problems().errors());
    if (graph_.root_composite != kNoComposite) {
      begin_root(graph_.composites[graph_.root_composite]);
      while (!stack_.empty() && !over_limit_ && !binder_.problems().is_enough()) step();
    } else {
      binder_.problems().unknown_root();
    }
    if (binder_.problems().is_enough()) binder_.problems().stopped();
    return std::move(binder_.problems().errors());
  }

 private:
  // ---- composites ----

  void begin_root(const Composite& root) {
    Frame frame;
    frame.composite = &root;
    stack_.push_back(std::move(frame));
    bind_composite_parameters(root, nullptr, {});
    enter();
  }

  // Parameters of the frame on top are bound: fills in variables and the calls of the mode.
  void enter() {
    Frame& frame = stack_.back();
    frame.lets = {static_cast<std::uint32_t>(plan_.lets.size()),
                  static_cast<std::uint32_t>(frame.composite->variables.size())};
    for (const CompositeVariable& variable : frame.composite->variables) {
      const NodeIndex node = binder_.bind(variable.expression, variable.offset);
      stack_.back().locals.add(variable.name, node);
      plan_.lets.push_back({variable.name, node, variable.expression, Origin::kDefault});
    }
    stack_.back().calls = frame.composite->calls_in(options_.mode);
  }

  void step() {
    Frame& frame = stack_.back();
    if (frame.next_call < frame.calls.count) {
      resolve_call(frame.calls.first + frame.next_call++);
      return;
    }
    Instance instance;
    instance.composite = frame.composite;
    instance.name = frame.composite->name;
    instance.parameters = frame.parameters;
    instance.lets = frame.lets;
    instance.edges = {static_cast<std::uint32_t>(plan_.edges.size()),
                      static_cast<std::uint32_t>(frame.edges.size())};
    instance.composite_index = composite_count_++;
    instance.height = frame.height;
    plan_.edges.insert(plan_.edges.end(), frame.edges.begin(), frame.edges.end());
    plan_.instances.push_back(instance);
    if (!frame.key.empty()) table_.insert(frame.key, plan_.root());
    stack_.pop_back();
    if (!stack_.empty()) finish_edge(plan_.root());
  }

  void resolve_call(std::uint32_t call_index) {
    const Call& call = graph_.calls[call_index];
    Edge edge{call_index, 0, program_.constant(Number(1)), 0};
    if (!bind_counts(call, edge)) return;
    pending_edge() = edge;
    const Target target = target_of(call);
    if (target.composite != nullptr) return begin_composite(call, *target.composite);
    if (target.kernel != nullptr && !is_unsaid(graph_, call, *target.kernel))
      return finish_edge(resolve_atom(call, *target.kernel));
    if (target.kernel != nullptr) return leave_unsaid(call, *target.kernel);
    // A name that two plugins declare is known: leaving it out would hide that nobody said whose.
    const bool may_leave_out = options_.allow_unknown && catalog_.conflict(call.kernel) == nullptr;
    if (may_leave_out) {
      if (plan_.unknown.size() < Problems::kMostProblems)
        plan_.unknown.push_back(binder_.problems().unknown_kernel(call, true));
      return finish_edge(append_unknown(call));
    }
    binder_.problems().errors().push_back(binder_.problems().unknown_kernel(call, false));
    stack_.back().edges.pop_back();
  }

  // One report a call, whoever else calls the kernel in the same way; and nobody guesses.
  void leave_unsaid(const Call& call, const Kernel& kernel) {
    Diagnostic problem = binder_.problems().unsaid_sizes(call, kernel, options_.allow_unknown);
    if (!options_.allow_unknown) {
      binder_.problems().errors().push_back(std::move(problem));
      stack_.back().edges.pop_back();
      return;
    }
    if (plan_.unknown.size() < Problems::kMostProblems) plan_.unknown.push_back(std::move(problem));
    finish_edge(append_unknown(call));
  }

  void begin_composite(const Call& call, const Composite& composite) {
    // Arguments are expressions of the caller, so they are bound before the new frame is pushed.
    std::vector<NodeIndex> arguments(composite.parameters.size(), kNotBound);
    for (std::uint32_t i = 0; i < call.binding_count; ++i) {
      const Binding& binding = graph_.bindings[call.first_binding + i];
      const std::size_t parameter = parameter_named(binding.parameter, composite);
      const NodeIndex node = binder_.bind(binding.expression, binding.offset);
      if (parameter == composite.parameters.size()) {
        binder_.problems().unknown_parameter(call, binding, parameter_names(composite));
      } else {
        arguments[parameter] = node;
      }
    }
    std::vector<std::uint32_t> key = {
        static_cast<std::uint32_t>(&composite - graph_.composites.data()), kCompositeKey};
    key.insert(key.end(), arguments.begin(), arguments.end());
    if (const InstanceIndex known = table_.find(key); known != InstanceTable::kMissing)
      return finish_edge(known);
    Frame frame;
    frame.composite = &composite;
    frame.key = std::move(key);
    stack_.push_back(std::move(frame));
    bind_composite_parameters(composite, &call, arguments);
    enter();
  }

  void bind_composite_parameters(const Composite& composite, const Call* call,
                                 std::vector<NodeIndex> arguments) {
    arguments.resize(composite.parameters.size(), kNotBound);
    stack_.back().parameters = {static_cast<std::uint32_t>(plan_.parameters.size()),
                                static_cast<std::uint32_t>(composite.parameters.size())};
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const CompositeParameter& parameter = composite.parameters[i];
      BoundParameter bound{parameter.name, arguments[i], kNoExpression, Origin::kCall};
      if (bound.node == kNotBound && parameter.default_value != kNoExpression) {
        bound = {parameter.name, binder_.bind(parameter.default_value, parameter.default_offset),
                 parameter.default_value, Origin::kDefault};
      } else if (bound.node == kNotBound) {
        bound.node = program_.error(ArithmeticError::kUnbound, std::string(parameter.name));
        const std::uint32_t offset = call == nullptr ? composite.offset : call->kernel_offset;
        const std::size_t length = call == nullptr ? 1 : call->kernel.size() + 2;
        binder_.problems().add(offset, length, codes::kUnboundParameter,
                               "parameter " + quoted(parameter.name) + " of " +
                                   quoted(composite.name) + " is not bound");
      }
      stack_.back().locals.add(parameter.name, bound.node);
      plan_.parameters.push_back(bound);
    }
  }

  // ---- calls ----

  // False when the call is absent: its count is the constant 0.
  bool bind_counts(const Call& call, Edge& edge) {
    if (call.multiplier != kNoExpression) {
      edge.count = binder_.bind(call.multiplier, call.multiplier_offset);
      check_count(call, edge.count, count_key(graph_, call), call.multiplier,
                  call.multiplier_offset);
    }
    if (call.when != kNoExpression) {
      const NodeIndex when = truth(binder_.bind(call.when, call.when_offset), program_);
      edge.count =
          program_.ternary(ProgramOp::kSelect, when, edge.count, program_.constant(Number(0)));
    }
    const Value* constant = program_.constant_value(edge.count);
    if (constant != nullptr && constant->number.is_zero()) return false;
    if (constant == nullptr) plan_.checks.push_back({edge.count, is_count});
    edge.stored_count = edge.count;
    if (call.stored_count != kNoExpression) {
      const NodeIndex stored = binder_.bind(call.stored_count, call.stored_count_offset);
      check_count(call, stored, "stored_count", call.stored_count, call.stored_count_offset);
      // An absent call stores nothing.
      edge.stored_count =
          program_.ternary(ProgramOp::kSelect, edge.count, stored, program_.constant(Number(0)));
      if (!program_.is_constant(edge.stored_count))
        plan_.checks.push_back({edge.stored_count, is_count});
    }
    return true;
  }

  void check_count(const Call& call, NodeIndex node, std::string_view what,
                   ExpressionIndex expression, std::uint32_t offset) {
    const Value* value = program_.constant_value(node);
    if (value == nullptr) return;
    if (failed_number(program_, node) != nullptr) return;  // reported by the binder
    if (value->kind == Value::Kind::kNumber && is_count(value->number)) return;
    const std::string& text = graph_.expressions[expression].text;
    binder_.problems().add(offset, text.size(), codes::kBadCount,
                           std::string(what) + " of call " + quoted(call.name) +
                               " must be a whole number >= 0, not " + to_string(*value) + " (" +
                               text + ")");
  }

  InstanceIndex resolve_atom(const Call& call, const Kernel& kernel) {
    arguments_.assign(kernel.parameters.size(), Argument{});
    for (std::uint32_t i = 0; i < call.binding_count; ++i) {
      const Binding& binding = graph_.bindings[call.first_binding + i];
      const auto parameter =
          std::find_if(kernel.parameters.begin(), kernel.parameters.end(),
                       [&](const KernelParameter& p) { return p.name == binding.parameter; });
      const NodeIndex node = binder_.bind(binding.expression, binding.offset);
      if (parameter == kernel.parameters.end()) {
        binder_.problems().unknown_parameter(call, binding, parameter_names(kernel));
      } else {
        arguments_[static_cast<std::size_t>(parameter - kernel.parameters.begin())] = {
            node, binding.expression};
      }
    }
    bind_roles(call, kernel);
    key_.assign({kernel_id(kernel), kKernelKey});
    for (const Argument& argument : arguments_) key_.push_back(argument.node);
    for (Role role : roles_) key_.push_back(static_cast<std::uint32_t>(role));
    if (const InstanceIndex known = table_.find(key_); known != InstanceTable::kMissing)
      return known;
    bool is_good = true;
    const ReportProblem report_problem = [&](std::string_view code, std::string message) {
      is_good = false;
      binder_.problems().add(call.kernel_offset, call.kernel.size() + 2, code, std::move(message));
    };
    const InstanceIndex instance =
        append_atom(plan_, {&kernel, arguments_, roles_}, report_problem);
    // Another call that is wrong in the same way is another mistake.
    if (is_good) table_.insert(key_, instance);
    return instance;
  }

  void bind_roles(const Call& call, const Kernel& kernel) {
    roles_.clear();
    for (const KernelOperand& operand : kernel.operands) roles_.push_back(operand.role);
    for (std::uint32_t i = 0; i < call.role_count; ++i) {
      const RoleOverride& override = graph_.roles[call.first_role + i];
      bool found = false;
      for (std::size_t k = 0; k < kernel.operands.size(); ++k) {
        if (kernel.operands[k].name == override.operand) roles_[k] = override.role, found = true;
      }
      if (!found) binder_.problems().unknown_operand(call, kernel, override);
    }
  }

  InstanceIndex append_unknown(const Call& call) {
    key_.assign({static_cast<std::uint32_t>(call.kernel.size()), kUnknownKey});
    for (char c : call.kernel) key_.push_back(static_cast<unsigned char>(c));
    if (const InstanceIndex known = table_.find(key_); known != InstanceTable::kMissing)
      return known;
    Instance instance;
    instance.name = call.kernel;
    plan_.instances.push_back(instance);
    table_.insert(key_, plan_.root());
    return plan_.root();
  }

  Edge& pending_edge() {
    Frame& frame = stack_.back();
    frame.edges.emplace_back();
    return frame.edges.back();
  }

  void finish_edge(InstanceIndex child) {
    Frame& frame = stack_.back();
    frame.edges.back().child = child;
    frame.height = std::max(frame.height, plan_.instances[child].height + 1);
    over_limit_ =
        plan_.instances.size() + plan_.parameters.size() + plan_.edges.size() > options_.rows;
    if (over_limit_) binder_.problems().too_large(options_.rows);
  }

  Target target_of(const Call& call) const {
    if (const Composite* composite = graph_.composite_of(call)) return {composite, nullptr};
    return {nullptr, catalog_.find(call.kernel)};
  }

  std::uint32_t kernel_id(const Kernel& kernel) {
    return kernel_ids_.try_emplace(&kernel, static_cast<std::uint32_t>(kernel_ids_.size()))
        .first->second;
  }

  // The place of a composite's parameter, or their number. Thousands of parameters are looked up by
  // hash, made once per composite.
  std::size_t parameter_named(std::string_view name, const Composite& composite) {
    constexpr std::size_t kFew = 16;
    const std::vector<CompositeParameter>& list = composite.parameters;
    if (list.size() <= kFew) {
      const auto found = std::find_if(list.begin(), list.end(),
                                      [&](const CompositeParameter& p) { return p.name == name; });
      return static_cast<std::size_t>(found - list.begin());
    }
    auto& index = parameter_indices_[&composite];
    if (index.empty()) {
      for (std::size_t i = 0; i < list.size(); ++i) index.try_emplace(list[i].name, i);
    }
    const auto found = index.find(name);
    return found == index.end() ? list.size() : found->second;
  }

  template <class Declaration>  // a composite or a kernel
  static std::vector<std::string_view> parameter_names(const Declaration& declaration) {
    std::vector<std::string_view> names;
    for (const auto& parameter : declaration.parameters) names.push_back(parameter.name);
    return names;
  }

  static constexpr std::uint32_t kCompositeKey = 0, kKernelKey = 1, kUnknownKey = 2;

  Plan& plan_;
  const Graph& graph_;
  const Catalog& catalog_;
  Program& program_;
  const ResolveOptions& options_;
  std::vector<Frame> stack_;
  Binder binder_;
  InstanceTable table_;
  std::unordered_map<const Kernel*, std::uint32_t> kernel_ids_;
  std::unordered_map<const Composite*, std::unordered_map<std::string_view, std::size_t>>
      parameter_indices_;
  std::vector<Argument> arguments_;  // scratch of resolve_atom
  std::vector<Role> roles_;
  std::vector<std::uint32_t> key_;
  std::uint32_t composite_count_ = 0;
  bool over_limit_ = false;
};

}  // namespace

Result<std::shared_ptr<const Plan>> resolve(std::shared_ptr<const Graph> graph,
                                            std::shared_ptr<const Catalog> catalog,
                                            std::shared_ptr<const Conventions> conventions,
                                            const Config& config, const ResolveOptions& options) {
  auto plan = std::make_shared<Plan>();
  plan->graph = std::move(graph);
  plan->catalog = std::move(catalog);
  plan->conventions = std::move(conventions);
  plan->mode = options.mode;
  plan->keeps_config = options.keep_config;
  Diagnostics errors = Resolver(plan, config, options).run();
  if (!errors.empty()) return errors;
  return std::shared_ptr<const Plan>(std::move(plan));
}

}  // namespace lmhost
