#include "load/formats/module_entry.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "base/codes.hpp"
#include "formula/functions.hpp"
#include "formula/rewrite.hpp"
#include "load/formats/json_template.hpp"
#include "load/formats/module_arguments.hpp"
#include "load/formats/module_names.hpp"
#include "load/formats/seed_names.hpp"
#include "load/plugin_table.hpp"

namespace lmhost {
namespace {

using Names = std::vector<std::string_view>;

const Names kEntryKeys = {
    "full_class_name", "module_path",   "module_class",        "aliases",
    "git_hash",        "code_location", "flop_analysis",       "memory_analysis",
    "validation",      "doc",           "generated_file_name", "generated_class_name"};
const Names kLocationKeys = {"file", "line_start", "line_end", "source_version", "sha256"};
const Names kFlopKeys = {"thinking_process", "parameters", "calculation_formula",
                         "formula_template", "formula",    "module_depends",
                         "breakdown"};
const Names kMemoryKeys = {"thinking_process",
                           "parameters",
                           "reads_calculation_formula",
                           "reads_template",
                           "reads_formula",
                           "writes_calculation_formula",
                           "writes_template",
                           "writes_formula",
                           "intermediates_calculation_formula",
                           "intermediates_template",
                           "intermediates_formula",
                           "intermediates",
                           "module_depends"};
const Names kValidationKeys = {"human_validated", "status", "validator", "date", "notes"};
const Names kParameterKeys = {"name", "type", "description"};

class EntryReader {
 public:
  EntryReader(JsonValue entry, JsonValue key, Diagnostics* errors)
      : entry_(entry), key_(key), errors_(*errors) {}

  ModuleKernel read() {
    module_.at = key_.exists() ? key_ : entry_;
    if (!is_object(entry_, "a module")) return std::move(module_);
    refuse_code();
    check_keys(entry_, kEntryKeys, "a module");
    is_first_ = member(entry_, "module_class").exists() || has_first_formula();
    if (!is_first_)
      for (const std::string_view key :
           {"code_location", "flop_analysis", "memory_analysis", "validation"})
        require(entry_, key, "the module");
    read_names();
    read_location();
    const JsonValue flops = member(entry_, "flop_analysis");
    const JsonValue memory = member(entry_, "memory_analysis");
    if (flops.exists() && is_object(flops, "flop_analysis")) read_flops(flops);
    if (memory.exists() && is_object(memory, "memory_analysis")) read_memory(memory);
    read_validation();
    for (const std::optional<ModuleFormula>& formula : module_.formulas)
      if (formula) check_formula(*formula);
    for (const auto& [name, formula] : module_.breakdown) check_formula(formula);
    module_.kernel.provenance = std::make_shared<const Provenance>(std::move(provenance_));
    return std::move(module_);
  }

 private:
  void fail(JsonValue at, std::string_view code, std::string message, std::string hint = {}) {
    errors_.push_back(error_at(at, code, std::move(message), std::move(hint)));
  }

  static JsonValue member(JsonValue object, std::string_view key) {
    return object.is(JsonKind::kObject) ? object.find(key) : JsonValue();
  }
  // The first of several spellings of one key.
  static JsonValue member(JsonValue object, std::initializer_list<std::string_view> keys) {
    for (const std::string_view key : keys)
      if (const JsonValue found = object.find(key); found.exists()) return found;
    return {};
  }

  bool is_kind(JsonValue value, JsonKind kind, std::string_view key) {
    if (value.is(kind)) return true;
    fail(value, codes::kWrongType,
         quoted(key) + " must be " + std::string(name_of(kind)) + ", not " +
             std::string(name_of(value.kind())));
    return false;
  }
  bool is_object(JsonValue value, std::string_view key) {
    return is_kind(value, JsonKind::kObject, key);
  }
  // "" for null, which v2 allows, and for what is no string.
  std::string text(JsonValue value, std::string_view key) {
    if (!value.exists() || value.is(JsonKind::kNull)) return {};
    return is_kind(value, JsonKind::kString, key) ? std::string(value.string()) : std::string();
  }

  void require(JsonValue object, std::string_view key, std::string_view what) {
    if (!object.find(key).exists())
      fail(object, codes::kMissingKey, std::string(what) + " has no " + quoted(key));
  }

  bool has_first_formula() const {
    const JsonValue flops = member(entry_, "flop_analysis");
    return flops.exists() && member(flops, "formula").exists();
  }

  void check_keys(JsonValue object, const Names& known, std::string_view what) {
    for (const JsonMember& row : object.members()) {
      if (std::find(known.begin(), known.end(), row.key()) != known.end()) continue;
      if (row.key() == "function_code") continue;
      fail(row.name, codes::kUnknownKey,
           "unknown key " + quoted(row.key()) + " in " + std::string(what),
           did_you_mean(row.key(), known));
    }
  }

