// Decodes kernel cost files: leaves, whose formulas people wrote, and composites, whose children are
// calls with bindings. One file holds one kernel; a folder of them is a model.
//
//   {"kernel_name": "Conv1D", "init_params": ["nf", "nx"], "forward_params": [],
//    "children": {"addmm": {"kernel": "torch.addmm", "bindings": {"M": "batch_size*seq_len", ...},
//                           "count": 1}}}
//
// A name is known in the whole folder: kernel_name; the file's own name where that is a dotted name,
// since copies under another name keep the kernel_name of the original; and what a table of names
// (kernel_name_map.json) says. What no file declares is a plugin's kernel.
#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/codes.hpp"
#include "load/formats/cache_len.hpp"
#include "load/formats/data_kernels.hpp"
#include "load/formats/decoders.hpp"
#include "load/plugin_table.hpp"

namespace lmhost {
namespace {

enum CostKey {
  kName,
  kInitParams,
  kForwardParams,
  kFlops,
  kMemoryRead,
  kMemoryWrite,
  kChildren,
  kSchema
};
constexpr std::array<std::string_view, 8> kCostKeys = {
    "kernel_name", "init_params",  "forward_params", "flops",
    "memory_read", "memory_write", "children",       "$schema"};

struct CostKernel {
  std::array<JsonValue, kCostKeys.size()> members;
  JsonValue json;
  std::string_view name;
  std::vector<std::string_view> parameters;
  bool is_leaf = false;
  std::uint32_t composite = kNoComposite;
  std::vector<std::string_view> aliases;
  std::vector<ImplicitParameter> implicit;  // of a leaf

  JsonValue operator[](CostKey key) const { return members[key]; }
};

class CostDecoder {
 public:
  CostDecoder(const Input& input, GraphBuilder* builder)
      : input_(input), builder_(*builder), graph_(builder->graph), leaves_(builder, input.name) {}

  void decode(std::string_view root) {
    for (const InputDocument& file : input_.documents)
      if (file.format == InputFormat::kKernelCost) read_kernel(file.document.root());
    name_kernels();
    for (CostKernel& kernel : kernels_)
      if (kernel.is_leaf) decode_leaf(&kernel);
    open_composites();
    for (const CostKernel& kernel : kernels_)
      if (kernel.composite != kNoComposite && !builder_.is_enough()) decode_composite(kernel);
    leaves_.finish();
    if (!graph_.composites.empty()) choose_root(root, &builder_);
  }

 private:
  // ---- names ----

  void read_kernel(JsonValue json) {
    CostKernel kernel;
    kernel.json = json;
    for (const JsonMember member : json.members()) {
      const std::size_t key = builder_.key_index(member, kCostKeys, "a kernel cost file");
      if (key < kCostKeys.size()) kernel.members[key] = member.value;
    }
    for (const CostKey key : {kName, kInitParams, kForwardParams})
      if (!kernel[key].exists()) builder_.missing(json, kCostKeys[key], "the kernel");
    if (kernel[kName].exists()) kernel.name = builder_.kernel_name(kernel[kName], "kernel_name");
    if (!kernel.name.empty() && !is_dotted_name(kernel.name))
      builder_.fail(kernel[kName], codes::kBadValue,
                    quoted(kernel.name) + " is no name of a kernel",
                    "a name is identifiers joined by dots");
    read_parameters(kernel[kInitParams], "init_params", &kernel);
    read_parameters(kernel[kForwardParams], "forward_params", &kernel);
    read_kind(&kernel);
    kernels_.push_back(std::move(kernel));
  }

  void read_parameters(JsonValue list, std::string_view key, CostKernel* kernel) {
    if (!list.exists() || !builder_.expect(list, JsonKind::kArray, key)) return;
    for (const JsonValue json : list.elements()) {
      const std::string_view name = builder_.string(json, "a parameter");
      if (!json.is(JsonKind::kString)) continue;
      std::vector<std::string_view>& known = kernel->parameters;
      if (!is_identifier(name) || is_precision_variable(name))
        builder_.fail(json, codes::kBadValue, quoted(name) + " is no name of a parameter");
      else if (std::find(known.begin(), known.end(), name) != known.end())
        builder_.fail(json, codes::kDuplicateName, "duplicate parameter " + quoted(name));
      else
        known.push_back(name);
    }
  }

  // Formulas or children, never both.
  void read_kind(CostKernel* kernel) {
    constexpr std::array<CostKey, 3> kFormulas = {kFlops, kMemoryRead, kMemoryWrite};
    const auto has = [&](CostKey key) { return (*kernel)[key].exists(); };
    if (has(kChildren)) {
      for (const CostKey key : kFormulas)
        if (has(key))
          builder_.fail((*kernel)[key], codes::kBadValue,
                        "a kernel with 'children' has no " + quoted(kCostKeys[key]),
                        "its cost is the sum of theirs");
      return;
    }
    kernel->is_leaf = std::any_of(kFormulas.begin(), kFormulas.end(), has);
    if (!kernel->is_leaf)
      return builder_.fail(kernel->json, codes::kMissingKey,
                           "the kernel has neither formulas nor 'children'");
    for (const CostKey key : kFormulas)
      if (!has(key)) builder_.missing(kernel->json, kCostKeys[key], "the kernel");
  }

