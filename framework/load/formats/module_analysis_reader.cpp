#include "load/formats/module_analysis_reader.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "base/codes.hpp"
#include "formula/rewrite.hpp"
#include "load/formats/data_kernels.hpp"
#include "load/formats/json_template.hpp"
#include "load/plugin_table.hpp"

namespace lmhost {
namespace {

constexpr std::array<std::string_view, 4> kKinds = {"direct_operation", "module_call", "basic",
                                                    "composite"};

// "Element-wise power (input^3)": "element_wise_power_input_3".
std::string slug_of(std::string_view text) {
  constexpr std::size_t kLongest = 40;
  std::string slug;
  for (const char c : text) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool is_plain = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
    if (is_plain && slug.empty() && lower >= '0' && lower <= '9') slug = "row_";
    if (is_plain)
      slug += lower;
    else if (!slug.empty() && slug.back() != '_')
      slug += '_';
    if (slug.size() >= kLongest) break;
  }
  // Cut between words.
  if (const std::size_t last = slug.rfind('_'); slug.size() >= kLongest && last != slug.npos)
    slug.resize(last);
  while (!slug.empty() && slug.back() == '_') slug.pop_back();
  return slug.empty() ? "row" : slug;
}

class AnalysisReader {
 public:
  explicit AnalysisReader(GraphBuilder* builder) : builder_(*builder) {}

  AnalysedClass read_class(JsonValue json) {
    constexpr std::array<std::string_view, 3> kKeys = {"class_name", "kernels", "$schema"};
    AnalysedClass result;
    result.json = json;
    bool has_name = false, has_rows = false;
    for (const JsonMember member : json.members()) {
      switch (builder_.key_index(member, kKeys, "a module analysis")) {
        case 0:
          has_name = true;
          result.name = builder_.kernel_name(member.value, "class_name");
          if (!result.name.empty() && !is_dotted_name(result.name))
            builder_.fail(member.value, codes::kBadValue,
                          quoted(result.name) + " is no name of a class");
          break;
        case 1:
          has_rows = true;
          result.rows = read_rows(member.value, "kernels");
          break;
        default:
          break;
      }
    }
    if (!has_name) builder_.missing(json, "class_name", "the analysis");
    if (!has_rows) builder_.missing(json, "kernels", "the analysis");
    return result;
  }

 private:
  std::vector<AnalysisRow> read_rows(JsonValue list, std::string_view key) {
    std::vector<AnalysisRow> rows;
    if (!builder_.expect(list, JsonKind::kArray, key)) return rows;
    std::set<std::string> labels;
    for (const JsonValue json : list.elements()) {
      if (builder_.is_enough()) break;
      AnalysisRow row = read_row(json);
      const std::string slug = slug_of(row.text_of(kOperation));
      std::string label = slug;
      for (int number = 2; !labels.insert(label).second; ++number)
        label = slug + "_" + std::to_string(number);
      row.label = builder_.keep(std::move(label));
      rows.push_back(std::move(row));
    }
    return rows;
  }

  AnalysisRow read_row(JsonValue json) {
    AnalysisRow row;
    row.json = json;
    if (!builder_.expect(json, JsonKind::kObject, "a kernel")) return row;
    for (const JsonMember member : json.members()) {
      const std::size_t key = builder_.key_index(member, kAnalysisKeys, "a kernel of an analysis");
      if (key < kAnalysisKeys.size()) row.members[key] = member.value;
    }
    if (!row[kOperation].exists()) builder_.missing(json, "operation", "the kernel");
    for (const AnalysisKey key : {kOperation, kAnalysis})
      if (row[key].exists()) builder_.string(row[key], kAnalysisKeys[key]);
    read_kind(row);
    if (row[kRepeat].exists()) row.repeat = read_repeat(row[kRepeat]);
    if (row[kSubKernels].exists()) {
      row.rows = read_rows(row[kSubKernels], "sub_kernels");
      for (const AnalysisKey key : {kFlops, kMemory})
        if (row[key].exists())
          builder_.fail(row[key], codes::kBadValue,
                        "a kernel with 'sub_kernels' has no " + quoted(kAnalysisKeys[key]),
                        "its cost is the sum of theirs");
      return row;
    }
    if (row[kFlops].exists())
      row.flops = read_formula(row[kFlops], "flops");
    else
      builder_.missing(json, "flops", "the kernel");
    if (row[kMemory].exists())
      read_memory(row[kMemory], &row);
    else
      builder_.missing(json, "memory_access", "the kernel");
    return row;
  }

  // A populated analysis has neither kind nor reasoning, one that somebody wrote has both.
  void read_kind(const AnalysisRow& row) {
    const JsonValue kind = row[kKind];
    if (kind.exists() != row[kAnalysis].exists())
      builder_.missing(row.json, kind.exists() ? "analysis" : "kernel_type", "the kernel");
    if (!kind.exists() || !builder_.expect(kind, JsonKind::kString, "kernel_type")) return;
    if (std::find(kKinds.begin(), kKinds.end(), kind.string()) == kKinds.end())
      builder_.fail(kind, codes::kBadValue, "unknown kernel_type " + quoted(kind.string()),
                    did_you_mean(kind.string(), kKinds));
  }

  void read_memory(JsonValue memory, AnalysisRow* row) {
    constexpr std::array<std::string_view, 2> kKeys = {"read", "write"};
    if (!builder_.expect(memory, JsonKind::kObject, "memory_access")) return;
    for (const JsonMember member : memory.members()) {
      const std::size_t key = builder_.key_index(member, kKeys, "'memory_access'");
      if (key == 0) row->read = read_formula(member.value, "read");
      if (key == 1) row->write = read_formula(member.value, "write");
    }
    for (const std::string_view key : kKeys)
      if (!memory.find(key).exists()) builder_.missing(memory, key, "'memory_access'");
  }

  AnalysisFormula read_formula(JsonValue text, std::string_view key) {
    AnalysisFormula formula;
    formula.text = text;
    if (!builder_.expect(text, JsonKind::kString, key)) return formula;
    if (is_open_cost(text.string())) {
      formula.parsed.expression = DataKernels::open_cost(text.string(), text);
      formula.is_good = true;
      return formula;
    }
    Result<Template> parsed = template_of(text);
    if (parsed) {
      formula.parsed = std::move(parsed).value();
      formula.is_good = true;
      return formula;
    }
    for (const Diagnostic& error : parsed.errors()) builder_.fail(error);
    return formula;
  }

  AnalysisFormula read_repeat(JsonValue repeat) {
    if (repeat.is(JsonKind::kString)) return read_formula(repeat, "repeat");
    AnalysisFormula formula;
    formula.text = repeat;
    if (!builder_.expect(repeat, JsonKind::kNumber, "repeat")) return formula;
    if (!repeat.number().is_integer() || repeat.number().numerator() < 1)
      builder_.fail(repeat, codes::kBadValue, "'repeat' must be a whole number of 1 or more");
    formula.parsed.expression = constant_expression(repeat.number());
    formula.is_good = true;
    return formula;
  }

  GraphBuilder& builder_;
};

}  // namespace

AnalysedClass read_analysed_class(JsonValue json, GraphBuilder* builder) {
  return AnalysisReader(builder).read_class(json);
}

}  // namespace lmhost