  // The first databases carried Python; nothing here runs it, and a file that brings it is refused.
  void refuse_code() {
    for (const JsonValue place :
         {entry_, member(entry_, "flop_analysis"), member(entry_, "memory_analysis")}) {
      if (!place.exists() || !place.is(JsonKind::kObject)) continue;
      for (const JsonMember& row : place.members())
        if (row.key() == "function_code")
          fail(row.name, codes::kUnknownKey, "'function_code' is code, and data carries none",
               "leave it out: the formulas say what it computes");
    }
  }

  void read_names() {
    const JsonValue name = member(entry_, {"full_class_name", "module_path", "module_class"});
    Kernel& kernel = module_.kernel;
    if (name.exists()) {
      kernel.name = text(name, "full_class_name");
      module_.at = name;
    } else {
      return require(entry_, "full_class_name", "the module");
    }
    if (kernel.name.empty() || kernel.name.find_first_of(" \t\n/") != std::string::npos)
      return fail(module_.at, codes::kBadValue, quoted(kernel.name) + " is no name of a module");
    const auto alias = [&](std::string text) {
      std::vector<std::string>& aliases = kernel.aliases;
      if (text.empty() || text == kernel.name) return;
      if (std::find(aliases.begin(), aliases.end(), text) == aliases.end())
        aliases.push_back(std::move(text));
    };
    if (key_.exists()) alias(std::string(key_.string()));
    alias(public_torch_name(kernel.name));
    const JsonValue aliases = member(entry_, "aliases");
    if (aliases.exists() && is_kind(aliases, JsonKind::kArray, "aliases"))
      for (const JsonValue each : aliases.elements()) alias(text(each, "an alias"));
    kernel.doc = text(member(entry_, "doc"), "doc");
    provenance_.source_hash = text(member(entry_, "git_hash"), "git_hash");
  }

  void read_location() {
    const JsonValue location = member(entry_, "code_location");
    if (!location.exists() || !is_object(location, "code_location")) return;
    check_keys(location, kLocationKeys, "a code location");
    require(location, "file", "the code location");
    provenance_.file = text(member(location, "file"), "file");
    provenance_.first_line = line(location, "line_start");
    provenance_.last_line = line(location, "line_end");
    provenance_.source_version = text(member(location, "source_version"), "source_version");
    if (const JsonValue hash = member(location, "sha256"); hash.exists())
      provenance_.source_hash = text(hash, "sha256");
    if (provenance_.last_line != 0 && provenance_.last_line < provenance_.first_line)
      fail(member(location, "line_end"), codes::kBadValue, "'line_end' is before 'line_start'");
    module_.kernel.source = provenance_.file;
    if (provenance_.first_line != 0)
      module_.kernel.source += ":" + std::to_string(provenance_.first_line) + "-" +
                               std::to_string(provenance_.last_line);
  }

  unsigned line(JsonValue location, std::string_view key) {
    const JsonValue value = member(location, key);
    if (!value.exists()) {
      fail(location, codes::kMissingKey, "the code location has no " + quoted(key));
      return 0;
    }
    if (!is_kind(value, JsonKind::kNumber, key)) return 0;
    const std::optional<std::int64_t> number = value.number().to_int64();
    if (number && *number >= 1 && *number <= 100'000'000) return static_cast<unsigned>(*number);
    fail(value, codes::kBadValue, quoted(key) + " must be a line number from 1");
    return 0;
  }

  void read_flops(JsonValue analysis) {
    check_keys(analysis, kFlopKeys, "a FLOP analysis");
    if (!is_first_)
      for (const std::string_view key : {"thinking_process", "module_depends", "breakdown"})
        require(analysis, key, "the FLOP analysis");
    provenance_.reasoning = text(member(analysis, "thinking_process"), "thinking_process");
    read_parameters(analysis, "the FLOP analysis", &module_.flop_order);
    read_depends(analysis);
    read_formula(analysis, {"calculation_formula", "formula_template", "formula"},
                 ModuleMetric::kFlops);
    const JsonValue breakdown = member(analysis, "breakdown");
    if (!breakdown.exists() || !is_object(breakdown, "breakdown")) return;
    for (const JsonMember& part : breakdown.members()) {
      std::optional<ModuleFormula> formula = formula_at(part.value, part.key());
      if (!formula) continue;
      provenance_.breakdown.emplace_back(part.key(), part.value.string());
      module_.breakdown.emplace_back(part.key(), *std::move(formula));
    }
  }

