// Decodes kernel dependency trees: every node says what it executes, {kernel_name, kernel_type,
// sub_kernels}, and stands where it is called. A flat tree lists the sub-kernels of one kernel and
// nothing below them; a folder of flat trees is put together by name.
//
// Each node with sub-kernels becomes a composite of its own, even when another has the same
// kernel_name: two places of one class may have been written down differently. Level by level, so
// that the calls of a composite lie side by side.
#include <array>
#include <deque>
#include <string>
#include <utility>

#include "base/codes.hpp"
#include "load/formats/decoders.hpp"
#include "load/graph_syntax.hpp"

namespace lmhost {
namespace {

enum NodeKey {
  kKernelName,
  kKernelType,
  kLocation,
  kCallSite,
  kMultiplier,
  kSubKernels,
  kName,
  kBindings,
  kSchema
};
constexpr std::array<std::string_view, 9> kNodeKeys = {"kernel_name", "kernel_type", "location",
                                                       "call_site",   "multiplier",  "sub_kernels",
                                                       "name",        "bindings",    "$schema"};

// The members of one node; those that are absent do not exist.
struct Node {
  JsonValue json;
  std::array<JsonValue, kNodeKeys.size()> members;
  bool is_composite = false;
  bool is_open = false;  // a composite whose sub-kernels are not here

  JsonValue operator[](NodeKey key) const { return members[key]; }
};

class TreeDecoder {
 public:
  explicit TreeDecoder(GraphBuilder* builder) : builder_(*builder), graph_(builder->graph) {}

  void decode(const Input& input, std::string_view chosen_root) {
    for (const InputDocument& file : input.documents)
      if (file.format == InputFormat::kDependencyTree) open_root(file.document.root());
    const std::size_t roots = graph_.composites.size();
    while (!pending_.empty() && !builder_.is_enough()) {
      const Pending next = pending_.front();
      pending_.pop_front();
      decode_calls(next);
    }
    link(roots);
    if (roots > 0) choose_root(chosen_root, &builder_);
  }

 private:
  void open_root(JsonValue json) {
    const Node root = read(json, true);
    if (!root.is_composite) return;
    if (root[kKernelName].exists())
      if (const std::string_view name = builder_.kernel_name(root[kKernelName], "kernel_name");
          graph_.composite_by_name.contains(name))
        builder_.fail(root[kKernelName], codes::kDuplicateName,
                      quoted(name) + " is described in two files");
    for (const NodeKey key : {kMultiplier, kCallSite, kName, kBindings})
      if (root[key].exists())
        builder_.fail(root[key], codes::kBadValue,
                      "the root is called by nothing: it has no " + quoted(kNodeKeys[key]));
    open(root);
  }

  // Calls of composites that another file describes, or that this one describes at its root.
  void link(std::size_t roots) {
    for (const std::uint32_t call : open_calls_) {
      const auto at = graph_.composite_by_name.find(graph_.calls[call].kernel);
      if (at != graph_.composite_by_name.end() && at->second < roots)
        builder_.link(call, at->second);
    }
  }

  struct Pending {
    std::uint32_t composite;
    JsonValue sub_kernels;
  };

  // Checks a node by itself.
  Node read(JsonValue json, bool is_root) {
    Node node;
    node.json = json;
    if (!json.is(JsonKind::kObject)) {
      builder_.fail(json, codes::kWrongType,
                    "a kernel must be an object, not " + std::string(name_of(json.kind())));
      return node;
    }
    const std::size_t known = is_root ? kNodeKeys.size() : kNodeKeys.size() - 1;
    for (const JsonMember& member : json.members()) {
      const std::size_t key =
          builder_.key_index(member, std::span(kNodeKeys).first(known), "a kernel");
      if (key < known) node.members[key] = member.value;
    }
    if (!node[kKernelName].exists()) builder_.missing(json, "kernel_name", "the kernel");
    read_type(&node, is_root);
    if (node[kLocation].exists()) builder_.string(node[kLocation], "location");
    return node;
  }

  void read_type(Node* node, bool is_root) {
    const JsonValue type = (*node)[kKernelType], calls = (*node)[kSubKernels];
    if (!type.exists()) return builder_.missing(node->json, "kernel_type", "the kernel");
    if (!builder_.expect(type, JsonKind::kString, "kernel_type")) return;
    if (type.string() == "composite") {
      node->is_composite =
          calls.exists() && builder_.expect(calls, JsonKind::kArray, "sub_kernels");
      // Below the root it may be described elsewhere; whoever resolves the name finds out.
      node->is_open = !calls.exists() && !is_root;
      if (!calls.exists() && is_root)
        builder_.missing(node->json, "sub_kernels", "the composite kernel");
    } else if (type.string() != "atomic") {
      builder_.fail(type, codes::kBadValue, "unknown kernel_type " + quoted(type.string()),
                    "it is composite or atomic");
    } else if (calls.exists()) {
      builder_.fail(calls, codes::kBadValue, "an atomic kernel has no 'sub_kernels'");
    } else if (is_root) {
      builder_.fail(type, codes::kBadValue, "the root must be composite",
                    "an extraction that failed at its root writes it as atomic");
    }
  }

