// Learning modules: what is known is left alone, what is not is found in the source tree, put to an
// agent, judged, and stored. One module that fails stops no other.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host.hpp"
#include "load/catalog.hpp"
#include "study/source_tree.hpp"
#include "tools/lmhost/agent.hpp"
#include "tools/lmhost/learn_progress.hpp"

namespace lmhost::tool {

struct LearnOptions {
  std::string store;  // the database: read as a catalogue, and written to; created when absent
  std::vector<std::string> sources;
  std::optional<Agent> agent;
  std::size_t retries = 2;
  bool force = false;     // also what is known already
  bool generate = false;  // plugins, too
  std::string folder;     // of these; empty: that of the store
  ProgressForm progress = ProgressForm::kPlain;
  // The plugins and catalogues, with the store on top or without it.
  std::function<Result<Host>(bool with_store)> open_host;
};

enum class LearnState { kCached, kLearned, kFailed, kNotTried };
std::string_view name_of(LearnState state);  // "cached", "learned", "failed", "not tried"

struct LearnedModule {
  std::string asked;
  std::string name;  // the full one, once it is known
  LearnState state = LearnState::kNotTried;
  std::string detail;        // where it is known from, or why it failed
  std::size_t attempts = 0;  // answers asked for
  std::string plugin;        // the file that --generate has built
  std::string diagnostics;   // the file that says more
  Diagnostics errors;
  Diagnostics notes;  // warnings
};

struct LearnReport {
  std::vector<LearnedModule> modules;  // in the order asked for
  int signal = 0;                      // that ended it early, or 0
};

// Errors are those that no module is to blame for: a store that cannot be written (before any agent
// is asked), a source folder that cannot be read, an agent that cannot be started. What was learned
// before stays.
Result<LearnReport> learn_modules(const LearnOptions& options,
                                  const std::vector<std::string>& names);

// The kernel that a name of any spelling means, nullptr when there is none. Errors: E702 when a short
// name could mean several.
Result<const Kernel*> known_kernel(const Catalog& catalog, std::string_view name);

// There is one, and its formulas can be used.
bool is_known(const Kernel* kernel);

}  // namespace lmhost::tool
