// Builds the tables that a compiled plugin would hand over and reads them as those of any plugin,
// so that data and code obey one set of rules. What is wrong then has a place in a table; the maps
// below lead from there back to the JSON value.
#include "load/kernel_catalog.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include <lmhost/plugin.h>

#include "base/codes.hpp"
#include "load/kernel_catalog_form.hpp"
#include "load/plugin_fingerprint.hpp"
#include "load/plugin_formulas.hpp"
#include "load/plugin_reader.hpp"
#include "load/plugin_table.hpp"

namespace lmhost {
namespace {

using namespace kernel_catalog;

int32_t no_macro(const lmh_call* call, void*, const char* const*, uint32_t) {
  call->fail(call, "known from a dump only, which has no code");
  return 1;
}
int32_t no_scalar(const lmh_call* call, void*, const double*, uint32_t, double*) {
  call->fail(call, "known from a dump only, which has no code");
  return 1;
}

template <class T>
lmh_span span_of(const std::vector<T>& rows) {
  return {rows.data(), static_cast<uint32_t>(rows.size()), static_cast<uint32_t>(sizeof(T))};
}

struct KernelTables {
  std::vector<const char*> aliases;
  std::vector<lmh_parameter> parameters;
  std::vector<lmh_formula> lets, quantities;
  std::vector<lmh_operand> operands;
  std::vector<lmh_example> examples;
};

class KernelCatalogReader {
 public:
  KernelCatalogReader(JsonValue root, const KernelCatalogOptions& options)
      : root_(root), name_(file_at(root.source(), root.offset()).name), options_(options) {}

  Result<Plugin> read() {
    if (!check_schema() || !check(root_, "a kernel catalogue", kRootKeys))
      return std::move(errors_);
    read_header();
    read_constants();
    read_functions();
    for (const JsonValue kernel : elements(root_, "kernels")) read_kernel(kernel);
    if (!errors_.empty()) return std::move(errors_);

    plugin_.constants = span_of(constants_);
    plugin_.functions = span_of(functions_);
    plugin_.kernels = span_of(kernels_);
    // The name that the library must have is no matter of the data's.
    const std::string library = std::string(plugin_.id) + ".so";
    Result<Plugin> plugin = read_plugin(&plugin_, library);
    if (plugin) {
      plugin->path = name_;
      return plugin;
    }
    for (const Diagnostic& error : plugin.errors()) errors_.push_back(placed(error, library));
    return std::move(errors_);
  }

 private:
  void wrong(JsonValue value, std::string_view code, std::string message, std::string hint = {}) {
    errors_.push_back(error_at(value, code, std::move(message), std::move(hint)));
  }

  bool check_schema() {
    const JsonValue schema = root_.is(JsonKind::kObject) ? root_.find("schema") : JsonValue();
    if (schema.exists() && schema.is(kText) && schema.string() == kKernelCatalogSchema) return true;
    wrong(
        schema.exists() ? schema : root_, codes::kUnknownSchema,
        "not a kernel catalogue: \"schema\" must be \"" + std::string(kKernelCatalogSchema) + "\"",
        "'lmhost plugin dump FILE' writes one");
    return false;
  }

  // An object with these keys and no others, each of its kind: what follows need not look again.
  template <std::size_t N>
  bool check(JsonValue object, const std::string& what, const Key (&keys)[N]) {
    if (!object.is(JsonKind::kObject)) {
      wrong_kind(object, what, JsonKind::kObject);
      return false;
    }
    const std::size_t before = errors_.size();
    for (const JsonMember member : object.members()) {
      const auto key = std::find_if(std::begin(keys), std::end(keys),
                                    [&](const Key& row) { return row.name == member.key(); });
      if (key == std::end(keys)) {
        std::vector<std::string_view> known;
        for (const Key& row : keys) known.push_back(row.name);
        wrong(member.name, codes::kUnknownKey,
              "unknown key " + quoted(member.key()) + " of " + what,
              did_you_mean(member.key(), known));
      } else if (!member.value.is(key->kind)) {
        wrong_kind(member.value, quoted(member.key()), key->kind);
      } else if (key->kind == kText && member.value.string().find('\0') != std::string_view::npos) {
        wrong(member.value, codes::kBadValue, quoted(member.key()) + " has a NUL character");
      }
    }
    for (const Key& key : keys)
      if (key.is_required && !object.find(key.name).exists())
        wrong(object, codes::kMissingKey, what + " has no " + quoted(key.name));
    return errors_.size() == before;
  }