  void read_memory(JsonValue analysis) {
    check_keys(analysis, kMemoryKeys, "a memory analysis");
    if (!is_first_)
      for (const std::string_view key : {"thinking_process", "module_depends"})
        require(analysis, key, "the memory analysis");
    const std::string thoughts = text(member(analysis, "thinking_process"), "thinking_process");
    if (!thoughts.empty())
      provenance_.reasoning += (provenance_.reasoning.empty() ? "" : "\n") + thoughts;
    read_parameters(analysis, "the memory analysis", &module_.memory_order);
    read_depends(analysis);
    read_formula(analysis, {"reads_calculation_formula", "reads_template", "reads_formula"},
                 ModuleMetric::kReads);
    read_formula(analysis, {"writes_calculation_formula", "writes_template", "writes_formula"},
                 ModuleMetric::kWrites);
    read_formula(analysis,
                 {"intermediates_calculation_formula", "intermediates_template",
                  "intermediates_formula", "intermediates"},
                 ModuleMetric::kIntermediates);
  }

  void read_depends(JsonValue analysis) {
    const JsonValue depends = member(analysis, "module_depends");
    if (!depends.exists() || !is_kind(depends, JsonKind::kArray, "module_depends")) return;
    for (const JsonValue each : depends.elements()) is_kind(each, JsonKind::kString, "a module");
  }

  // ---- parameters ----

  void read_parameters(JsonValue analysis, std::string_view what, std::vector<std::string>* order) {
    const JsonValue list = member(analysis, "parameters");
    if (!list.exists())
      return fail(analysis, codes::kMissingKey, std::string(what) + " has no 'parameters'");
    if (!is_kind(list, JsonKind::kArray, "parameters")) return;
    for (const JsonValue row : list.elements()) {
      KernelParameter parameter;
      JsonValue name = row;
      // Without a type nothing is demanded of a value but that it is a number.
      parameter.type = ParameterType::kFloat;
      if (row.is(JsonKind::kObject)) {
        check_keys(row, kParameterKeys, "a parameter");
        name = member(row, "name");
        if (!name.exists()) {
          fail(row, codes::kMissingKey, "the parameter has no 'name'");
          continue;
        }
        parameter.type = type_of(row);
        require(row, "description", "the parameter");
        parameter.doc = text(member(row, "description"), "description");
      }
      if (!is_kind(name, JsonKind::kString, "a parameter")) continue;
      parameter.name = name.string();
      if (!is_identifier(parameter.name)) {
        fail(name, codes::kBadValue, quoted(parameter.name) + " is no name of a parameter");
      } else if (std::find(order->begin(), order->end(), parameter.name) != order->end()) {
        fail(name, codes::kDuplicateName,
             "parameter " + quoted(parameter.name) + " is listed twice");
      } else {
        order->push_back(parameter.name);
        add_parameter(std::move(parameter), name);
      }
    }
  }

  ParameterType type_of(JsonValue row) {
    constexpr std::pair<std::string_view, ParameterType> kTypes[] = {
        {"int", ParameterType::kInt},
        {"float", ParameterType::kFloat},
        {"str", ParameterType::kString},
        {"bool", ParameterType::kBool}};
    const JsonValue type = member(row, "type");
    if (!type.exists()) {
      fail(row, codes::kMissingKey, "the parameter has no 'type'");
    } else if (is_kind(type, JsonKind::kString, "type")) {
      for (const auto& [name, value] : kTypes)
        if (name == type.string()) return value;
      fail(type, codes::kBadValue, "unknown type " + quoted(type.string()),
           "a type is int, float, str or bool");
    }
    return ParameterType::kFloat;
  }

  void add_parameter(KernelParameter parameter, JsonValue at) {
    std::vector<KernelParameter>& known = module_.kernel.parameters;
    if (const ByteWidth* width = byte_width_named(parameter.name)) {
      // Four bits are half a byte, so the "int" of the databases is none.
      parameter.type = ParameterType::kFloat;
      parameter.default_value = default_width(width->meaning);
    }
    const auto same = std::find_if(known.begin(), known.end(), [&](const KernelParameter& other) {
      return other.name == parameter.name;
    });
    if (same == known.end())
      known.push_back(std::move(parameter));
    else if (same->type != parameter.type)
      fail(at, codes::kBadValue,
           "parameter " + quoted(parameter.name) + " has another type in the FLOP analysis");
  }

  // Shared by all databases; it lives as long as the program.
  static const Expression* default_width(std::string_view meaning) {
    static const std::map<std::string_view, Expression> widths = [] {
      std::map<std::string_view, Expression> made;
      for (const ByteWidth& row : kByteWidths)
        made.emplace(row.meaning, name_expression(row.meaning));
      return made;
    }();
    return &widths.at(meaning);
  }

  // ---- formulas ----

  void read_formula(JsonValue analysis, std::initializer_list<std::string_view> keys,
                    ModuleMetric metric) {
    const JsonValue value = member(analysis, keys);
    if (!value.exists()) return require(analysis, *keys.begin(), "the analysis");
    module_.formulas[static_cast<std::size_t>(metric) - 1] = formula_at(value, *keys.begin());
  }

