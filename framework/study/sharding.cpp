#include "study/sharding.hpp"

#include <algorithm>

namespace lmhost {
namespace {

bool has_products(const Instance& instance) {
  return instance.kernel != nullptr &&
         std::any_of(instance.kernel->quantities.begin(), instance.kernel->quantities.end(),
                     [](const KernelFormula& formula) { return formula.name == "matmul_flops"; });
}

bool has_operand(const Plan& plan, const Instance& instance, Role role) {
  for (std::uint32_t i = 0; i < instance.operands.count; ++i)
    if (plan.operands[instance.operands.first + i].role == role) return true;
  return false;
}

Number fraction(std::int64_t part, std::int64_t whole) { return Number::ratio(part, whole); }

// The share of the key/value heads that a rank has: at least one of them.
Number head_share(std::int64_t kv_heads, std::int64_t tensor) {
  if (kv_heads <= 1) return 1;
  return fraction(std::max<std::int64_t>(1, kv_heads / tensor), kv_heads);
}

std::int64_t ceil_divide(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

class Sharder {
 public:
  Sharder(const CostTree& tree, const Parallelism& parallelism, const ModelShape& shape)
      : tree_(tree), parallel_(parallelism), shape_(shape) {}

  // What a rank holds of one operand's storage.
  Number share(const Instance& instance, const BoundOperand& operand) const {
    if (operand.role == Role::kKvCache) {
      const std::int64_t heads = bound_parameter(tree_, instance, "H_kv");
      return head_share(heads != 0 ? heads : shape_.kv_heads, parallel_.tensor);
    }
    const bool is_vector = operand.operand->name.find("bias") != std::string::npos;
    const bool is_table = operand.operand->stored_elements != nullptr;
    const std::int64_t experts = bound_parameter(tree_, instance, "num_experts");
    if (experts != 0) return is_table ? expert_share(experts) : Number(1);
    if (is_table && !has_products(instance)) {
      const std::int64_t rows = bound_parameter(tree_, instance, "num_embeddings");
      return rows != 0 && rows == shape_.vocabulary ? row_share(rows) : Number(1);
    }
    if (is_vector || !has_products(instance)) return 1;
    return matrix_share(bound_parameter(tree_, instance, "N"));
  }

 private:
  Number row_share(std::int64_t rows) const {
    return fraction(ceil_divide(rows, parallel_.tensor), rows);
  }

  Number expert_share(std::int64_t experts) const {
    const std::int64_t slices = std::max<std::int64_t>(1, parallel_.tensor / parallel_.expert);
    return divide(fraction(ceil_divide(experts, parallel_.expert), experts), Number(slices));
  }

  Number matrix_share(std::int64_t columns) const {
    if (columns == shape_.vocabulary && columns != 0) return row_share(columns);
    const Number even = fraction(1, parallel_.tensor);
    const std::int64_t kv = shape_.kv_heads;
    if (kv == 0 || kv == shape_.heads || parallel_.tensor <= kv) return even;
    // More ranks than key/value heads: what makes these is not divided further.
    const std::int64_t kv_columns = kv * shape_.head_dim;
    const std::int64_t query_columns = shape_.heads * shape_.head_dim;
    const Number one_head = fraction(1, kv);
    if (columns == kv_columns) return one_head;
    if (columns == query_columns + 2 * kv_columns)
      return divide(Number(query_columns) * even + Number(2 * kv_columns) * one_head,
                    Number(columns));
    return even;
  }

  const CostTree& tree_;
  const Parallelism& parallel_;
  const ModelShape& shape_;
};

struct Storage {
  Number weights = 0;
  Number kv_cache = 0;
  Storage& operator+=(const Storage& other) {
    weights = weights + other.weights;
    kv_cache = kv_cache + other.kv_cache;
    return *this;
  }
};

// The nodes [begin, end) of the tree. `copies_tied`: a weight that is stored elsewhere is stored
// here once more.
Storage storage_of(const CostTree& tree, const Sharder& sharder, std::size_t begin, std::size_t end,
                   bool copies_tied) {
  Storage sum;
  for (std::size_t n = begin; n < end; ++n) {
    const CostNode& node = tree.nodes[n];
    const Instance& instance = tree.instance(node);
    if (instance.composite != nullptr) continue;
    for (std::uint32_t i = 0; i < instance.operands.count; ++i) {
      const BoundOperand& operand = tree.plan->operands[instance.operands.first + i];
      if (operand.role != Role::kWeight && operand.role != Role::kKvCache) continue;
      const Number& bytes = tree.evaluation.values[operand.stored_bytes];
      if (bytes.is_zero()) continue;
      const Number& times =
          node.stored_times.is_zero() && copies_tied ? node.times : node.stored_times;
      Number& total = operand.role == Role::kWeight ? sum.weights : sum.kv_cache;
      total = total + bytes * times * sharder.share(instance, operand);
    }
  }
  return sum;
}

// The calls that are the model's layers: composite children of one node, with weights, whose counts
// add up to their number.
std::vector<std::uint32_t> layer_nodes(const CostTree& tree, std::int64_t layers) {
  if (layers == 0) return {};
  const auto& nodes = tree.nodes;
  for (std::uint32_t parent = 0; parent < nodes.size(); ++parent) {
    if (tree.instance(nodes[parent]).composite == nullptr) continue;
    std::vector<std::uint32_t> found;
    Number count = 0;
    const std::uint32_t end = parent + nodes[parent].descendants + 1;
    for (std::uint32_t child = parent + 1; child < end; child += nodes[child].descendants + 1) {
      if (tree.instance(nodes[child]).composite == nullptr) continue;
      if (tree.total(nodes[child])[Quantity::kStoredBytesWeight].is_zero()) continue;
      found.push_back(child);
      count = count + nodes[child].count;
    }
    if (count == Number(layers) && nodes[parent].times == Number(1)) return found;
  }
  return {};
}

// vllm/distributed/utils.py get_pp_indices: what is left over goes to the stages before the last.
std::vector<std::int64_t> stage_sizes(std::int64_t layers, std::int64_t stages) {
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(stages), layers / stages);
  const std::int64_t left = layers % stages;
  for (std::int64_t i = 2; i < left + 2; ++i) ++sizes[static_cast<std::size_t>(stages - i)];
  return sizes;
}

// The calls of one composite that are split.
struct SplitCalls {
  IndexRange edges;
  bool keeps_cache = false;  // somewhere in the composite
  bool is_expert = false;    // the products are those of experts
};

class SplitFinder {
 public:
  SplitFinder(const Plan& plan, const Evaluation& evaluation, const ModelShape& shape)
      : plan_(plan), evaluation_(evaluation), shape_(shape), traits_(plan.instances.size()) {
    for (std::size_t i = 0; i < traits_.size(); ++i) traits_[i] = traits_of(plan.instances[i]);
  }

