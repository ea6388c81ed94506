// Comparisons for programs: JSON and CSV.
#include "report/comparison.hpp"
#include "report/json_writer.hpp"
#include "report/summary.hpp"
#include "report/table.hpp"

namespace lmhost {
namespace {

// (new - base) / base; nothing where there is no base to be a part of.
std::optional<Number> relative_change(const Number& base, const Number& now) {
  if (base.is_error() || now.is_error() || base.is_zero()) return std::nullopt;
  return Number::inexact(divide(now - base, base).to_double());
}

const std::string& path_of(const Profile& profile, const std::optional<std::uint32_t>& node) {
  static const std::string kNone;
  return node ? profile.nodes[*node].path : kNone;
}

void write_change(JsonWriter* json, std::string_view key, const Number& base, const Number& now) {
  json->key(key);
  json->begin_object();
  json->quantity("base", base);
  json->quantity("new", now);
  json->quantity("delta", now - base);
  json->key("relative");
  if (const auto relative = relative_change(base, now))
    json->value(*relative);
  else
    json->null();
  json->end_object();
}

// Every quantity that changes, and the sums over roles.
void write_changes(JsonWriter* json, const Costs& base, const Costs& now, bool all) {
  const auto add = [&](std::string_view key, const Number& old, const Number& young) {
    if (all || !(old == young)) write_change(json, key, old, young);
  };
  for (std::size_t q = 0; q < kQuantityCount; ++q)
    add(name_of(static_cast<Quantity>(q)), base.values[q], now.values[q]);
  for (const DerivedQuantity& derived : derived_quantities())
    add(derived.key, derived.value(base), derived.value(now));
}

void write_profile(JsonWriter* json, const Profile& profile) {
  json->line();
  json->begin_object();
  json->member("label", profile.label);
  json->member("root", profile.root);
  json->member("phase", profile.phase);
  json->member("mode", profile.mode);
  json->member("conventions", profile.conventions);
  for (std::size_t i = 0; i < kRuntimeVariableCount; ++i)
    json->member(name_of(static_cast<RuntimeVariable>(i)), profile.point.values[i]);
  if (profile.prompt_tokens) json->member("prompt_tokens", *profile.prompt_tokens);
  if (profile.generated_tokens) json->member("generated_tokens", *profile.generated_tokens);
  json->member("is_lower_bound", profile.is_lower_bound);
  json->costs("totals", profile.totals());
  if (profile.seconds) {
    json->member("time_bound_s", Number::inexact(*profile.seconds));
    json->member("tokens", Number::inexact(profile.tokens.value_or(0)));
  }
  json->end_object();
}

void write_profiles(JsonWriter* json, std::string_view key, const std::vector<Profile>& profiles) {
  json->line();
  json->key(key);
  json->begin_array();
  for (const Profile& profile : profiles) write_profile(json, profile);
  json->end_array();
}

void write_pair(JsonWriter* json, const ComparisonReport& report, const Comparison& pair) {
  json->line();
  json->begin_object();
  json->member("base", static_cast<std::size_t>(pair.base - report.bases.data()));
  json->member("new", static_cast<std::size_t>(pair.now - report.news.data()));
  json->key("totals");
  json->begin_object();
  write_changes(json, pair.base->totals(), pair.now->totals(), true);
  json->end_object();
  json->key("nodes");
  json->begin_array();
  for (std::size_t i = 0; i < pair.nodes.size(); ++i) {
    const ComparedNode& node = pair.nodes[i];
    json->line();
    json->begin_object();
    json->member("id", i);
    json->key("parent");
    if (i == 0)
      json->null();
    else
      json->value(std::size_t{node.parent});
    json->member("change", name_of(node.change));
    if (node.base) json->member("base_path", path_of(*pair.base, node.base));
    if (node.now) json->member("new_path", path_of(*pair.now, node.now));
    json->member("kernel", pair.either(node).kernel);
    if (node.base && node.now && pair.base->nodes[*node.base].kernel != pair.either(node).kernel)
      json->member("base_kernel", pair.base->nodes[*node.base].kernel);
    json->key("changes");
    json->begin_object();
    write_changes(json, pair.base_costs(node), pair.now_costs(node), false);
    json->end_object();
    json->end_object();
  }
  json->end_array();
  json->end_object();
}

void write_verdicts(JsonWriter* json, const ComparisonReport& report) {
  json->line();
  json->key("conditions");
  json->begin_array();
  for (const Verdict& verdict : report.verdicts) {
    json->begin_object();
    json->member("condition", verdict.condition);
    json->member("comparison", verdict.pair);
    json->member("is_met", verdict.is_met);
    json->quantity("base", verdict.base);
    json->quantity("new", verdict.now);
    json->key(verdict.is_percent ? "percent" : "measured");
    json->value(verdict.measured);
    json->end_object();
  }
  json->end_array();
}

}  // namespace

std::string write_comparison_json(const ComparisonReport& report) {
  JsonWriter json;
  json.begin_object();
  json.member("schema", "lmhost.comparison/1");
  json.line();
  json.key("tool");
  json.begin_object();
  json.member("name", "lmhost");
  json.member("version", version());
  json.end_object();
  write_profiles(&json, "bases", report.bases);
  write_profiles(&json, "new", report.news);
  json.line();
  json.key("comparisons");
  json.begin_array();
  for (const Comparison& pair : report.pairs) write_pair(&json, report, pair);
  json.end_array();
  write_verdicts(&json, report);
  json.end_object();
  return json.take();
}

CsvText write_comparison_csv(const ComparisonReport& report, const ComparisonOptions& options) {
  std::vector<const Column*> metrics;
  for (const Column& column : all_columns())
    if (options.metric == nullptr ? column.is_cost() && column.kind != ColumnKind::kRatio
                                  : &column == options.metric)
      metrics.push_back(&column);
  CsvText text =
      "new,base,path,base_path,change,kernel,metric,base_value,new_value,delta,relative\n";
  const auto cell = [](const Number& value) {
    return value.is_error() ? std::string() : exact_text(value);
  };
  for (const Comparison& pair : report.pairs)
    for (const ComparedNode& node : pair.nodes)
      for (const Column* metric : metrics) {
        const Number base = metric->value(pair.base_costs(node));
        const Number now = metric->value(pair.now_costs(node));
        text += CsvText(pair.now->label) + "," + pair.base->label + "," +
                path_of(*pair.now, node.now) + "," + path_of(*pair.base, node.base) + "," +
                name_of(node.change) + "," + pair.either(node).kernel + "," + metric->key + "," +
                cell(base) + "," + cell(now) + "," + cell(now - base) + ",";
        if (const auto relative = relative_change(base, now)) text += exact_text(*relative);
        text += "\n";
      }
  return text;
}

}  // namespace lmhost
