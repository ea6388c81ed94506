// The whole pipeline: load, resolve, evaluate, aggregate. What the command line calls, and what the
// public API (include/lmhost/lmhost.hpp) stands on.
//
// A Host holds loaded plugins and knows where catalogs and graphs lie. Immutable once open;
// analyze() is const and may be called concurrently. The library never prints, exits, installs
// handlers or reads the environment.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aggregate/analysis.hpp"
#include "lmhost/result.hpp"
#include "lmhost/runtime.hpp"
#include "load/plugin_opener.hpp"

namespace lmhost {

class Catalog;
struct Conventions;
struct Execution;
struct Graph;
struct KernelChoice;
struct Model;
struct Schedule;
enum class Mode;

struct HostOptions {
  std::vector<std::string> plugin_files;  // --plugin; a file that fails is an error
  std::vector<std::string>
      plugin_directories;  // --plugin-dir, then LMHOST_PLUGIN_PATH; a file that fails is listed
  bool default_plugins = true;  // also <prefix>/lib/lmhost/plugins-0
  std::string prefix;           // of the installation; empty: the folder above the program's own
  std::string conventions = "lmhost";       // a name in catalogs/conventions or a file
  std::vector<PluginEntry> static_plugins;  // linked into the program; one that fails is an error
  std::vector<std::string> use;  // "torch.matmul=vendor_mm": whose, of names that conflict
  std::vector<std::string>
      catalogs;  // --catalog: kernels as data, which hide plugins' of their names
  PluginWatch plugin_watch;
};

// A file of kernels as data that was named.
struct NamedCatalog {
  std::string path;  // as named
  std::string id;    // of its plugin in the catalogue
  std::string form;  // "a module database"
  std::vector<std::shared_ptr<const SourceText>> files;
  Diagnostics problems;  // of kernels that fail where they are called
  Diagnostics warnings;
};

struct Workload {
  std::string model;  // a graph file, a folder with config.json, a model name, or "-"
  std::optional<std::string> hf_config;  // config.json for a graph file
  std::vector<std::string> set;          // "num_hidden_layers=4"
  std::string root;  // the composite that is meant, of a folder or database with several roots
  std::optional<Number> batch_size, seq_len, cache_len;
  std::optional<Number> w_bits, a_bits, kv_bits,
      index_bits;  // default: the config's dtype, else 16; index 64
  Mode mode{1};    // sdpa
  bool allow_unknown = false;
  bool keep_config = false;           // for plan() only: a plan to print, with config.* as names
  unsigned threads = 0;               // 0: as many as pay
  TreeOptions rows;                   // that a report will show
  std::optional<std::string> locked;  // a JSON report: plugins in use must have its fingerprints
};

class Host {
 public:
  static Result<Host> open(const HostOptions& options);

  const Catalog& catalog() const { return *catalog_; }
  // With the kernels that came with the graph on top; catalog() itself when it has none.
  Result<std::shared_ptr<const Catalog>> catalog_for(const Graph& graph) const;
  const Conventions& conventions() const { return *conventions_; }
  // What analyze() does before the first stage that computes: the numbers a workload leaves open
  // filled in, checked.
  static Result<RuntimePoint> runtime_point(const Workload& workload, const Config& config);
  const std::vector<NamedCatalog>& catalogs() const { return named_; }  // in the order given
  const std::string& prefix() const { return prefix_; }

  Result<Model> load(const Workload& workload) const;     // the graph with its config
  Result<Analysis> plan(const Workload& workload) const;  // load and resolve only; tree is null
  // Resolve only: `workload` says how, not what.
  Result<Analysis> plan(const Model& model, const Workload& workload) const;
  Result<Analysis> analyze(const Workload& workload) const;  // all stages
  // What follows a plan: the tree at analysis.point.
  static Result<Analysis> evaluate(Analysis analysis, const Schedule& schedule,
                                   const Execution& execution, const TreeOptions& wanted = {});

  std::vector<std::string> model_names() const;  // in catalogs/models, sorted

 private:
  Diagnostics add_data(const std::vector<std::string>& paths,
                       const std::vector<KernelChoice>& choices);

  std::shared_ptr<const Catalog> catalog_;
  std::shared_ptr<const Conventions> conventions_;
  std::vector<NamedCatalog> named_;
  std::string prefix_;
};

}  // namespace lmhost