  std::uint32_t open(const Node& node) {
    const auto index = static_cast<std::uint32_t>(graph_.composites.size());
    if (index == builder_.limits.composites) {
      builder_.fail(node.json, codes::kLimit,
                    "more than " + std::to_string(builder_.limits.composites) + " composites");
      return kNoComposite;
    }
    Composite composite;
    if (node[kKernelName].exists() && node[kKernelName].is(JsonKind::kString))
      composite.name = node[kKernelName].string();
    if (node[kLocation].exists() && node[kLocation].is(JsonKind::kString))
      composite.location = node[kLocation].string();
    composite.offset = static_cast<std::uint32_t>(node.json.offset());
    graph_.composite_by_name.emplace(composite.name, index);
    graph_.composites.push_back(std::move(composite));
    pending_.push_back({index, node[kSubKernels]});
    return index;
  }

  void decode_calls(const Pending& pending) {
    CallRange range = builder_.begin_calls();
    names_.clear();
    for (const JsonValue json : pending.sub_kernels.elements()) {
      if (builder_.is_enough()) return;
      const Node node = read(json, false);
      if (node.is_open) open_calls_.push_back(static_cast<std::uint32_t>(graph_.calls.size()));
      if (!builder_.add_call(decode_call(node), json)) return;
    }
    builder_.end_calls(&range);
    name_calls(range);
    graph_.composites[pending.composite].calls = range;
  }

  Call decode_call(const Node& node) {
    Call call;
    call.offset = static_cast<std::uint32_t>(node.json.offset());
    call.first_binding = static_cast<std::uint32_t>(graph_.bindings.size());
    call.first_role = static_cast<std::uint32_t>(graph_.roles.size());
    if (const JsonValue kernel = node[kKernelName]; kernel.exists()) {
      call.kernel = builder_.kernel_name(kernel, "kernel_name");
      call.kernel_offset = static_cast<std::uint32_t>(kernel.offset());
    }
    if (const JsonValue multiplier = node[kMultiplier]; multiplier.exists()) {
      call.multiplier = builder_.expression(multiplier, "multiplier");
      call.multiplier_offset = GraphBuilder::expression_offset(multiplier);
    }
    if (const JsonValue site = node[kCallSite]; site.exists()) {
      call.call_site = builder_.string(site, "call_site");
      call.lines = parse_lines(call.call_site).value_or(std::string_view());
    }
    if (const JsonValue bindings = node[kBindings];
        bindings.exists() && builder_.expect(bindings, JsonKind::kObject, "bindings"))
      for (const JsonMember& member : bindings.members()) builder_.add_binding(&call, member);
    if (const JsonValue name = node[kName]; name.exists())
      call.name = builder_.call_name(name, &names_);
    if (node.is_composite) call.composite = open(node);
    return call;
  }

  // Calls without a name get the last part of the kernel's: "linear", "linear_2", ... as far as not
  // taken.
  void name_calls(CallRange range) {
    NameSet parts;
    std::vector<std::size_t> used;  // by part: the last number given
    for (std::uint32_t i = range.first; i < range.first + range.count; ++i) {
      Call& call = graph_.calls[i];
      if (!call.name.empty()) continue;
      const std::string_view part = call.kernel.substr(call.kernel.rfind('.') + 1);
      const NameSet::Added added = parts.add(part);
      if (added.is_new) used.push_back(0);
      do {
        const std::size_t number = ++used[added.index];
        call.name =
            number == 1 ? part : builder_.keep(std::string(part) + "_" + std::to_string(number));
      } while (!names_.add(call.name).is_new);
    }
  }

  GraphBuilder& builder_;
  Graph& graph_;
  std::deque<Pending> pending_;
  std::vector<std::uint32_t> open_calls_;  // of composites described elsewhere, if at all
  NameSet names_;                          // of the calls of the list being read
};

}  // namespace

void decode_dependency_trees(const Input& input, std::string_view root, GraphBuilder* builder) {
  TreeDecoder(builder).decode(input, root);
}

}  // namespace lmhost
