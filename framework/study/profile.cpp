#include "study/profile.hpp"

#include <sys/stat.h>

#include "aggregate/cost_tree.hpp"
#include "base/codes.hpp"
#include "load/json.hpp"

namespace lmhost {
namespace {

constexpr std::string_view kSchema = "lmhost.report/1";

std::string last_part(std::string_view name) {
  return std::string(name.substr(name.rfind('.') + 1));
}

// Fills `descendants` from parents, children behind their parents.
void count_descendants(std::vector<ProfileNode>& nodes) {
  for (std::size_t i = nodes.size(); i-- > 1;)
    nodes[nodes[i].parent].descendants += nodes[i].descendants + 1;
}

class ReportReader {
 public:
  Result<Profile> read(JsonValue root) {
    const JsonValue schema = root.is(JsonKind::kObject) ? root.find("schema") : JsonValue();
    if (!schema.exists() || !schema.is(JsonKind::kString) || schema.string() != kSchema)
      return error_at(root, codes::kUnknownSchema,
                      "not a report: \"schema\" must be \"" + std::string(kSchema) + "\"",
                      "'lmhost analyze MODEL --json' writes one");
    const JsonValue model = member(root, "model", JsonKind::kObject);
    const JsonValue workload = member(root, "workload", JsonKind::kObject);
    const JsonValue nodes = member(root, "nodes", JsonKind::kArray);
    if (!errors_.empty()) return std::move(errors_);
    profile_.label = text(model, "name");
    profile_.root = last_part(text(model, "root"));
    read_workload(workload);
    if (const JsonValue conventions = root.find("conventions");
        conventions.exists() && conventions.is(JsonKind::kObject))
      profile_.conventions = text(conventions, "name");
    if (const JsonValue coverage = root.find("coverage");
        coverage.exists() && coverage.is(JsonKind::kObject)) {
      const JsonValue bound = coverage.find("is_lower_bound");
      profile_.is_lower_bound = bound.exists() && bound.is(JsonKind::kBoolean) && bound.boolean();
    }
    if (const JsonValue bound = root.find("bound"); bound.exists() && bound.is(JsonKind::kObject))
      read_bound(bound);
    for (const JsonValue node : nodes.elements()) read_node(node);
    if (errors_.empty() && profile_.nodes.empty())
      errors_.push_back(error_at(nodes, codes::kBadValue, "a report has at least one node"));
    if (!errors_.empty()) return std::move(errors_);
    count_descendants(profile_.nodes);
    return std::move(profile_);
  }

 private:
  JsonValue member(JsonValue object, std::string_view key, JsonKind kind) {
    const JsonValue value = object.find(key);
    if (!value.exists()) {
      errors_.push_back(error_at(object, codes::kMissingKey,
                                 "the report lacks \"" + std::string(key) + "\" here"));
    } else if (!value.is(kind)) {
      errors_.push_back(error_at(value, codes::kWrongType,
                                 "\"" + std::string(key) + "\" must be " +
                                     std::string(name_of(kind)) + ", not " +
                                     std::string(name_of(value.kind()))));
      return {};
    }
    return value;
  }

  std::string text(JsonValue object, std::string_view key) {
    const JsonValue value = member(object, key, JsonKind::kString);
    return value.exists() ? std::string(value.string()) : std::string();
  }

  Number number(JsonValue object, std::string_view key) {
    const JsonValue value = member(object, key, JsonKind::kNumber);
    return value.exists() ? value.number() : Number(0);
  }

  void read_workload(JsonValue workload) {
    profile_.phase = text(workload, "phase");
    profile_.mode = text(workload, "mode");
    for (std::size_t i = 0; i < kRuntimeVariableCount; ++i)
      profile_.point.values[i] = number(workload, name_of(static_cast<RuntimeVariable>(i)));
    if (profile_.phase != "generate") return;
    profile_.prompt_tokens = number(workload, "prompt_tokens");
    profile_.generated_tokens = number(workload, "generated_tokens");
  }

  void read_bound(JsonValue bound) {
    profile_.seconds = number(bound, "time_bound_s").to_double();
    const JsonValue rate = bound.find("tokens_per_second_bound");
    if (rate.exists() && rate.is(JsonKind::kNumber))
      profile_.tokens = rate.number().to_double() * *profile_.seconds;
  }

