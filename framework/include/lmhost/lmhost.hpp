// lmhost for C++ programs: what a language model costs, asked in process. C++17.
//
//   Host    loaded plugins and conventions            Host::open()
//   Graph   a model as read                           host.load(), host.parse(), host.build()
//   Plan    the graph bound to kernels and a config   host.resolve()
//   Report  the plan at one runtime point             plan.analyze()
//   Sweep   the plan over a grid of them              plan.sweep()
//
// All five are values: cheap to copy, immutable, safe to use from any number of threads at once;
// each keeps alive what it needs, so a Plan outlives its Host. A moved-from object may only be
// assigned to or destroyed. Errors are values with a place (Result). The library prints nothing,
// never exits, installs no handler, and reads neither the environment, the locale nor standard
// input. Of exceptions only std::bad_alloc leaves it, and what a callback throws; and the value of a
// failed Result throws BadResult to whoever reads it.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lmhost/export.hpp"
#include "lmhost/graph_builder.hpp"
#include "lmhost/kernel.hpp"
#include "lmhost/quantity.hpp"
#include "lmhost/report.hpp"
#include "lmhost/result.hpp"
#include "lmhost/runtime.hpp"
#include "lmhost/sweep.hpp"

extern "C" {
struct lmh_plugin;  // both of <lmhost/plugin.h>
struct lmh_host;
}