  void wrong_kind(JsonValue value, const std::string& what, JsonKind needed) {
    wrong(value, codes::kWrongType,
          what + " must be " + std::string(name_of(needed)) + ", not " +
              std::string(name_of(value.kind())));
  }

  const char* keep(std::string_view text) { return texts_.emplace_back(text).c_str(); }
  const char* optional_text(JsonValue object, std::string_view key) {
    const JsonValue value = object.find(key);
    return value.exists() ? keep(value.string()) : nullptr;
  }
  const char* text(JsonValue object, std::string_view key) {
    const char* const kept = optional_text(object, key);
    return kept == nullptr ? "" : kept;
  }
  static bool is_true(JsonValue object, std::string_view key) {
    const JsonValue value = object.find(key);
    return value.exists() && value.boolean();
  }

  // 1 + the index among the choices; 0 after an error.
  template <std::size_t N>
  std::uint32_t choice(JsonValue object, std::string_view key,
                       const std::string_view (&choices)[N]) {
    const JsonValue value = object.find(key);
    const auto found = std::find(std::begin(choices), std::end(choices), value.string());
    if (found != std::end(choices))
      return static_cast<std::uint32_t>(found - std::begin(choices)) + 1;
    std::string all;
    for (const std::string_view known : choices)
      all += (all.empty() ? "one of " : ", ") + std::string(known);
    wrong(value, codes::kBadValue, quoted(key) + " cannot be " + quoted(value.string()), all);
    return 0;
  }

  std::uint32_t whole_number(JsonValue object, std::string_view key, std::uint32_t otherwise) {
    const JsonValue value = object.find(key);
    if (!value.exists()) return otherwise;
    const std::optional<std::int64_t> number = value.number().to_int64();
    if (number && *number >= 0 && *number <= INT32_MAX) return static_cast<std::uint32_t>(*number);
    wrong(value, codes::kBadValue, quoted(key) + " must be a whole number of 0 or more");
    return otherwise;
  }

  static std::vector<JsonValue> elements(JsonValue object, std::string_view key) {
    std::vector<JsonValue> list;
    if (const JsonValue array = object.find(key); array.exists())
      for (const JsonValue element : array.elements()) list.push_back(element);
    return list;
  }

  // Calls use(row) for every object of the list `key` that has the right form, and remembers where
  // it stands.
  template <std::size_t N, class Use>
  void rows(JsonValue object, std::string_view key, const char* kind, const Key (&keys)[N],
            Use use) {
    TablePlace place = place_;
    place.kind = kind;
    for (const JsonValue row : elements(object, key)) {
      places_.emplace(place.text(), row);
      ++place.index;
      if (check(row, "a " + std::string(kind), keys)) use(row);
    }
  }

  void formula(const char* what, std::string_view item, JsonValue value) {
    if (value.exists()) formulas_.emplace(FormulaPlace{what, item, place_.owner}.text(), value);
  }

  void read_header() {
    plugin_.struct_size = sizeof(lmh_plugin);
    plugin_.magic = LMH_MAGIC;
    plugin_.abi_major = LMH_ABI_MAJOR;
    plugin_.abi_minor = LMH_ABI_MINOR;
    plugin_.language = whole_number(root_, "language", LMH_LANGUAGE);
    const JsonValue header = root_.find("plugin");
    if (!check(header, "'plugin'", kPluginKeys)) return;
    plugin_.id = text(header, "id");
    plugin_.version = text(header, "version");
    plugin_.doc = text(header, "doc");
    plugin_.license = text(header, "license");
    // How errors about the whole table begin.
    places_.emplace("its id ", header.find("id"));
    places_.emplace("its version ", header.find("version"));
    if (const JsonValue language = root_.find("language"); language.exists())
      places_.emplace("its formulas are of language ", language);
    places_.emplace("name ", root_.find("kernels"));
  }

