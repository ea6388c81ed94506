// The kernels of all loaded plugins: the copy that the host keeps, with every formula compiled.
//
// Immutable once built, and the same for the same set of plugins in any order. Thread safety: const
// access from any thread.
//
// Formulas are pointers to compiled expressions: kernels of one plugin that write the same text
// share one, since a family of eighty pointwise kernels says "num_elements" some hundred times.
// Plugin::expressions owns them.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "formula/expression.hpp"
#include "formula/plugin_function.hpp"
#include "lmhost/quantity.hpp"

namespace lmhost {

enum class ParameterType { kInt = 1, kFloat, kBool, kString };

struct KernelParameter {
  std::string name;
  ParameterType type = ParameterType::kInt;
  bool optional = false;
  bool not_monotone = false;
  const Expression* default_value = nullptr;  // or nothing; may use parameters declared before it
  std::string doc;
};

struct KernelFormula {  // a let, flops, matmul_flops or useful_flops
  std::string name;
  const Expression* expression = nullptr;  // never null
  std::string doc;
};

enum class Direction { kRead = 1, kWrite, kScratch };

struct KernelOperand {
  std::string name;
  Direction direction = Direction::kRead;
  Role role = Role::kActivation;
  const Expression* elements = nullptr;  // never null
  const Expression* stored_elements =
      nullptr;                       // nothing: elements of a weight that is read, else 0
  const Expression* bits = nullptr;  // nothing: the precision variable of the role
  std::string doc;
};

struct KernelExample {
  std::string bindings;
  std::string expected;
  std::string source;
};

// Who wrote a kernel that came as data, from which source, and whether a person has looked at it.
struct Provenance {
  std::string file;         // of the module's source: "pytorch/torch/nn/modules/linear.py"
  unsigned first_line = 0;  // 0: not said
  unsigned last_line = 0;
  std::string source_version;  // of the package: "4.46.3"; may be empty
  std::string source_hash;     // "sha256:..." of the class's text; may be empty
  bool human_validated = false;
  std::string status;     // "validated", "pending", "failed", "deprecated" as the data says it
  std::string validator;  // who, when, why: may be empty
  std::string date;
  std::string notes;
  std::string reasoning;                                       // the analysis behind the formulas
  std::vector<std::pair<std::string, std::string>> breakdown;  // part of the FLOPs -> formula
};

// A call of another kernel in a formula, as its author wrote it. The formula itself has the callee's
// in its place; this is for those who want to see the recursion.
struct KernelLink {
  std::string formula;  // "flops", or the operand: "read", "write", "intermediates"
  std::string text;     // "${torch.nn.Linear}({B} * {S}, {H}, {I})"
  std::string kernel;   // the callee's canonical name
  std::vector<std::pair<std::string, const Expression*>> arguments;  // parameter, in our own names
};

struct Kernel {
  std::string name;
  std::string doc;
  std::string source;
  unsigned revision = 1;
  std::size_t plugin = 0;  // index into Catalog::plugins()
  std::vector<std::string> aliases;
  std::vector<KernelParameter> parameters;
  std::vector<KernelFormula> lets;
  std::vector<KernelFormula>
      quantities;  // "flops" always; "matmul_flops", "useful_flops" when declared
  std::vector<KernelOperand> operands;
  std::vector<KernelExample> examples;
  std::vector<KernelLink> links;  // in the order of the formulas, then of the calls in each
  // Formula ("flops", or an operand) -> its text with the calls in it; of a module database only.
  std::vector<std::pair<std::string, std::string>> written;
  std::shared_ptr<const Provenance> provenance;  // nothing: compiled in, reviewed with its plugin
};

struct PluginConstant {
  std::string name;
  Number value;
  std::string doc;
  std::string source;
};

struct Plugin {
  std::string id;
  std::string version;
  std::string doc;
  std::string license;
  std::string path;
  std::string abi;          // "0.1"
  unsigned language = 1;    // of its formulas
  std::string fingerprint;  // hash of the canonical text of everything declared
  std::vector<PluginConstant> constants;
  std::vector<PluginFunction> functions;
  std::vector<Kernel> kernels;
  std::shared_ptr<const std::deque<Expression>> expressions;  // what the formulas above point to
};

// A plugin file that was found but not loaded, and why.
struct RefusedPlugin {
  std::string path;
  bool is_foreign = false;  // no note: some other library; worth a word only when asked for
  Diagnostic reason;
  Diagnostics others;  // more errors of the same file
};

// A plugin that was not opened because an earlier source has one of the same id.
struct ShadowedPlugin {
  std::string id;
  std::string path;
  std::string by;  // the path that won
};

// --use torch.matmul=vendor_mm: that plugin is meant by this name, and by every other name of its
// kernel that no choice speaks of.
struct KernelChoice {
  std::string kernel;  // a name or an alias
  std::string plugin;  // an id
};

// From "torch.matmul=vendor_mm" each; E601 for what has another form.
Result<std::vector<KernelChoice>> kernel_choices(const std::vector<std::string>& texts);

// A name that several plugins declare and no choice resolves: nobody's until somebody says whose.
struct NameConflict {
  std::string_view name;
  std::vector<const Kernel*> kernels;  // by plugin id; at least two
};

class Catalog {
 public:
  Catalog(Catalog&&) = default;
  Catalog& operator=(Catalog&&) = default;
  Catalog(const Catalog&) = delete;  // by_name_ and conflicts_ point into plugins_
  Catalog& operator=(const Catalog&) = delete;

