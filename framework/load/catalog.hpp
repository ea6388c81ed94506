// The kernels of all loaded plugins: the copy that the host keeps, with every formula compiled.
//
// Immutable once built, and the same for the same set of plugins in any order. Thread safety: const
// access from any thread.
//
// Kernels that came as data (a catalogue named by the user, a graph's own) are plugins too. They
// lie above those that were loaded and hide them name by name: see Catalog::extended().
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
  std::size_t plugin = 0;  // index into Catalog::plugins(), of any catalogue that has the kernel
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
  std::string abi;        // "0.1"
  unsigned language = 1;  // of its formulas
  std::vector<PluginConstant> constants;
  std::vector<PluginFunction> functions;
  std::vector<Kernel> kernels;
  std::shared_ptr<const std::deque<Expression>> expressions;  // what the formulas above point to
  bool is_data = false;  // set by Catalog::extended(): read from a text, not from a library
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

// Whether a choice of a plugin that is not there is a mistake, or one that is added later.
enum class Choices { kAll, kMoreFollow };

// A name that several plugins declare and no choice resolves: nobody's until somebody says whose.
struct NameConflict {
  std::string_view name;
  std::vector<const Kernel*> kernels;  // by plugin id; at least two
};

// A name that kernels given as data take from those below: the owner is called, the others are not.
struct HiddenName {
  std::string_view name;
  const Kernel* owner = nullptr;
  std::vector<const Kernel*> hidden;  // never empty; several when the name was a conflict
};

// A range of const Plugin&.
class PluginList {
 public:
  class Iterator {
   public:
    explicit Iterator(const Plugin* const* at) : at_(at) {}
    const Plugin& operator*() const { return **at_; }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return at_ != other.at_; }

   private:
    const Plugin* const* at_;
  };

  explicit PluginList(std::span<const Plugin* const> plugins) : plugins_(plugins) {}
  Iterator begin() const { return Iterator(plugins_.data()); }
  Iterator end() const { return Iterator(plugins_.data() + plugins_.size()); }
  std::size_t size() const { return plugins_.size(); }
  bool empty() const { return plugins_.empty(); }
  const Plugin& operator[](std::size_t index) const { return *plugins_[index]; }
  const Plugin& front() const { return *plugins_.front(); }

 private:
  std::span<const Plugin* const> plugins_;
};

class Catalog {
 public:
  Catalog(Catalog&&) = default;
  Catalog& operator=(Catalog&&) = default;
  Catalog(const Catalog&) = delete;  // the views below point into own_
  Catalog& operator=(const Catalog&) = delete;

  // Merges plugins. A name or alias that two declare stays without an owner unless a choice names
  // one; whoever uses such a name gets the error of ambiguous_name(). Errors: one id twice, E408; a
  // choice of a plugin that is not there or does not have that kernel, E601.
  static Result<Catalog> build(std::vector<Plugin> plugins, std::vector<RefusedPlugin> refused = {},
                               std::vector<ShadowedPlugin> shadowed = {},
                               const std::vector<KernelChoice>& choices = {},
                               Choices check = Choices::kAll);

  // A catalogue of data on top of `base`: every name and alias of `data` hides the same name below,
  // and nothing else of the kernel that loses it; two of `data` with one name are a conflict as in
  // build(). The base is shared, not copied. `choices` may name plugins of either level: one of the
  // base takes its name back. Errors: as build(). REQUIRES: the base was built with `choices` too.
  static Result<Catalog> extended(std::shared_ptr<const Catalog> base, std::vector<Plugin> data,
                                  const std::vector<KernelChoice>& choices = {},
                                  Choices check = Choices::kAll);

  // Those loaded, by id; then those given as data, by id, the ones that hide others last.
  PluginList plugins() const { return PluginList(plugins_); }
  std::span<const RefusedPlugin> refused() const { return base_ ? base_->refused() : refused_; }
  std::span<const ShadowedPlugin> shadowed() const { return base_ ? base_->shadowed() : shadowed_; }

  // Canonical name, alias, or "plugin/name"; nullptr when unknown or ambiguous. "plugin/name" finds
  // a hidden kernel too.
  const Kernel* find(std::string_view name) const;
  // The conflict that makes find() give nothing for this name, or nullptr.
  const NameConflict* conflict(std::string_view name) const;
  std::span<const NameConflict> conflicts() const { return conflicts_; }  // sorted by name
  // What data hides, at every level, sorted by name.
  std::span<const HiddenName> hidden() const { return hidden_; }
  const Plugin* plugin(std::string_view id) const;  // data first; nullptr when there is none
  const Plugin& plugin_of(const Kernel& kernel) const { return *plugins_[kernel.plugin]; }
  // Every name and alias that find() knows, sorted: for suggestions and listings.
  std::vector<std::string_view> names() const;
  // Every kernel, sorted by canonical name, then by plugin.
  std::vector<const Kernel*> kernels() const;

 private:
  Catalog() = default;
  using Chosen = std::map<std::string_view, const Kernel*>;  // by the name that the user gave
  Diagnostics take(std::vector<Plugin> plugins);
  Result<Chosen> chosen_kernels(const std::vector<KernelChoice>& choices, Choices check) const;
  void index_names(const Chosen& chosen);
  void hide_names();
  const Kernel* owner_of(std::string_view name) const;  // as find(), of whole names

  std::shared_ptr<const Catalog> base_;  // or nothing
  std::vector<Plugin> own_;              // sorted by id
  std::vector<const Plugin*> plugins_;   // of the base, then own_
  std::vector<RefusedPlugin> refused_;
  std::vector<ShadowedPlugin> shadowed_;
  std::unordered_map<std::string_view, const Kernel*> by_name_;  // of own_: views into it
  std::vector<NameConflict> conflicts_;  // of every level; of own_, their names are not in by_name_
  std::vector<HiddenName> hidden_;       // of every level
};

// "name 'torch.mm' is declared by plugins 'a' (a.so) and 'b' (b.so)", E408, with what resolves it.
// Of data: "by catalogues".
Diagnostic ambiguous_name(const Catalog& catalog, const NameConflict& conflict);
// For listings: one error for all the names that the same plugins share.
Diagnostics conflict_errors(const Catalog& catalog);

}  // namespace lmhost