  SplitCalls of(const Instance& composite) const {
    SplitCalls split;
    const Traits* first = nullptr;
    for (std::uint32_t i = 0; i < composite.edges.count; ++i) {
      const std::uint32_t edge = composite.edges.first + i;
      if (!happens(edge)) continue;
      const Traits& call = traits_[plan_.edges[edge].child];
      split.keeps_cache = split.keeps_cache || call.keeps_cache;
      if (!call.has_products) continue;
      if (!call.is_product) return {};  // pairs of its own
      split.is_expert = split.is_expert || call.is_expert;
      if (first == nullptr) {
        first = &call;
        split.edges.first = edge;
      } else if (call.columns == first->rows) {
        split.edges.count = edge - split.edges.first;  // the last one's result is whole
      }
    }
    return split;
  }

 private:
  struct Traits {
    bool has_products = false;  // with weights that are split, here or below
    bool is_product = false;    // is one, of a matrix with so many rows and columns
    bool is_expert = false;
    bool keeps_cache = false;  // here or below
    std::int64_t rows = 0, columns = 0;
  };

  bool happens(std::uint32_t edge) const {
    return !evaluation_.values[plan_.edges[edge].count].is_zero();
  }
  std::int64_t parameter(const Instance& instance, std::string_view name) const {
    return bound_parameter(plan_, evaluation_, instance, name);
  }

