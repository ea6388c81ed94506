#include "load/plugin_reader.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <iterator>
#include <optional>
#include <utility>

#include "load/name_set.hpp"
#include "load/plugin_file.hpp"
#include "load/plugin_formulas.hpp"
#include "load/plugin_table.hpp"

namespace lmhost {
namespace {

constexpr std::uint32_t kParameterFlags = LMH_PARAMETER_OPTIONAL | LMH_PARAMETER_NOT_MONOTONE;
constexpr std::string_view kQuantities[] = {"flops", "matmul_flops", "useful_flops",
                                            "backward_flops", "backward_matmul_flops"};
constexpr unsigned kMostArguments = 255;  // what one call of the formula language can hold

bool is_plugin_id(std::string_view id) {
  return is_identifier(id) && id[0] >= 'a' && id[0] <= 'z' &&
         std::none_of(id.begin(), id.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

// An alias may be an operator sign or "aten::mm"; blanks and control characters would break
// listings.
bool is_alias(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) > ' ' && c != '\x7f';
  });
}

class PluginReader {
 public:
  PluginReader(const lmh_plugin* table, const std::string& path) : from_(table), tables_(path) {}

  Result<Plugin> read() {
    if (!read_header()) return tables_.take_errors();
    read_constants();
    read_functions();
    plugin_.kernels.reserve(std::min(table_.kernels.count, kMostElements));
    tables_.rows<lmh_kernel>(
        table_.kernels, {}, "kernel",
        [&](const lmh_kernel& row, const TablePlace& place) { read_kernel(row, place); });
    check_duplicates();
    if (!tables_.ok()) return tables_.take_errors();
    plugin_.expressions = formulas_.take();
    return std::move(plugin_);
  }

 private:
  void wrong(const TablePlace& place, const std::string& problem) {
    tables_.error(codes::kPluginTable, place, problem);
  }

  // Order matters: nothing behind the magic number means anything before the checks above it.
  bool read_header() {
    constexpr std::uint32_t kPrefix = offsetof(lmh_plugin, id);
    const auto prefix = copy_known_fields<lmh_plugin>(from_, kPrefix);
    if (prefix.magic != LMH_MAGIC) {
      wrong({}, "its table does not start as a plugin's");
    } else if (prefix.abi_major != LMH_ABI_MAJOR) {
      tables_.error(codes::kPluginAbi, {},
                    "its tables are of plugin ABI " + std::to_string(prefix.abi_major) +
                        ", and this host has " + std::to_string(LMH_ABI_MAJOR));
    } else if (prefix.struct_size < TableLayout<lmh_plugin>::kRequired ||
               prefix.struct_size > kLargestStruct) {
      wrong({}, "its table has " + std::to_string(prefix.struct_size) +
                    " bytes, which no header declares");
    } else if (const auto at = unknown_field<lmh_plugin>(from_, prefix.struct_size)) {
      tables_.newer_feature({}, TableLayout<lmh_plugin>::kName, *at);
    } else if (prefix.language < 1 || prefix.language > LMH_LANGUAGE) {
      tables_.error(codes::kPluginAbi, {},
                    "its formulas are of language " + std::to_string(prefix.language) +
                        ", and this host knows 1 to " + std::to_string(LMH_LANGUAGE));
    } else if (prefix.flags != 0) {
      wrong({}, "its flags are not 0");
    } else {
      table_ = copy_known_fields<lmh_plugin>(from_, prefix.struct_size);
      read_identity();
      return true;
    }
    return false;
  }

  void read_identity() {
    plugin_.path = tables_.path();
    plugin_.abi = std::to_string(table_.abi_major) + "." + std::to_string(table_.abi_minor);
    plugin_.language = table_.language;
    plugin_.id = tables_.string(table_.id, {}, "id");
    plugin_.version = tables_.string(table_.version, {}, "version");
    plugin_.doc = tables_.string(table_.doc, {}, "doc");
    plugin_.license = tables_.string(table_.license, {}, "license");
    if (table_.id != nullptr && !is_plugin_id(plugin_.id)) {
      wrong({}, "its id " + quoted(plugin_.id) + " does not match [a-z][a-z0-9_]*");
    } else if (table_.id != nullptr && !plugin_.path.starts_with('<') &&
               plugin_.id != file_stem(plugin_.path)) {
      wrong({}, "its id is " + quoted(plugin_.id) + ", so the file must be named " +
                    quoted(plugin_.id + ".so"));
    }
    if (table_.version != nullptr && !is_semantic_version(plugin_.version))
      wrong({}, "its version " + quoted(plugin_.version) + " is not a semantic version like 1.0.0");
  }