  void read_node(JsonValue value) {
    if (!value.is(JsonKind::kObject)) {
      errors_.push_back(error_at(value, codes::kWrongType, "a node must be an object"));
      return;
    }
    ProfileNode node;
    node.name = text(value, "name");
    node.path = text(value, "path");
    node.kernel = text(value, "kernel");
    node.is_composite = text(value, "type") == "composite";
    node.count = number(value, "count");
    const JsonValue total = member(value, "total", JsonKind::kObject);
    if (total.exists())
      for (std::size_t q = 0; q < kQuantityCount; ++q)
        node.total.values[q] = cost(total, name_of(static_cast<Quantity>(q)));
    if (!profile_.nodes.empty()) {
      const JsonValue parent = member(value, "parent", JsonKind::kNumber);
      const auto index = parent.exists() ? parent.number().to_int64() : std::nullopt;
      if (index && *index >= 0 && static_cast<std::size_t>(*index) < profile_.nodes.size()) {
        node.parent = static_cast<std::uint32_t>(*index);
        node.depth = profile_.nodes[node.parent].depth + 1;
      } else if (parent.exists()) {
        errors_.push_back(
            error_at(parent, codes::kBadValue, "a node's parent must be a node before it"));
      }
    }
    profile_.nodes.push_back(std::move(node));
  }

  // The digits that a reader with doubles would lose stand beside the number as text.
  Number cost(JsonValue total, std::string_view name) {
    const JsonValue exact = total.find(std::string(name) + "_exact");
    if (exact.exists() && exact.is(JsonKind::kString))
      if (const std::optional<Number> value = parse_fraction(exact.string())) return *value;
    return number(total, name);
  }

  static std::optional<Number> parse_fraction(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return parse_number(text);
    const auto above = parse_number(text.substr(0, slash));
    const auto below = parse_number(text.substr(slash + 1));
    if (!above || !below || below->is_zero()) return std::nullopt;
    return divide(*above, *below);
  }

  Profile profile_;
  Diagnostics errors_;
};

}  // namespace

std::string_view phase_of(const Analysis& analysis) {
  if (analysis.phase == Phase::kGenerate) return "generate";
  if (analysis.phase == Phase::kTrain) return "train";
  const RuntimePoint& point = analysis.point;
  const bool is_decode =
      point[RuntimeVariable::kSeqLen] == Number(1) && !point[RuntimeVariable::kCacheLen].is_zero();
  return is_decode ? "decode" : "prefill";
}

Number tokens_of(const Analysis& analysis) {
  return analysis.point[RuntimeVariable::kBatchSize] *
         (analysis.phase == Phase::kGenerate ? analysis.generated_tokens
                                             : analysis.point[RuntimeVariable::kSeqLen]);
}

Profile profile_of(const Analysis& analysis) {
  const CostTree& tree = *analysis.tree;
  Profile profile;
  profile.label = analysis.model_name;
  profile.root = last_part(tree.plan->graph->root);
  profile.phase = phase_of(analysis);
  profile.mode = name_of(tree.plan->mode);
  profile.conventions = tree.plan->conventions->name;
  profile.point = analysis.point;
  if (analysis.phase == Phase::kGenerate) {
    profile.prompt_tokens = analysis.prompt_tokens;
    profile.generated_tokens = analysis.generated_tokens;
  }
  profile.is_lower_bound = !tree.plan->unknown.empty();
  profile.nodes.reserve(tree.nodes.size());
  for (const CostNode& node : tree.nodes) {
    ProfileNode& copy = profile.nodes.emplace_back();
    copy.parent = node.parent;
    copy.depth = node.depth;
    copy.descendants = node.descendants;
    copy.name = tree.name(node);
    copy.path = tree.path(node);
    copy.kernel = tree.instance(node).name;
    copy.is_composite = tree.instance(node).composite != nullptr;
    copy.count = node.count;
    copy.total = tree.total(node);
  }
  return profile;
}

Result<Profile> read_profile(const std::string& path) {
  Result<JsonDocument> document = JsonDocument::read(path);
  if (!document) return std::move(document).errors();
  Result<Profile> profile = ReportReader().read(document->root());
  if (profile) profile->label = path;
  return profile;
}

bool is_saved_report(const std::string& path) {
  struct stat status = {};
  if (path == "-" || stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
  const Result<JsonDocument> document = JsonDocument::read(path);
  if (!document || !document->root().is(JsonKind::kObject)) return false;
  const JsonValue schema = document->root().find("schema");
  return schema.exists() && schema.is(JsonKind::kString) &&
         schema.string().starts_with("lmhost.report/");
}

}  // namespace lmhost