  std::optional<ModuleFormula> formula_at(JsonValue value, std::string_view key) {
    if (!is_kind(value, JsonKind::kString, key)) return std::nullopt;
    ModuleFormula formula{value, {}, is_unknown_sentinel(value.string())};
    if (formula.is_unknown) return formula;
    Result<Template> parsed = template_of(value);
    if (!parsed) {
      errors_.insert(errors_.end(), parsed.errors().begin(), parsed.errors().end());
      return std::nullopt;
    }
    formula.formula = *std::move(parsed);
    return formula;
  }

  // Whatever does not depend on other modules: names and functions.
  void check_formula(const ModuleFormula& formula) {
    check_expression(formula, formula.formula.expression, 0);
    for (const ModuleCall& call : formula.formula.calls)
      for (const ModuleArgument& argument : call.arguments)
        check_expression(formula, argument.expression, argument.offset);
  }

  void check_expression(const ModuleFormula& formula, const Expression& expression,
                        std::size_t base) {
    for (const ExpressionNode& node : expression.nodes) {
      if (node.op == Op::kName)
        check_name(formula, expression.names[node.argument], base + node.offset);
      else if (node.op == Op::kCall)
        check_function(formula, expression.functions[node.argument], node.count,
                       base + node.offset);
    }
  }

  void check_name(const ModuleFormula& formula, const std::string& name, std::size_t offset) {
    const bool is_known =
        has_parameter(module_.kernel, name) || byte_width_named(name) != nullptr ||
        is_precision_variable(name) ||
        std::any_of(formula.formula.calls.begin(), formula.formula.calls.end(),
                    [&](const ModuleCall& call) { return call.placeholder == name; });
    if (is_known) return;
    Names known;
    for (const KernelParameter& parameter : module_.kernel.parameters)
      known.push_back(parameter.name);
    errors_.push_back(error_in(formula.at, offset, name.size(), codes::kUnknownName,
                               "the module has no parameter " + quoted(name),
                               did_you_mean(name, known)));
  }

  void check_function(const ModuleFormula& formula, const std::string& name, unsigned count,
                      std::size_t offset) {
    const BuiltinFunction* const builtin = builtin_named(name);
    if (builtin != nullptr && count >= builtin->least && count <= builtin->most) return;
    Names known;
    for (const BuiltinFunction& row : builtin_functions()) known.push_back(row.name);
    errors_.push_back(error_in(formula.at, offset, name.size(), codes::kUnknownFunction,
                               builtin == nullptr ? "unknown function " + quoted(name)
                                                  : quoted(name) + " is called with " +
                                                        std::to_string(count) + " arguments",
                               builtin == nullptr ? did_you_mean(name, known)
                                                  : "write " + std::string(builtin->signature)));
  }

  // ---- validation ----

  void read_validation() {
    const JsonValue validation = member(entry_, "validation");
    if (!validation.exists() || !is_object(validation, "validation")) return;
    check_keys(validation, kValidationKeys, "a validation");
    provenance_.status = text(member(validation, "status"), "status");
    provenance_.validator = text(member(validation, "validator"), "validator");
    provenance_.date = text(member(validation, "date"), "date");
    provenance_.notes = text(member(validation, "notes"), "notes");
    check_status(member(validation, "status"));
    const JsonValue human = member(validation, "human_validated");
    if (!human.exists() && !member(validation, "status").exists())
      require(validation, "human_validated", "the validation");
    if (human.exists()) {
      if (is_kind(human, JsonKind::kBoolean, "human_validated"))
        provenance_.human_validated = human.boolean();
    } else {
      provenance_.human_validated = provenance_.status == "validated";
    }
  }

  void check_status(JsonValue status) {
    const Names kStatuses = {"pending", "validated", "deprecated", "failed"};
    if (!status.exists() || !status.is(JsonKind::kString)) return;
    if (std::find(kStatuses.begin(), kStatuses.end(), status.string()) == kStatuses.end())
      fail(status, codes::kBadValue, "unknown status " + quoted(status.string()),
           "a status is pending, validated, deprecated or failed");
  }

  JsonValue entry_;
  JsonValue key_;
  Diagnostics& errors_;
  ModuleKernel module_;
  Provenance provenance_;
  bool is_first_ = false;  // of the databases before v1, which left out what they liked
};

}  // namespace

bool is_module_entry(JsonValue value) {
  if (!value.is(JsonKind::kObject)) return false;
  for (const std::string_view key :
       {"flop_analysis", "memory_analysis", "full_class_name", "module_path"})
    if (value.find(key).exists()) return true;
  return false;
}

ModuleKernel read_module_entry(JsonValue entry, JsonValue key, Diagnostics* errors) {
  return EntryReader(entry, key, errors).read();
}

}  // namespace lmhost