  // A name that formulas can use; empty after an error.
  std::string_view read_name(const char* text, const TablePlace& place) {
    const std::string_view name = tables_.string(text, place, "name");
    if (name.data() == nullptr) return {};
    if (!is_identifier(name)) {
      wrong(place, "name " + quoted(name) + " is not one that formulas can use");
    } else if (is_precision_variable(name)) {
      wrong(place, "name " + quoted(name) + " is taken by a precision variable");
    } else {
      return name;
    }
    return {};
  }

  template <class Rows>
  bool is_new(const Rows& rows, std::string_view name, const TablePlace& place) {
    const bool found =
        std::any_of(rows.begin(), rows.end(), [&](const auto& row) { return row.name == name; });
    if (found)
      tables_.error(codes::kPluginDuplicate, place, "name " + quoted(name) + " is declared twice");
    return !found;
  }

  void read_constants() {
    const auto read = [&](const lmh_constant& row, const TablePlace& place) {
      const std::string_view name = read_name(row.name, place);
      const std::string_view value = tables_.string(row.value, place, "value");
      const std::string_view doc = tables_.string(row.doc, place, "doc");
      const std::string_view source = tables_.string(row.source, place, "source");
      if (name.empty() || value.data() == nullptr || !is_new(plugin_.constants, name, place))
        return;
      const std::optional<Number> number = parse_number(value);
      if (!number)
        wrong(place, "value " + quoted(value) + " of " + quoted(name) + " is not a number");
      plugin_.constants.push_back(
          {std::string(name), number.value_or(0), std::string(doc), std::string(source)});
    };
    tables_.rows<lmh_constant>(table_.constants, {}, "constant", read);
  }

  void read_functions() {
    const auto read = [&](const lmh_function& row, const TablePlace& place) {
      const std::string_view name = read_name(row.name, place);
      const std::string_view doc = tables_.string(row.doc, place, "doc");
      if (row.flags != 0) wrong(place, "flags are not 0");
      if (row.arity > kMostArguments)
        wrong(place, "takes " + std::to_string(row.arity) + " arguments");
      if ((row.macro == nullptr) == (row.scalar == nullptr))
        wrong(place,
              row.macro == nullptr ? "is neither a macro nor a scalar" : "is a macro and a scalar");
      if (name.empty() || !is_new(plugin_.functions, name, place)) return;
      if (FormulaCompiler::is_builtin(name))
        wrong(place, "name " + quoted(name) + " is taken by a built-in function");
      plugin_.functions.push_back(
          {std::string(name), std::string(doc), row.arity, row.macro != nullptr, row});
    };
    tables_.rows<lmh_function>(table_.functions, {}, "function", read);
  }

  void read_kernel(const lmh_kernel& row, const TablePlace& in_plugin) {
    const std::string_view name = tables_.string(row.name, in_plugin, "name");
    if (name.data() == nullptr) return;
    if (!is_dotted_name(name))
      return wrong(in_plugin, "name " + quoted(name) + " is not identifiers joined by dots");
    kernel_ = &plugin_.kernels.emplace_back();
    place_ = {"kernel", name, nullptr, 0};
    kernel_->name = name;
    kernel_->doc = tables_.string(row.doc, place_, "doc");
    kernel_->source = tables_.string(row.source, place_, "source");
    kernel_->revision = row.revision;
    if (row.revision == 0) wrong(place_, "revision is 0; it starts at 1");
    if (row.flags != 0) wrong(place_, "flags are not 0");
    formulas_.begin_kernel();
    read_aliases(row);
    read_parameters(row);
    read_lets(row);
    read_quantities(row);
    read_operands(row);
    read_examples(row);
  }

  const Expression* compile(std::string_view text, const char* what, std::string_view item = {}) {
    return text.data() == nullptr ? nullptr : formulas_.compile(text, {what, item, kernel_->name});
  }