  // Merges plugins. A name or alias that two declare stays without an owner unless a choice names
  // one; whoever uses such a name gets the error of ambiguous_name(). Errors: one id twice, E408; a
  // choice of a plugin that is not there or does not have that kernel, E601.
  static Result<Catalog> build(std::vector<Plugin> plugins, std::vector<RefusedPlugin> refused = {},
                               std::vector<ShadowedPlugin> shadowed = {},
                               const std::vector<KernelChoice>& choices = {});

  std::span<const Plugin> plugins() const { return plugins_; }
  std::span<const RefusedPlugin> refused() const { return refused_; }
  std::span<const ShadowedPlugin> shadowed() const { return shadowed_; }

  // Canonical name, alias, or "plugin/name"; nullptr when unknown or ambiguous.
  const Kernel* find(std::string_view name) const;
  // The conflict that makes find() give nothing for this name, or nullptr.
  const NameConflict* conflict(std::string_view name) const;
  std::span<const NameConflict> conflicts() const { return conflicts_; }  // sorted by name
  const Plugin* plugin(std::string_view id) const;                        // nullptr when not loaded
  const Plugin& plugin_of(const Kernel& kernel) const { return plugins_[kernel.plugin]; }
  // Every name and alias that find() knows, sorted: for suggestions and listings.
  std::vector<std::string_view> names() const;
  // Every kernel, sorted by canonical name, then by plugin.
  std::vector<const Kernel*> kernels() const;

 private:
  Catalog() = default;
  using Chosen = std::map<std::string_view, const Kernel*>;  // by the name that the user gave
  Result<Chosen> chosen_kernels(const std::vector<KernelChoice>& choices) const;
  void index_names(const Chosen& chosen);

  std::vector<Plugin> plugins_;  // sorted by id
  std::vector<RefusedPlugin> refused_;
  std::vector<ShadowedPlugin> shadowed_;
  std::unordered_map<std::string_view, const Kernel*> by_name_;  // views into plugins_
  std::vector<NameConflict> conflicts_;                          // their names are not in by_name_
};

// "name 'torch.mm' is declared by plugins 'a' (a.so) and 'b' (b.so)", E408, with what resolves it.
Diagnostic ambiguous_name(const Catalog& catalog, const NameConflict& conflict);
// For listings: one error for all the names that the same plugins share.
Diagnostics conflict_errors(const Catalog& catalog);

}  // namespace lmhost
