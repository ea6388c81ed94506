// The zoo: every way in which a plugin is known to be bad, loaded in this process where that can be
// survived, and checked in a child process where not. Good plugins load before and after.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>

#include "base/codes.hpp"
#include "base/diagnostic.hpp"
#include "check/child.hpp"
#include "check/sample.hpp"
#include "load/plugin_discovery.hpp"
#include "scratch_folder.hpp"

using namespace lmhost;
namespace fs = std::filesystem;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsSanitized = true;
#else
constexpr bool kIsSanitized = false;
#endif

const std::string kFixtures = LMHOST_BINARY_DIR "/bad_plugins";

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// A good plugin of one kernel, from which others are made.
std::string good_bytes() { return bytes_of(kFixtures + "/duplicate_one.so"); }

using Maker = std::string (*)(const ScratchFolder&);

std::string written(const ScratchFolder& folder, const std::string& bytes) {
  return folder.write("duplicate_one.so", bytes);
}

std::string other_class(const ScratchFolder& folder) {
  std::string bytes = good_bytes();
  bytes[4] = bytes[4] == 1 ? 2 : 1;  // EI_CLASS
  return written(folder, bytes);
}
std::string other_machine(const ScratchFolder& folder) {
  std::string bytes = good_bytes();
  bytes[18] = static_cast<char>(bytes[18] ^ 0x55);  // e_machine
  return written(folder, bytes);
}
std::string missing_library(const ScratchFolder& folder) {
  std::string bytes = good_bytes();
  const std::string_view needed = "libstdc++.so.6";
  const std::size_t at = bytes.find(needed);
  REQUIRE(at != std::string::npos);
  return written(folder, bytes.replace(at, needed.size(), "libnowhere.so9"));
}
// Behind the headers, before the end of what the dynamic linker maps.
std::string cut_in_code(const ScratchFolder& folder) {
  return written(folder, good_bytes().substr(0, 6000));
}
std::string cut_in_header(const ScratchFolder& folder) {
  return written(folder, good_bytes().substr(0, 30));
}
std::string empty(const ScratchFolder& folder) { return folder.write("empty.so", ""); }
std::string text(const ScratchFolder& folder) { return folder.write("text.so", "no library\n"); }
std::string directory(const ScratchFolder& folder) {
  fs::create_directory(folder.path() + "/folder.so");
  return folder.path() + "/folder.so";
}
std::string pipe(const ScratchFolder& folder) {
  REQUIRE(::mkfifo((folder.path() + "/pipe.so").c_str(), 0600) == 0);
  return folder.path() + "/pipe.so";
}
std::string writable_by_all(const ScratchFolder& folder) {
  const std::string path = written(folder, good_bytes());
  REQUIRE(::chmod(path.c_str(), 0666) == 0);
  return path;
}
std::string other_name(const ScratchFolder& folder) {
  return folder.write("renamed.so", good_bytes());
}
std::string link_to_loaded(const ScratchFolder& folder) {
  fs::create_symlink(kFixtures + "/functions.so", folder.path() + "/functions.so");
  return folder.path() + "/functions.so";
}

constexpr const char* kLoads = "";        // in this process it loads
constexpr const char* kDeadly = nullptr;  // in this process it must not be tried
constexpr const char* kPasses = "";       // no check fails
constexpr const char* kSurvives = "load.survives";

struct Row {
  const char* name;   // of a fixture, or of what `make` makes
  Maker make;         // or null: <build>/bad_plugins/<name>.so
  const char* code;   // of the error in this process
  const char* check;  // that fails
  const char* says;   // a part of its finding
};