  void read_aliases(const lmh_kernel& row) {
    kernel_->aliases.reserve(std::min(row.aliases.count, kMostElements));
    const auto read = [&](const char* text, const TablePlace& place) {
      const std::string_view alias = tables_.string(text, place, "name");
      if (alias.data() == nullptr) return;
      if (!is_alias(alias))
        return wrong(place, "name " + quoted(alias) + " is empty or has blanks");
      kernel_->aliases.emplace_back(alias);
    };
    tables_.rows<const char*>(row.aliases, place_, "alias", read);
  }

  void read_parameters(const lmh_kernel& row) {
    kernel_->parameters.reserve(std::min(row.parameters.count, kMostElements));
    const auto read = [&](const lmh_parameter& from, const TablePlace& place) {
      const std::string_view name = read_name(from.name, place);
      const auto text = tables_.optional_string(from.default_expression, place, "default");
      const std::string_view doc = tables_.string(from.doc, place, "doc");
      if (from.type < LMH_INT || from.type > LMH_STRING)
        wrong(place, "type " + std::to_string(from.type) + " is unknown");
      if ((from.flags & ~kParameterFlags) != 0)
        wrong(place, "flags " + std::to_string(from.flags) + " are unknown");
      if (name.empty() || !is_new(kernel_->parameters, name, place)) return;
      const Expression* value = text ? compile(*text, "default of parameter", name) : nullptr;
      kernel_->parameters.push_back({std::string(name), static_cast<ParameterType>(from.type),
                                     (from.flags & LMH_PARAMETER_OPTIONAL) != 0,
                                     (from.flags & LMH_PARAMETER_NOT_MONOTONE) != 0, value,
                                     std::string(doc)});
      formulas_.declare(name);
    };
    tables_.rows<lmh_parameter>(row.parameters, place_, "parameter", read);
  }

  void read_lets(const lmh_kernel& row) {
    kernel_->lets.reserve(std::min(row.lets.count, kMostElements));
    const auto read = [&](const lmh_formula& from, const TablePlace& place) {
      const std::string_view name = read_name(from.name, place);
      const std::string_view text = tables_.string(from.expression, place, "expression");
      const std::string_view doc = tables_.string(from.doc, place, "doc");
      if (name.empty() || !is_new(kernel_->lets, name, place) ||
          !is_new(kernel_->parameters, name, place))
        return;
      kernel_->lets.push_back({std::string(name), compile(text, "let", name), std::string(doc)});
      formulas_.declare(name);
    };
    tables_.rows<lmh_formula>(row.lets, place_, "let", read);
  }

  void read_quantities(const lmh_kernel& row) {
    kernel_->quantities.reserve(
        std::min<std::size_t>(row.quantities.count, std::size(kQuantities)));
    const auto read = [&](const lmh_formula& from, const TablePlace& place) {
      const std::string_view name = tables_.string(from.name, place, "name");
      const std::string_view text = tables_.string(from.expression, place, "expression");
      const std::string_view doc = tables_.string(from.doc, place, "doc");
      if (name.data() == nullptr || !is_new(kernel_->quantities, name, place)) return;
      if (std::find(std::begin(kQuantities), std::end(kQuantities), name) == std::end(kQuantities))
        return wrong(place, "quantity " + quoted(name) + " is unknown");
      const Expression* expression = compile(text, std::string(name).c_str());
      kernel_->quantities.push_back({std::string(name), expression, std::string(doc)});
    };
    tables_.rows<lmh_formula>(row.quantities, place_, "quantity", read);
    const bool has_flops =
        std::any_of(kernel_->quantities.begin(), kernel_->quantities.end(),
                    [](const KernelFormula& formula) { return formula.name == "flops"; });
    if (!has_flops) wrong(place_, "flops are not declared; a kernel without arithmetic declares 0");
  }

