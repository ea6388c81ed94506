// The tables of the plugin ABI as C++ initialisers. Positional, in the order of plugin.h: C++17 has
// no designators; a later header only appends fields, which then are zero, hence absent.
#include "report/kernel_catalog.hpp"

#include <string_view>
#include <vector>

namespace lmhost {
namespace {

// Octal escapes end after three digits, whatever follows. The second of two question marks is
// escaped: a compiler may see a trigraph.
std::string literal(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool may_be_trigraph = c == '?' && quoted.back() == '?';
    if (c == '"' || c == '\\') {
      quoted += std::string("\\") + c;
    } else if (byte < 0x20 || byte > 0x7e || may_be_trigraph) {
      quoted += '\\';
      for (const int shift : {6, 3, 0}) quoted += static_cast<char>('0' + ((byte >> shift) & 7));
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

std::string literal(const Expression* expression) {
  return expression == nullptr ? "nullptr" : literal(expression->text);
}

constexpr std::string_view kTypes[] = {"LMH_INT", "LMH_FLOAT", "LMH_BOOL", "LMH_STRING"};
constexpr std::string_view kDirections[] = {"LMH_READ", "LMH_WRITE", "LMH_SCRATCH"};

std::string_view spelled(Role role) {
  switch (role) {
    case Role::kWeight:
      return "LMH_WEIGHT";
    case Role::kActivation:
      return "LMH_ACTIVATION";
    case Role::kKvCache:
      return "LMH_KV_CACHE";
    case Role::kIndex:
      break;
  }
  return "LMH_INDEX";
}

std::string flags_of(const KernelParameter& row) {
  if (row.optional && row.not_monotone)
    return "LMH_PARAMETER_OPTIONAL | LMH_PARAMETER_NOT_MONOTONE";
  if (row.optional) return "LMH_PARAMETER_OPTIONAL";
  return row.not_monotone ? "LMH_PARAMETER_NOT_MONOTONE" : "0";
}

template <class Enum, std::size_t N>
std::string_view spelled(Enum value, const std::string_view (&names)[N]) {
  return names[static_cast<std::size_t>(value) - 1];
}

std::string braced(const std::vector<std::string>& fields) {
  std::string text = "{";
  for (const std::string& field : fields) text += (text.size() == 1 ? "" : ", ") + field;
  return text + "}";
}

class SourceWriter {
 public:
  // Writes one table. Returns the expression of its span.
  template <class Rows, class Fields>
  std::string table(const std::string& type, const std::string& name, const Rows& rows,
                    Fields fields) {
    if (rows.empty()) return "lmh_span{nullptr, 0, 0}";
    text_ += "const " + type + " " + name + "[] = {\n";
    for (const auto& row : rows) text_ += "    " + fields(row) + ",\n";
    text_ += "};\n";
    return "span_of(" + name + ")";
  }

  std::string kernel(const Kernel& kernel) {
    const std::string number = "_" + std::to_string(count_++);
    const auto formula = [](const KernelFormula& row) {
      return braced({literal(row.name), literal(row.expression), literal(row.doc)});
    };
    text_ += "\n// " + kernel.name + "\n";
    const std::string aliases = table("char* const", "aliases" + number, kernel.aliases,
                                      [](const std::string& alias) { return literal(alias); });
    const std::string parameters = table(
        "lmh_parameter", "parameters" + number, kernel.parameters, [](const KernelParameter& row) {
          return braced({literal(row.name), literal(row.default_value), literal(row.doc),
                         std::string(spelled(row.type, kTypes)), flags_of(row)});
        });
    const std::string lets = table("lmh_formula", "lets" + number, kernel.lets, formula);
    const std::string quantities =
        table("lmh_formula", "quantities" + number, kernel.quantities, formula);
    const std::string operands =
        table("lmh_operand", "operands" + number, kernel.operands, [](const KernelOperand& row) {
          return braced({literal(row.name), literal(row.elements), literal(row.stored_elements),
                         literal(row.bits), literal(row.doc),
                         std::string(spelled(row.direction, kDirections)),
                         std::string(spelled(row.role))});
        });
    const std::string examples =
        table("lmh_example", "examples" + number, kernel.examples, [](const KernelExample& row) {
          return braced({literal(row.bindings), literal(row.expected), literal(row.source)});
        });
    return braced({literal(kernel.name), literal(kernel.doc), literal(kernel.source),
                   std::to_string(kernel.revision), "0", aliases, parameters, lets, quantities,
                   operands, examples});
  }

  void add(const std::string& text) { text_ += text; }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
  std::size_t count_ = 0;
};

}  // namespace

std::string write_plugin_source(const Plugin& plugin) {
  SourceWriter source;
  source.add(
      "// Made by `lmhost plugin generate` from a kernel catalogue (lmhost.kernels/1): edit that, "
      "not "
      "this.\n"
      "#include <lmhost/plugin.h>\n\n"
      "namespace {\n\n"
      "template <class T, uint32_t N>\n"
      "constexpr lmh_span span_of(const T (&rows)[N]) {\n"
      "  return {rows, N, sizeof(T)};\n"
      "}\n\n");
  const std::string constants =
      source.table("lmh_constant", "constants", plugin.constants, [](const PluginConstant& row) {
        return braced({literal(row.name), literal(to_string(row.value)), literal(row.doc),
                       literal(row.source)});
      });
  std::vector<std::string> rows;
  for (const Kernel& kernel : plugin.kernels) rows.push_back(source.kernel(kernel));
  source.add("\n");
  const std::string kernels =
      source.table("lmh_kernel", "kernels", rows, [](const std::string& row) { return row; });
  source.add(
      "\nconst lmh_plugin plugin = {sizeof(lmh_plugin), LMH_MAGIC, LMH_ABI_MAJOR, "
      "LMH_ABI_MINOR,\n    " +
      std::to_string(plugin.language) + ", 0, " + literal(plugin.id) + ", " +
      literal(plugin.version) + ",\n    " + literal(plugin.doc) + ", " + literal(plugin.license) +
      ",\n    " + constants + ", lmh_span{nullptr, 0, 0}, " + kernels +
      "};\n\n"
      "LMHOST_DECLARE_NOTE;\n\n"
      "}  // namespace\n\n"
      "extern \"C\" LMH_EXPORT const lmh_plugin* lmhost_plugin_v0(const lmh_host*) { "
      "return &plugin; }\n");
  return source.take();
}

}  // namespace lmhost