  void name_kernels() {
    for (std::size_t i = 0; i < kernels_.size(); ++i)
      if (!kernels_[i].name.empty()) declare(kernels_[i].name, i, kernels_[i][kName]);
    std::size_t i = 0;
    for (const InputDocument& file : input_.documents)
      if (file.format == InputFormat::kKernelCost) name_after_file(file.stem, i++);
    for (const InputDocument& file : input_.documents)
      if (file.format == InputFormat::kKernelNames) read_names(file.document.root());
  }

  // "torch.nn.functional.linear.json" holds the kernel "F.linear".
  void name_after_file(std::string_view stem, std::size_t index) {
    if (stem.find('.') == stem.npos || !is_dotted_name(stem)) return;
    const CostKernel& kernel = kernels_[owner_of(index)];
    if (kernel.name.empty() || kernel.name == stem) return;
    if (const auto [at, is_new] = by_name_.try_emplace(stem, owner_of(index)); !is_new) {
      if (at->second != owner_of(index))
        builder_.fail(kernels_[index][kName], codes::kDuplicateName,
                      "the file is named " + quoted(stem) + ", which another file declares");
      return;
    }
    kernels_[owner_of(index)].aliases.push_back(stem);
  }

  void read_names(JsonValue table) {
    for (const JsonMember member : table.members()) {
      const std::string_view name = member.key(), kernel = builder_.string(member.value, name);
      if (!member.value.is(JsonKind::kString)) continue;
      const auto found = by_name_.find(kernel);
      if (found == by_name_.end()) {
        builder_.fail(
            member.value, codes::kUnknownKernel,
            quoted(name) + " stands for " + quoted(kernel) + ", which none of the files declares",
            did_you_mean(kernel, known_names()));
        continue;
      }
      const std::size_t owner = found->second;
      const auto [at, is_new] = by_name_.try_emplace(name, owner);
      if (is_new)
        kernels_[owner].aliases.push_back(name);
      else if (at->second != owner)
        builder_.fail(member.name, codes::kDuplicateName,
                      quoted(name) + " is declared by a file of its own");
    }
  }

  // A copy that says the same is the same kernel; one that does not has gone stale, or its original.
  void declare(std::string_view name, std::size_t index, JsonValue at) {
    const auto [known, is_new] = by_name_.try_emplace(name, index);
    if (is_new) return;
    CostKernel& copy = kernels_[index];
    const CostKernel& first = kernels_[known->second];
    copy_of_[index] = known->second;
    copy.is_leaf = false;
    copy.members[kChildren] = {};
    if (is_same_json(copy.json, first.json)) return;
    const SourceFile file = file_at(*graph_.source, first.json.offset());
    builder_.fail(at, codes::kDuplicateName,
                  quoted(name) + " has other costs in " + std::string(file.name),
                  "keep one of the files; a table of names gives a kernel other names");
  }

  std::size_t owner_of(std::size_t index) const {
    const auto found = copy_of_.find(index);
    return found == copy_of_.end() ? index : found->second;
  }

  std::vector<std::string_view> known_names() const {
    std::vector<std::string_view> names;
    for (const auto& [name, index] : by_name_) names.push_back(name);
    return names;
  }

  const CostKernel* find(std::string_view name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : &kernels_[found->second];
  }

  // ---- leaves ----

  void decode_leaf(CostKernel* kernel) {
    leaves_.begin(kernel->name, kernel->json);
    for (const std::string_view alias : kernel->aliases) leaves_.alias(alias);
    for (const std::string_view parameter : kernel->parameters) leaves_.parameter(parameter);
    if ((*kernel)[kFlops].exists()) leaves_.flops((*kernel)[kFlops]);
    if ((*kernel)[kMemoryRead].exists()) leaves_.bytes(Direction::kRead, (*kernel)[kMemoryRead]);
    if ((*kernel)[kMemoryWrite].exists()) leaves_.bytes(Direction::kWrite, (*kernel)[kMemoryWrite]);
    kernel->implicit = leaves_.end();
  }

  // ---- composites ----

  void open_composites() {
    for (std::size_t i = 0; i < kernels_.size(); ++i) {
      CostKernel& kernel = kernels_[i];
      if (!kernel[kChildren].exists() || kernel.name.empty()) continue;
      kernel.composite = static_cast<std::uint32_t>(graph_.composites.size());
      Composite& composite = graph_.composites.emplace_back();
      composite.name = kernel.name;
      composite.offset = static_cast<std::uint32_t>(kernel.json.offset());
      for (const std::string_view name : kernel.parameters)
        composite.parameters.push_back({name, kNoExpression, composite.offset, 0});
      graph_.composite_by_name.emplace(composite.name, kernel.composite);
    }
  }