  void read_operands(const lmh_kernel& row) {
    kernel_->operands.reserve(std::min(row.operands.count, kMostElements));
    const auto read = [&](const lmh_operand& from, const TablePlace& place) {
      const std::string_view name = read_name(from.name, place);
      const std::string_view elements = tables_.string(from.elements, place, "elements");
      const auto stored = tables_.optional_string(from.stored_elements, place, "stored elements");
      const auto bits = tables_.optional_string(from.bits, place, "bits");
      const std::string_view doc = tables_.string(from.doc, place, "doc");
      if (from.direction < LMH_READ || from.direction > LMH_SCRATCH)
        return wrong(place, "direction " + std::to_string(from.direction) + " is unknown");
      if (from.role < LMH_WEIGHT || from.role > LMH_INDEX)
        return wrong(place, "role " + std::to_string(from.role) + " is unknown");
      if (name.empty()) return;
      const auto direction = static_cast<Direction>(from.direction);
      for (const KernelOperand& other : kernel_->operands) {
        if (other.name == name && other.direction == direction)
          return tables_.error(codes::kPluginDuplicate, place,
                               "name " + quoted(name) + " is declared twice");
      }
      kernel_->operands.push_back(
          {std::string(name), direction, static_cast<Role>(from.role),
           compile(elements, "elements of operand", name),
           stored ? compile(*stored, "stored elements of operand", name) : nullptr,
           bits ? compile(*bits, "bits of operand", name) : nullptr, std::string(doc)});
    };
    tables_.rows<lmh_operand>(row.operands, place_, "operand", read);
  }

  void read_examples(const lmh_kernel& row) {
    kernel_->examples.reserve(std::min(row.examples.count, kMostElements));
    const auto read = [&](const lmh_example& from, const TablePlace& place) {
      kernel_->examples.push_back({std::string(tables_.string(from.bindings, place, "bindings")),
                                   std::string(tables_.string(from.expected, place, "expected")),
                                   std::string(tables_.string(from.source, place, "source"))});
    };
    tables_.rows<lmh_example>(row.examples, place_, "example", read);
  }

  // True when two names have one hash; false means that no name is declared twice.
  bool may_have_duplicates() const {
    std::size_t count = 0;
    for (const Kernel& kernel : plugin_.kernels) count += 1 + kernel.aliases.size();
    std::vector<std::size_t> table(std::bit_ceil(2 * count + 1), 0);
    const auto repeats = [&](const std::string& name) {
      const std::size_t hash = std::hash<std::string_view>()(name) | 1;  // 0 is an empty slot
      std::size_t at = hash >> 1 & (table.size() - 1);
      for (; table[at] != 0; at = (at + 1) & (table.size() - 1))
        if (table[at] == hash) return true;
      table[at] = hash;
      return false;
    };
    for (const Kernel& kernel : plugin_.kernels)
      if (repeats(kernel.name) ||
          std::any_of(kernel.aliases.begin(), kernel.aliases.end(), repeats))
        return true;
    return false;
  }

  // One name space for kernel names and aliases.
  void check_duplicates() {
    if (!may_have_duplicates()) return;
    NameSet names;
    std::vector<const Kernel*> owners;
    const auto add = [&](std::string_view name, const Kernel& kernel) {
      const NameSet::Added added = names.add(name);
      if (added.is_new) return owners.push_back(&kernel);
      const Kernel& first = *owners[added.index];
      tables_.error(codes::kPluginDuplicate, {},
                    "name " + quoted(name) + " is declared twice, by kernel " + quoted(first.name) +
                        (&first == &kernel ? " itself" : " and by kernel " + quoted(kernel.name)));
    };
    for (const Kernel& kernel : plugin_.kernels) {
      add(kernel.name, kernel);
      for (const std::string& alias : kernel.aliases) add(alias, kernel);
    }
  }

  const lmh_plugin* from_;
  lmh_plugin table_ = {};
  TableReader tables_;
  Plugin plugin_;
  FormulaCompiler formulas_{tables_, plugin_.constants, plugin_.functions};
  Kernel* kernel_ = nullptr;  // the one being read
  TablePlace place_;
};

}  // namespace

std::string declared_text(const lmh_plugin* table, const char* lmh_plugin::*field) {
  constexpr std::uint32_t kPrefix = offsetof(lmh_plugin, id);
  const auto prefix = copy_known_fields<lmh_plugin>(table, kPrefix);
  if (prefix.magic != LMH_MAGIC || prefix.abi_major != LMH_ABI_MAJOR ||
      prefix.struct_size < TableLayout<lmh_plugin>::kRequired ||
      prefix.struct_size > kLargestStruct)
    return {};
  const auto whole = copy_known_fields<lmh_plugin>(table, prefix.struct_size);
  TableReader reader("");
  return std::string(reader.string(whole.*field, {}, "text"));
}

Result<Plugin> read_plugin(const lmh_plugin* table, const std::string& path) {
  return PluginReader(table, path).read();
}

}  // namespace lmhost