const Row kZoo[] = {
    // The file.
    {"other class", other_class, "E401", "file.readable", "-bit code is needed"},
    {"other machine", other_machine, "E401", "file.readable", "another processor"},
    {"cut in its code", cut_in_code, "E401", "file.readable", "truncated"},
    {"cut in its header", cut_in_header, "E401", "file.readable", "truncated"},
    {"empty", empty, "E401", "file.readable", "empty"},
    {"text", text, "E401", "file.readable", "not an ELF file"},
    {"directory", directory, "E401", "file.readable", "directory"},
    {"pipe", pipe, "E401", "file.readable", "not a regular file"},
    {"writable by all", writable_by_all, "E401", "file.readable", "everybody"},
    {"nowhere", nullptr, "E501", "file.readable", "No such file"},
    {"foreign", nullptr, "E402", "file.note", "no lmhost note"},
    {"note_other_major", nullptr, "E403", "file.abi", "ABI 99.3"},
    {"link to a loaded file", link_to_loaded, kLoads, kPasses, ""},
    {"renamed", other_name, "E406", "table.well_formed", "must be named"},
    // Opening.
    {"undefined_symbol", nullptr, "E404", "load.opens", "nobody_has_this"},
    {"missing library", missing_library, "E404", "load.opens", "libnowhere"},
    {"crash_in_constructor", nullptr, kDeadly, kSurvives, "it "},
    {"constructor_throws", nullptr, kDeadly, "load.", ""},
    {"fast_math", nullptr, kLoads, "load.leaves_no_trace", "rounding"},
    // The entry.
    {"no_entry", nullptr, "E405", "load.entry", "missing"},
    {"entry_throws", nullptr, "E405", "load.entry", "out of coffee"},
    {"entry_throws_int", nullptr, "E405", "load.entry", "threw an exception"},
    {"entry_throws_static", nullptr, "E405", "load.entry", "threw an exception"},
    {"body_throws", nullptr, "E405", "load.entry", "unknown type"},
    {"entry_refuses", nullptr, "E405", "load.entry", "no reason"},
    {"crash_in_entry", nullptr, kDeadly, kSurvives, "it "},
    {"abort_in_entry", nullptr, kDeadly, kSurvives, "it "},
    {"exit_in_entry", nullptr, kDeadly, kSurvives, "it ended the process with status"},
    {"exit_in_constructor", nullptr, kDeadly, kSurvives, "it ended the process with status 0"},
    {"exit_at_once", nullptr, kDeadly, kSurvives, "it ended the process with status 0"},
    {"becomes_another", nullptr, kDeadly, kSurvives, "it ended the process with status 0"},
    {"kills_itself", nullptr, kDeadly, kSurvives, "it crashed with signal 9 (SIGKILL)"},
    {"wild_table", nullptr, kDeadly, kSurvives, "it "},
    {"prints", nullptr, kLoads, kPasses, ""},
    {"hang_in_entry", nullptr, kDeadly, kSurvives, "no sign of life"},
    {"closes_files", nullptr, kDeadly, kSurvives, "it ended the process"},
    {"other_each_time", nullptr, kLoads, "load.same_entry", "other tables"},
    {"leaves_traces", nullptr, kDeadly, "load.leaves_no_trace", "signal handler"},
    {"asks_environment", nullptr, kLoads, "load.reproducible", "differ"},
    // Tables.
    {"table_other_major", nullptr, "E403", "file.abi", "ABI 9"},
    {"small_struct", nullptr, "E406", "table.well_formed", "40 bytes"},
    {"absurd_span", nullptr, "E406", "table.well_formed", "4294967295 rows"},
    {"null_name", nullptr, "E406", "table.well_formed", "NULL"},
    {"newer_used", nullptr, "E410", "table.well_formed", "lmh_plugin"},
    {"newer_unused", nullptr, kLoads, kPasses, ""},
    {"duplicate_inside", nullptr, "E408", "table.unique_names", "declared twice"},
    {"duplicate_one", nullptr, kLoads, kPasses, ""},
    {"duplicate_two", nullptr, kLoads, kPasses, ""},
    // Formulas and functions.
    {"formula_syntax", nullptr, "E407", "formula.compiles", "did you mean 'columns'?"},
    {"wrong_example", nullptr, kLoads, "formula.examples_agree", "flops is 10, not 11"},
    {"bad_formulas", nullptr, kLoads, "formula.monotone", "when tile grows"},
    {"function_throws", nullptr, kLoads, "native.contained", "threw"},
    {"functions", nullptr, kLoads, kPasses, ""},
    {"bad_functions", nullptr, kLoads, "native.pure", "and then"},
};

std::string path_of(const Row& row, const ScratchFolder& folder) {
  return row.make == nullptr ? kFixtures + "/" + row.name + ".so" : row.make(folder);
}

ChildOptions child_options() {
  ChildOptions options;
  options.program = LMHOST_BINARY_DIR "/bin/lmhost";
  if (kIsSanitized) options.timeout = std::chrono::seconds(60);
  return options;
}

void require_good(const std::string& name) {
  const Result<Catalog> catalog = load_catalog({{kFixtures + "/" + name + ".so"}, {}, ""});
  REQUIRE_MESSAGE(catalog.ok(), render(catalog.ok() ? Diagnostics{} : catalog.errors()));
}

std::string described(const CheckReport& report) {
  std::string text;
  for (const auto& [id, findings] : report.findings)
    for (const std::string& finding : findings) text += id + ": " + finding + "\n";
  return text;
}

}  // namespace