  void read_constants() {
    rows(root_, "constants", "constant", kConstantKeys, [&](JsonValue row) {
      constants_.push_back(
          {text(row, "name"), text(row, "value"), text(row, "doc"), text(row, "source")});
    });
  }

  void read_functions() {
    const JsonValue functions = root_.find("functions");
    if (functions.exists() && functions.size() != 0 && !options_.allow_functions)
      return wrong(functions, codes::kBadValue, "functions are code, which data cannot hold",
                   "write a plugin in C++ with lmhost/sdk.hpp");
    rows(root_, "functions", "function", kFunctionKeys, [&](JsonValue row) {
      lmh_function function = {};
      function.name = text(row, "name");
      function.doc = text(row, "doc");
      function.arity = whole_number(row, "arity", 0);
      const bool is_macro = choice(row, "kind", kFunctionKinds) == 1;
      function.macro = is_macro ? &no_macro : nullptr;
      function.scalar = is_macro ? nullptr : &no_scalar;
      functions_.push_back(function);
    });
  }

  void read_kernel(JsonValue row) {
    if (!check(row, "a kernel", kKernelKeys)) return;
    const char* const name = text(row, "name");
    place_ = {nullptr, {}, "kernel", kernels_.size()};
    places_.emplace(place_.text(), row);
    place_ = {"kernel", name, nullptr, 0};
    places_.emplace(place_.text(), row);
    KernelTables& tables = tables_.emplace_back();
    read_aliases(row, tables);
    read_parameters(row, tables);
    rows(row, "lets", "let", kFormulaKeys, [&](JsonValue let) {
      tables.lets.push_back({text(let, "name"), text(let, "expression"), text(let, "doc")});
      formula("let", tables.lets.back().name, let.find("expression"));
    });
    rows(row, "quantities", "quantity", kFormulaKeys, [&](JsonValue quantity) {
      tables.quantities.push_back(
          {text(quantity, "name"), text(quantity, "expression"), text(quantity, "doc")});
      formula(tables.quantities.back().name, {}, quantity.find("expression"));
    });
    read_operands(row, tables);
    rows(row, "examples", "example", kExampleKeys, [&](JsonValue example) {
      tables.examples.push_back(
          {text(example, "bindings"), text(example, "expected"), text(example, "source")});
    });
    kernels_.push_back(
        {name, text(row, "doc"), text(row, "source"), whole_number(row, "revision", 1), 0,
         span_of(tables.aliases), span_of(tables.parameters), span_of(tables.lets),
         span_of(tables.quantities), span_of(tables.operands), span_of(tables.examples)});
    place_ = {};
  }

  void read_aliases(JsonValue row, KernelTables& tables) {
    TablePlace place = place_;
    place.kind = "alias";
    for (const JsonValue alias : elements(row, "aliases")) {
      places_.emplace(place.text(), alias);
      ++place.index;
      if (alias.is(kText))
        tables.aliases.push_back(keep(alias.string()));
      else
        wrong_kind(alias, "an alias", kText);
    }
  }

  void read_parameters(JsonValue row, KernelTables& tables) {
    rows(row, "parameters", "parameter", kParameterKeys, [&](JsonValue parameter) {
      lmh_parameter table = {};
      table.name = text(parameter, "name");
      table.default_expression = optional_text(parameter, "default");
      table.doc = text(parameter, "doc");
      table.type = choice(parameter, "type", kTypes);
      if (is_true(parameter, "optional")) table.flags |= LMH_PARAMETER_OPTIONAL;
      if (is_true(parameter, "not_monotone")) table.flags |= LMH_PARAMETER_NOT_MONOTONE;
      formula("default of parameter", table.name, parameter.find("default"));
      tables.parameters.push_back(table);
    });
  }

  void read_operands(JsonValue row, KernelTables& tables) {
    rows(row, "operands", "operand", kOperandKeys, [&](JsonValue operand) {
      lmh_operand table = {};
      table.name = text(operand, "name");
      table.elements = text(operand, "elements");
      table.stored_elements = optional_text(operand, "stored_elements");
      table.bits = optional_text(operand, "bits");
      table.doc = text(operand, "doc");
      table.direction = choice(operand, "direction", kDirections);
      table.role = choice(operand, "role", kRoles);
      formula("elements of operand", table.name, operand.find("elements"));
      formula("stored elements of operand", table.name, operand.find("stored_elements"));
      formula("bits of operand", table.name, operand.find("bits"));
      tables.operands.push_back(table);
    });
  }

