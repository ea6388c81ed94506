#include "load/plugin_opener.hpp"

#include <dlfcn.h>

#include <cfenv>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/dll/shared_library.hpp>

#include "load/plugin_error.hpp"

namespace lmhost {
namespace {

struct Library {
  boost::dll::shared_library handle;
  const lmh_plugin* table = nullptr;  // null when the entry failed
};

// What this process has opened. Leaked: destroying it would unload code that others still point
// into.
struct Loader {
  std::mutex lock;
  std::map<FileIdentity, Library> libraries;
  std::map<std::string, FileIdentity, std::less<>> paths;
};

// An exception out of a plugin that has an unwinder of its own (-static-libgcc) is caught here with
// the help of ours, whose tables are filled by the first exception that we throw ourselves: without
// one the catch would abort.
bool warm_up_unwinder() {
  try {
    throw 0;
  } catch (int) {
    return true;
  }
}

Loader& loader() {
  [[maybe_unused]] static const bool is_warm = warm_up_unwinder();
  static Loader& instance = *new Loader;
  return instance;
}

// Starting a library may change rounding or flush denormals in this thread: one that is built with
// -ffast-math does.
class KeepFloatingPoint {
 public:
  KeepFloatingPoint() { std::fegetenv(&environment_); }
  ~KeepFloatingPoint() { std::fesetenv(&environment_); }
  KeepFloatingPoint(const KeepFloatingPoint&) = delete;
  KeepFloatingPoint& operator=(const KeepFloatingPoint&) = delete;

 private:
  std::fenv_t environment_;
};

// Boost wraps the dynamic linker's words: "... (dlerror system message: WORDS): Bad file
// descriptor".
std::string linker_message(const std::exception& failure, const std::string& path) {
  std::string_view text = failure.what();
  constexpr std::string_view kBefore = "dlerror system message: ";
  if (const auto begin = text.find(kBefore); begin != std::string_view::npos) {
    text.remove_prefix(begin + kBefore.size());
    if (const auto end = text.rfind("): "); end != std::string_view::npos)
      text = text.substr(0, end);
  }
  if (text.starts_with(path + ": ")) text.remove_prefix(path.size() + 2);
  return std::string(text);
}

std::optional<Diagnostic> load(const PluginFile& file, boost::dll::shared_library& handle) {
  // Everything is bound now: a missing symbol found at the first call would end the process.
  // NODELETE keeps the code even if someone else closes the library.
  const auto mode = boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local |
                    static_cast<boost::dll::load_mode::type>(RTLD_NODELETE);
  try {
    handle.load(file.real_path, mode);
  } catch (const std::exception& failure) {
    return plugin_error(file.path, codes::kPluginOpen,
                        "cannot open: " + linker_message(failure, file.real_path));
  } catch (...) {
    return plugin_error(file.path, codes::kPluginOpen,
                        "cannot open: its start-up code threw an exception");
  }
  if (identity_of(file.real_path) != file.identity) {
    handle.unload();
    return plugin_error(file.path, codes::kPluginOpen,
                        "the file was replaced while it was opened; start a new process");
  }
  return std::nullopt;
}

// Copies the reason for a refusal; called from the plugin, so no exception may leave it.
void note_failure(const lmh_host* host, const char* message) noexcept {
  try {
    constexpr std::size_t kLongest = 4096;
    *static_cast<std::string*>(host->host_data) =
        message == nullptr ? std::string_view() : std::string_view(message).substr(0, kLongest);
  } catch (...) {
    return;
  }
}

Result<const lmh_plugin*> call_entry(PluginEntry entry, const std::string& path) {
  std::string reason;
  const lmh_host host = {sizeof(lmh_host), LMH_ABI_MAJOR, LMH_ABI_MINOR,
                         LMHOST_VERSION,   &reason,       &note_failure};
  try {
    if (const lmh_plugin* table = entry(&host)) return table;
  } catch (const std::exception& failure) {
    return plugin_error(path, codes::kPluginEntry,
                        std::string("its entry threw an exception: ") + failure.what());
  } catch (...) {
    return plugin_error(path, codes::kPluginEntry, "its entry threw an exception");
  }
  return plugin_error(
      path, codes::kPluginEntry,
      "its entry returned no tables: " + (reason.empty() ? "it gave no reason" : reason));
}

Result<const lmh_plugin*> call_entry(const PluginFile& file,
                                     const boost::dll::shared_library& handle) {
  if (!handle.has(LMH_ENTRY_SYMBOL))
    return plugin_error(file.path, codes::kPluginEntry,
                        "the entry '" LMH_ENTRY_SYMBOL "' is missing");
  return call_entry(&handle.get<const lmh_plugin*(const lmh_host*)>(LMH_ENTRY_SYMBOL), file.path);
}

}  // namespace

Result<const lmh_plugin*> open_plugin(const PluginFile& file) {
  Loader& all = loader();
  const std::lock_guard guard(all.lock);
  const KeepFloatingPoint keep;

  Library& library = all.libraries[file.identity];
  if (library.table != nullptr) return library.table;
  // The dynamic linker compares paths first and would hand out the library that was there before.
  const auto [known, is_new] = all.paths.emplace(file.real_path, file.identity);
  if (!is_new && known->second != file.identity) {
    return plugin_error(file.path, codes::kPluginOpen,
                        "the file was replaced after this process opened it; start a new process");
  }
  if (!library.handle.is_loaded()) {
    if (std::optional<Diagnostic> problem = load(file, library.handle)) {
      all.paths.erase(known);
      return std::move(*problem);
    }
  }
  Result<const lmh_plugin*> table = call_entry(file, library.handle);
  if (table) library.table = *table;
  return table;
}

Result<const lmh_plugin*> call_static_entry(PluginEntry entry, const std::string& name) {
  if (entry == nullptr)
    return plugin_error(name, codes::kPluginEntry, "the entry is a null pointer");
  const std::lock_guard guard(loader().lock);
  const KeepFloatingPoint keep;
  return call_entry(entry, name);
}

}  // namespace lmhost