TEST_CASE("zoo: in this process, between good plugins") {
  require_good("functions");
  for (const Row& row : kZoo) {
    if (row.code == kDeadly) continue;
    const std::string name = row.name;
    CAPTURE(name);
    const ScratchFolder folder;
    const Result<Catalog> catalog = load_catalog({{path_of(row, folder)}, {}, ""});
    CHECK((catalog.ok() ? std::string(kLoads) : catalog.errors().front().code) == row.code);
    if (!catalog.ok() && std::string_view(row.check) != "native.contained")
      CHECK(render(catalog.errors()).find(row.says) != std::string::npos);
  }
  require_good("functions");
  require_good("newer_unused");
}

TEST_CASE("zoo: one name in two plugins, one id in two folders") {
  const Result<Catalog> both =
      load_catalog({{kFixtures + "/duplicate_one.so", kFixtures + "/duplicate_two.so"}, {}, ""});
  CHECK((!both.ok() || both->find("shared.kernel") == nullptr));
  const ScratchFolder folder;
  fs::copy(kFixtures + "/functions.so", folder.path() + "/functions.so");
  const Result<Catalog> shadowed =
      load_catalog({{kFixtures + "/functions.so"}, {folder.path()}, ""});
  REQUIRE(shadowed.ok());
  CHECK(shadowed->shadowed().size() == 1);
}

TEST_CASE("zoo: each in a child process") {
  for (const Row& row : kZoo) {
    const std::string name = row.name;
    CAPTURE(name);
    const ScratchFolder folder;
    ChildOptions options = child_options();
    options.probe.points = 50;
    if (std::string_view(row.name) == "hang_in_entry")
      options.timeout = std::chrono::milliseconds(kIsSanitized ? 3000 : 500);
    const Result<CheckReport> report = check_plugin(path_of(row, folder), options);
    REQUIRE(report.ok());
    const std::string said = described(*report);
    CAPTURE(said);
    CHECK(report->has_failed(false) == (row.check[0] != '\0'));
    if (row.check[0] == '\0') continue;
    const std::size_t at = said.find(row.check);
    REQUIRE(at != std::string::npos);
    CHECK(said.find(row.says, at) != std::string::npos);
  }
}

TEST_CASE("zoo: how a process ended is said") {
  if (kIsSanitized) return;  // sanitizers answer signals themselves
  struct Row {
    const char* name;
    const char* says;
  };
  const Row rows[] = {
      {"crash_in_entry", "load.survives: it crashed with signal 11 (SIGSEGV)\n"},
      {"abort_in_entry", "load.survives: it crashed with signal 6 (SIGABRT)\n"},
      {"exit_in_entry", "load.survives: it ended the process with status 0, as if all were well\n"},
  };
  for (const Row& row : rows) {
    const Result<CheckReport> report =
        check_plugin(kFixtures + "/" + row.name + ".so", child_options());
    REQUIRE(report.ok());
    CHECK(described(*report) == std::string(row.says));
  }
}

// Under the sanitizers a child takes ten times as long, and a tenth is mutated.
TEST_CASE("zoo: a plugin with flipped bytes never ends the one who checks it") {
  constexpr int kMutants = kIsSanitized ? 30 : 300;
  const std::string good = good_bytes();
  const ScratchFolder folder;
  Dice dice(1);
  std::set<std::string> fates;
  for (int i = 0; i < kMutants; ++i) {
    std::string bytes = good;
    for (std::uint64_t flips = 1 + dice.below(8); flips > 0; --flips) {
      // Headers, symbols and the dynamic section lie in front; half of the flips go there.
      const std::size_t room =
          dice.below(2) == 0 ? std::min<std::size_t>(4096, bytes.size()) : bytes.size();
      char& byte = bytes[static_cast<std::size_t>(dice.below(room))];
      byte = static_cast<char>(byte ^ static_cast<char>(1 + dice.below(255)));
    }
    const std::string path = written(folder, bytes);
    ChildOptions options = child_options();
    options.timeout = std::chrono::milliseconds(kIsSanitized ? 3000 : 1000);
    options.probe.points = 1;
    const Result<CheckReport> report = check_plugin(path, options);
    CAPTURE(i);
    REQUIRE(report.ok());
    for (const auto& [id, findings] : report->findings) fates.insert(id);
    fs::remove(path);
  }
  CHECK(fates.count("file.readable") == 1);
  CHECK(fates.count("load.survives") == 1);
  const Result<CheckReport> unharmed = check_plugin(written(folder, good), child_options());
  REQUIRE(unharmed.ok());
  CHECK_FALSE(unharmed->has_failed(false));
}