  // The error of a table as one of the JSON text.
  Diagnostic placed(const Diagnostic& error, const std::string& library) const {
    const std::string prefix = library + ": ";
    if (error.file.compare(0, prefix.size(), prefix) == 0) {
      const auto [first, last] = formulas_.equal_range(error.file.substr(prefix.size()));
      for (auto at = first; at != last; ++at)
        if (std::optional<Diagnostic> in_json = in_formula(error, at->second)) return *in_json;
    }
    // The longest beginning that is a row: "kernel 'a.b', operand 2: " before "kernel 'a.b': ".
    for (auto at = places_.upper_bound(error.message); at != places_.begin();) {
      --at;
      if (error.message.compare(0, at->first.size(), at->first) == 0)
        return error_at(at->second, error.code, error.message, error.hint);
    }
    return error_at(root_, error.code, error.message, error.hint);
  }

  // Nothing when this is not the text that the error quotes: an operand may be read and written.
  static std::optional<Diagnostic> in_formula(const Diagnostic& error, JsonValue value) {
    const std::string_view text = value.string();
    for (std::size_t offset = 0; offset <= text.size(); ++offset) {
      const LineColumn at = line_column(text, offset);
      if (at.line != error.line || at.column != error.column) continue;
      if (text.find(error.source_line) == std::string_view::npos) return std::nullopt;
      const std::size_t length = std::min(error.length, text.size() - offset);
      return error_in(value, offset, length, error.code, error.message, error.hint);
    }
    return std::nullopt;
  }

  JsonValue root_;
  std::string name_;
  KernelCatalogOptions options_;
  Diagnostics errors_;
  std::deque<std::string> texts_;
  std::deque<KernelTables> tables_;
  std::vector<lmh_constant> constants_;
  std::vector<lmh_function> functions_;
  std::vector<lmh_kernel> kernels_;
  lmh_plugin plugin_ = {};
  TablePlace place_;                                // the kernel being read
  std::map<std::string, JsonValue> places_;         // by the beginning of the error's message
  std::multimap<std::string, JsonValue> formulas_;  // by FormulaPlace::text()
};

// The enums count from 1, as those of the ABI do.
template <class Enum, std::size_t kCount>
std::string_view word(Enum value, const std::string_view (&words)[kCount]) {
  return words[static_cast<std::size_t>(value) - 1];
}

}  // namespace

std::string_view name_of(ParameterType type) { return word(type, kTypes); }

std::string_view name_of(Direction direction) { return word(direction, kDirections); }

Result<Plugin> read_kernel_catalog(const JsonDocument& document,
                                   const KernelCatalogOptions& options) {
  return read_kernel_catalog(document.root(), options);
}

Result<Plugin> read_kernel_catalog(JsonValue json, const KernelCatalogOptions& options) {
  return KernelCatalogReader(json, options).read();
}

Result<Plugin> read_kernel_catalog_file(const std::string& path,
                                        const KernelCatalogOptions& options) {
  const Result<JsonDocument> document = JsonDocument::read(path);
  if (!document) return document.errors();
  return read_kernel_catalog(*document, options);
}

Diagnostics changed_without_revision(const Plugin& before, const Plugin& now) {
  std::map<std::string_view, const Kernel*> earlier;
  for (const Kernel& kernel : before.kernels) earlier.emplace(kernel.name, &kernel);
  Diagnostics errors;
  for (const Kernel& kernel : now.kernels) {
    const auto found = earlier.find(kernel.name);
    if (found == earlier.end() || kernel.revision > found->second->revision) continue;
    if (formulas_fingerprint(before, *found->second) == formulas_fingerprint(now, kernel)) continue;
    errors.push_back(plugin_error(now.path, codes::kRevision,
                                  "kernel " + quoted(kernel.name) + " has other formulas than in " +
                                      before.path + " and its revision is " +
                                      std::to_string(kernel.revision) + " still",
                                  "raise it to " + std::to_string(found->second->revision + 1)));
  }
  return errors;
}

}  // namespace lmhost