namespace lmhost {
LMHOST_VERSIONED_NAMESPACE {
  // The entry of a plugin that is linked into the program: lmhost_plugin_v0 under another name.
  using PluginEntry = const ::lmh_plugin* (*)(const ::lmh_host*);

  struct HostOptions {
    std::vector<PluginEntry> static_plugins;      // one that fails is an error
    std::vector<std::string> plugin_files;        // one that fails is an error
    std::vector<std::string> plugin_directories;  // a file in it that fails: Host::plugins()
    bool default_plugins = true;  // also <prefix>/lib/lmhost/plugins-0, which must have some
    std::string prefix;           // of the installation; empty: the one that holds this library
    std::string conventions = "lmhost";  // a name in catalogs/conventions, or a file
    std::vector<std::string> use;        // "torch.matmul=vendor_mm": whose, of names that conflict
    // Files of kernels as data; they hide kernels of plugins that have the same name.
    std::vector<std::string> catalogs;

    HostOptions& add_static(PluginEntry entry) {
      static_plugins.push_back(entry);
      return *this;
    }
  };

  enum class PluginState { kLoaded, kRefused, kShadowed };

  struct PluginInfo {
    PluginState state = PluginState::kLoaded;
    std::string id;  // empty when refused
    std::string version;
    std::string path;
    std::string fingerprint;  // of everything that decides a number
    Diagnostics reasons;      // why not loaded
  };

  enum class Mode { kEager, kSdpa, kFused };

  struct PlanOptions {
    Mode mode = Mode::kSdpa;
    std::string config_file;       // config.json or its folder, for a graph without a config
    std::string config_text;       // the content of one, instead of a file
    std::vector<std::string> set;  // "num_hidden_layers=4", in order, over the config
    bool allow_unknown = false;    // calls of unknown kernels cost nothing and are reported
  };

  // Calls body(begin, end) for disjoint ranges that cover [0, count), in any order and on any
  // threads, each range about `grain` long; returns when all are done.
  using ParallelFor =
      std::function<void(std::size_t count, std::size_t grain,
                         const std::function<void(std::size_t begin, std::size_t end)>& body)>;

  // How one call may use the machine. Small plans run in the calling thread in any case.
  struct RunOptions {
    unsigned threads = 1;      // 0: as many as the machine has
    ParallelFor parallel_for;  // the caller's own threads (a TBB arena, a pool) instead
    // In the calling thread, `done` never falls, the last call has done == total.
    std::function<void(std::size_t done, std::size_t total)> progress;
    const std::atomic<bool>* cancelled = nullptr;  // once true the call ends soon, with E603
  };

  // A graph with its config, as read. Nothing is looked up yet.
  class LMHOST_PUBLIC Graph {
   public:
    const std::string& name() const;  // as it was asked for
    std::string root() const;         // the kernel that is the whole model
    std::vector<std::string> architectures() const;

   private:
    friend class Host;
    struct Data;
    explicit Graph(std::shared_ptr<const Data> data) : data_(std::move(data)) {}
    std::shared_ptr<const Data> data_;
  };

  // Every call bound to its kernel, ready to be asked at any runtime point.
  class LMHOST_PUBLIC Plan {
   public:
    // batch_size 1, seq_len 2048, cache_len 0, and the bits of the config's dtype, else 16.
    const RuntimePoint& default_point() const;

    // Everything. Errors: E305, E306, E308 with the calls that fail at this point, E601 a point
    // that is none (seq_len -1, 0 bits), E603 cancelled.
    Result<Report> analyze(const RuntimePoint& point, const RunOptions& options = {}) const;

    // The root alone, always equal to analyze(point)->totals(): for asking thousands of times a
    // second. A moment's work, so there is nothing to cancel.
    Result<Costs> totals(const RuntimePoint& point) const;
    // Of many points, in their order; the first error is the error of all.
    Result<std::vector<Costs>> totals(const std::vector<RuntimePoint>& points,
                                      const RunOptions& options = {}) const;

    // Columns of costs over the grid of the axes, of which no variable is on two; what none varies is
    // as in default_point(). Tens of nanoseconds a point where costs are polynomials, which those of
    // plain models are; always equal to analyze(). Errors: those of analyze() at the first point, in
    // the order of the grid, that has any, and of a value that is none; E602 no such node; E604 an
    // axis without variables or values, a variable twice; E605 more cells than memory has addresses.
    Result<Sweep> sweep(const std::vector<SweepAxis>& axes, const std::vector<SweepColumn>& columns,
                        const RunOptions& options = {}) const;

    // With allow_unknown: the calls that were left out.
    const Diagnostics& unknown() const;

   private:
    friend class Host;
    struct Data;
    explicit Plan(std::shared_ptr<const Data> data) : data_(std::move(data)) {}
    std::shared_ptr<const Data> data_;
  };

  // Any number of hosts, with the same or other plugins, live in one process. A plugin file is
  // mapped once a process and never unloaded.
  class LMHOST_PUBLIC Host {
   public:
    // Errors: E4xx a plugin, E501 a folder or file that cannot be read, or a prefix without an
    // installation; E601 the options.
    static Result<Host> open(const HostOptions& options = {});

    // A graph file, a config.json or its folder, or a name of model_names().
    Result<Graph> load(const std::string& model) const;
    // The same from memory; `name` stands for the file in errors.
    Result<Graph> parse(const std::string& text, const std::string& name = "<memory>") const;
    // The same from a builder; places of errors are "<memory>: call 'up' of 'Mlp'", with the column in
    // its text. Errors: those of a file; E601 a call in front of every composite.
    Result<Graph> build(const GraphBuilder& builder, const std::string& name = "<memory>") const;
    // Errors: E101 unknown kernels, E302 unbound parameters, E303 missing config names, all of
    // them at once.
    Result<Plan> resolve(const Graph& graph, const PlanOptions& options = {}) const;

    std::vector<PluginInfo> plugins() const;        // loaded, refused and shadowed
    std::vector<std::string> kernel_names() const;  // canonical, sorted
    std::vector<std::string> model_names() const;   // in catalogs/models, sorted

    // The registry: one kernel by any spelling of its name, "torch.nn.functional.linear",
    // "F.linear", "torch__nn__Linear", "Linear", "torch_Linear", and its cost for given parameters.
    // A kernel whose formulas call others includes them. Microseconds a call; any thread.
    // Errors: E101 an unknown name, E206 one that fits several kernels (listed), E408 one that
    // several plugins declare; E301 an unknown parameter, E302 a missing one, E304 a value of the
    // wrong type; E305 arithmetic, E308 a negative cost; E601 an argument twice.
    Result<KernelInfo> kernel(const std::string& name) const;
    Result<std::vector<std::string>> required_parameters(const std::string& name) const;
    Result<Number> compute_flops(const std::string& name,
                                 const Arguments& arguments) const;  // FLOP
    Result<MemoryCosts> compute_memory(const std::string& name, const Arguments& arguments) const;
    Result<Costs> compute_costs(const std::string& name, const Arguments& arguments) const;
    // Of a composite of a graph: arguments are its parameters, batch_size, seq_len, cache_len and
    // precision, what is missing as in Plan::default_point(). Errors: those of resolve() too.
    Result<Costs> compute_costs(const Graph& graph, const std::string& name,
                                const Arguments& arguments, const PlanOptions& options = {}) const;

   private:
    struct Data;
    explicit Host(std::shared_ptr<const Data> data) : data_(std::move(data)) {}
    std::shared_ptr<const Data> data_;
  };

  // Of the library: "0.1.0".
  LMHOST_PUBLIC std::string version();
}
}  // namespace lmhost