  // REQUIRES: those of the children are known.
  Traits traits_of(const Instance& instance) const {
    Traits traits;
    if (instance.kernel != nullptr) {
      traits.keeps_cache = has_operand(plan_, instance, Role::kKvCache);
      traits.rows = parameter(instance, "K");
      traits.columns = parameter(instance, "N");
      traits.is_expert = parameter(instance, "num_experts") != 0;
      // Every rank routes all tokens.
      const bool is_router = traits.is_expert
                                 ? traits.columns == 0
                                 : shape_.experts != 0 && traits.columns == shape_.experts;
      // The weights of an attention core are logits, a value a head.
      const bool is_attention = parameter(instance, "H_kv") != 0;
      traits.has_products = has_products(instance) && !is_router && !is_attention &&
                            has_operand(plan_, instance, Role::kWeight);
      traits.is_product = traits.has_products && traits.rows != 0 && traits.columns != 0;
    }
    for (std::uint32_t i = 0; i < instance.edges.count; ++i) {
      if (!happens(instance.edges.first + i)) continue;
      const Traits& child = traits_[plan_.edges[instance.edges.first + i].child];
      traits.has_products = traits.has_products || child.has_products;
      traits.keeps_cache = traits.keeps_cache || child.keeps_cache;
    }
    return traits;
  }

  const Plan& plan_;
  const Evaluation& evaluation_;
  const ModelShape& shape_;
  std::vector<Traits> traits_;
};

}  // namespace

std::vector<Number> activation_shares(const Plan& plan, const Evaluation& evaluation,
                                      const Parallelism& parallelism, const ModelShape& shape) {
  std::vector<Number> shares(plan.edges.size(), Number(1));
  if (parallelism.tensor == 1) return shares;
  const SplitFinder finder(plan, evaluation, shape);
  for (const Instance& instance : plan.instances) {
    if (instance.composite == nullptr) continue;
    const SplitCalls split = finder.of(instance);
    std::int64_t ways = parallelism.tensor;
    if (split.keeps_cache) ways = std::min(ways, std::max<std::int64_t>(1, shape.kv_heads));
    if (split.is_expert) ways = std::max<std::int64_t>(1, ways / parallelism.expert);
    for (std::uint32_t i = 0; i < split.edges.count; ++i)
      shares[split.edges.first + i] = fraction(1, ways);
  }
  return shares;
}

bool has_layers(const CostTree& tree, const ModelShape& shape) {
  return !layer_nodes(tree, shape.layers).empty();
}

RankStorage rank_storage(const CostTree& tree, const Parallelism& parallelism,
                         const ModelShape& shape) {
  const Sharder sharder(tree, parallelism, shape);
  RankStorage most;
  if (parallelism.pipeline == 1) {
    const Storage all = storage_of(tree, sharder, 0, tree.nodes.size(), false);
    most.weights = ceil(all.weights);
    most.kv_cache = ceil(all.kv_cache);
    most.layers = shape.layers;
    return most;
  }

  // Before, each group of equal layers, after.
  struct Group {
    std::int64_t layers;
    Storage one;
  };
  const std::vector<std::uint32_t> nodes = layer_nodes(tree, shape.layers);
  std::vector<Group> groups;
  Storage first = storage_of(tree, sharder, 0, nodes.front(), false);
  std::size_t end = nodes.front();
  for (const std::uint32_t node : nodes) {
    first += storage_of(tree, sharder, end, node, false);  // between two groups: rare, and small
    end = node + tree.nodes[node].descendants + 1;
    const Storage all = storage_of(tree, sharder, node, end, false);
    const Number count = tree.nodes[node].count;
    groups.push_back(
        {count.to_int64().value_or(0), {divide(all.weights, count), divide(all.kv_cache, count)}});
  }
  const Storage last = storage_of(tree, sharder, end, tree.nodes.size(), true);

  std::int64_t next = 0;
  const std::vector<std::int64_t> sizes = stage_sizes(shape.layers, parallelism.pipeline);
  for (std::size_t stage = 0; stage < sizes.size(); ++stage) {
    Storage held = stage == 0 ? first : Storage();
    if (stage + 1 == sizes.size()) held += last;
    std::int64_t begin = 0;
    for (const Group& group : groups) {
      const std::int64_t overlap =
          std::min(begin + group.layers, next + sizes[stage]) - std::max(begin, next);
      begin += group.layers;
      if (overlap <= 0) continue;
      held.weights = held.weights + group.one.weights * Number(overlap);
      held.kv_cache = held.kv_cache + group.one.kv_cache * Number(overlap);
    }
    next += sizes[stage];
    const Number total = held.weights + held.kv_cache;
    if (stage != 0 && compare(total, most.weights + most.kv_cache).value_or(0) <= 0) continue;
    most = {ceil(held.weights), ceil(held.kv_cache), static_cast<std::int64_t>(stage),
            sizes[stage]};
  }
  return most;
}

}  // namespace lmhost