  void decode_composite(const CostKernel& kernel) {
    const JsonValue children = kernel[kChildren];
    if (!builder_.expect(children, JsonKind::kObject, "children")) return;
    if (children.size() == 0)
      builder_.fail(children, codes::kBadValue,
                    "'children' is empty: the kernel would cost nothing");
    builder_.begin_composite(kernel.composite);
    CallRange range = builder_.begin_calls();
    names_.clear();
    for (const JsonMember child : children.members())
      if (!decode_child(kernel, child)) return;
    builder_.end_calls(&range);
    graph_.composites[kernel.composite].calls = range;
  }

  bool decode_child(const CostKernel& parent, const JsonMember& child) {
    constexpr std::array<std::string_view, 3> kKeys = {"kernel", "bindings", "count"};
    Call call;
    call.name = builder_.call_name(child.name, &names_);
    call.offset = static_cast<std::uint32_t>(child.name.offset());
    call.first_binding = static_cast<std::uint32_t>(graph_.bindings.size());
    call.first_role = static_cast<std::uint32_t>(graph_.roles.size());
    if (!builder_.expect(child.value, JsonKind::kObject, child.key())) return true;
    std::array<JsonValue, kKeys.size()> members;
    for (const JsonMember member : child.value.members()) {
      const std::size_t key = builder_.key_index(member, kKeys, "a child");
      if (key < kKeys.size()) members[key] = member.value;
    }
    const auto [kernel, bindings, count] = members;
    if (!kernel.exists()) builder_.missing(child.value, "kernel", "the child");
    if (!bindings.exists()) builder_.missing(child.value, "bindings", "the child");
    if (kernel.exists()) {
      call.kernel = builder_.kernel_name(kernel, "kernel");
      call.kernel_offset = static_cast<std::uint32_t>(kernel.offset());
    }
    if (bindings.exists() && builder_.expect(bindings, JsonKind::kObject, "bindings"))
      decode_bindings(parent, bindings, &call);
    if (count.exists()) decode_count(parent, count, &call);
    if (const CostKernel* target = find(call.kernel); target != nullptr && kernel.exists())
      link(*target, kernel, bindings, &call);
    return builder_.add_call(call, child.value);
  }

  void decode_bindings(const CostKernel& parent, JsonValue bindings, Call* call) {
    for (const JsonMember member : bindings.members()) {
      if (!builder_.expect(member.value, JsonKind::kString, member.key())) continue;
      builder_.add_binding(call, member);
      const ExpressionIndex index = graph_.bindings.back().expression;
      if (index == kNoExpression) continue;
      check_expression(graph_.expressions[index], member.value, parent.parameters, &builder_);
      if (is_key_length(call->kernel, member.key()))
        flag_cache_len(graph_.expressions[index], member.value, &builder_);
    }
  }

  void decode_count(const CostKernel& parent, JsonValue count, Call* call) {
    const bool is_text = count.is(JsonKind::kString);
    if (!is_text && !builder_.expect(count, JsonKind::kNumber, "count")) return;
    if (!is_text && !(count.number().is_integer() && count.number().numerator() >= 1))
      return builder_.fail(count, codes::kBadValue,
                           "'count' must be a whole number of 1 or more, or an expression");
    if (!is_text && count.number() == Number(1)) return;
    call->multiplier = builder_.expression(count, "count");
    call->multiplier_offset = GraphBuilder::expression_offset(count);
    if (call->multiplier != kNoExpression)
      check_expression(graph_.expressions[call->multiplier], count, parent.parameters, &builder_);
  }

  // What this file or another says of the kernel called: its bindings must fit.
  void link(const CostKernel& target, JsonValue kernel, JsonValue bindings, Call* call) {
    call->composite = target.composite;
    if (!bindings.exists() || !bindings.is(JsonKind::kObject)) return;
    const std::vector<std::string_view>& parameters = target.parameters;
    for (const JsonMember member : bindings.members())
      if (std::find(parameters.begin(), parameters.end(), member.key()) == parameters.end())
        builder_.fail(member.name, codes::kUnknownParameter,
                      quoted(target.name) + " has no parameter " + quoted(member.key()),
                      did_you_mean(member.key(), parameters));
    for (const std::string_view name : parameters)
      if (!bindings.find(name).exists())
        builder_.fail(kernel, codes::kUnboundParameter,
                      "parameter " + quoted(name) + " of " + quoted(target.name) + " is not bound");
    if (target.is_leaf) bind_implicit(target.implicit, call->offset, &builder_, call);
  }

  const Input& input_;
  GraphBuilder& builder_;
  Graph& graph_;
  DataKernels leaves_;
  std::vector<CostKernel> kernels_;                  // one a file
  std::map<std::string_view, std::size_t> by_name_;  // into kernels_
  std::map<std::size_t, std::size_t> copy_of_;       // files that declare what another has
  NameSet names_;                                    // of the children being read
};

}  // namespace

void decode_kernel_costs(const Input& input, std::string_view root, GraphBuilder* builder) {
  CostDecoder(input, builder).decode(root);
}

}  // namespace lmhost
