// Plugin files: every way in which one can be bad, with its whole error text; which files of which
// folders are loaded; and that good plugins still load after all of that, in the same process.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cfenv>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "base/diagnostic.hpp"
#include "load/plugin_discovery.hpp"
#include "load/plugin_file.hpp"
#include "load/plugin_fingerprint.hpp"
#include "load/plugin_opener.hpp"
#include "scratch_folder.hpp"

using namespace lmhost;
namespace fs = std::filesystem;

namespace {

const std::string kFixtures = LMHOST_BINARY_DIR "/bad_plugins";

// Folders of this machine have no place in an expected text.
std::string without_folders(std::string text, const std::vector<std::string>& folders) {
  for (const std::string& folder : folders)
    for (std::size_t at; (at = text.find(folder + "/")) != std::string::npos;)
      text.erase(at, folder.size() + 1);
  return text;
}

std::string refusal(const std::string& path, const std::string& folder = kFixtures) {
  const Result<Catalog> catalog = load_catalog({{path}, {}, ""});
  return catalog ? "loaded" : without_folders(render(catalog.errors()), {folder});
}

std::vector<std::string> ids(const Catalog& catalog) {
  std::vector<std::string> ids;
  for (const Plugin& plugin : catalog.plugins()) ids.push_back(plugin.id);
  return ids;
}

std::string refused(const Catalog& catalog, const ScratchFolder& folder) {
  std::string text;
  for (const RefusedPlugin& plugin : catalog.refused()) {
    text += (plugin.is_foreign ? "foreign: " : "") + render(plugin.reason);
    text += render(plugin.others);
  }
  return without_folders(text, {folder.path()});
}

}  // namespace

TEST_CASE("plugins: a bad file given by name is refused with its reason") {
  struct Row {
    const char* name;
    const char* expected;
  };
  const Row rows[] = {
      {"note_other_major",
       "note_other_major.so: error: built for plugin ABI 99.3, and this host has 0.1 [E403]\n"
       "  build the plugin with this version's <lmhost/sdk.hpp>\n"},
      {"table_other_major",
       "table_other_major.so: error: its tables are of plugin ABI 9, and this host has 0 [E403]\n"},
      {"no_entry", "no_entry.so: error: the entry 'lmhost_plugin_v0' is missing [E405]\n"},
      {"undefined_symbol",
       "undefined_symbol.so: error: cannot open: undefined symbol: nobody_has_this [E404]\n"},
      {"entry_throws",
       "entry_throws.so: error: its entry threw an exception: out of coffee [E405]\n"},
      {"body_throws",
       "body_throws.so: error: its entry returned no tables: parameter 'n:integer': unknown type; "
       "write int, float, bool or string [E405]\n"},
      {"entry_refuses",
       "entry_refuses.so: error: its entry returned no tables: it gave no reason [E405]\n"},
      {"null_name", "null_name.so: error: kernel 1: name is NULL [E406]\n"},
      {"formula_syntax",
       "formula_syntax.so: flops of 'bad.syntax':1:6: error: expected a number, a name or '(', "
       "found the end of "
       "the formula [E407]\n"
       "    1 | 2*M**\n"
       "      |      ^\n"
       "formula_syntax.so: flops of 'bad.name':1:6: error: unknown name 'colums' [E407]\n"
       "    1 | rows*colums\n"
       "      |      ^~~~~~ did you mean 'columns'?\n"
       "formula_syntax.so: let 'half' of 'bad.function':1:1: error: unknown function 'hafl' "
       "[E407]\n"
       "    1 | hafl(rows)\n"
       "      | ^~~~\n"
       "formula_syntax.so: flops of 'bad.function':1:1: error: 'ceil_div' is called with 1 "
       "argument [E407]\n"
       "    1 | ceil_div(rows)\n"
       "      | ^~~~~~~~ write ceil_div(a, b)\n"},
      {"duplicate_inside",
       "duplicate_inside.so: error: name 'bad.twice' is declared twice, by kernel 'bad.twice' and "
       "by kernel "
       "'bad.twice' [E408]\n"
       "duplicate_inside.so: error: name 'bad.twice' is declared twice, by kernel 'bad.twice' and "
       "by kernel "
       "'bad.other' [E408]\n"
       "duplicate_inside.so: error: name 'bad.again' is declared twice, by kernel 'bad.other' "
       "itself [E408]\n"},
      {"foreign",
       "foreign.so: error: not an lmhost plugin: it carries no lmhost note [E402]\n"
       "  plugins are built with <lmhost/sdk.hpp> and lmhost_add_plugin()\n"},
      {"missing", "missing.so: error: cannot read the plugin: No such file or directory [E501]\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(refusal(kFixtures + "/" + row.name + ".so") == row.expected);
  }
}

TEST_CASE("plugins: files that are no libraries") {
  const ScratchFolder folder;
  folder.write("empty.so", "");
  folder.write("text.so", "This is not a library.\n");
  fs::create_directory(folder.path() + "/folder.so");
  REQUIRE(::mkfifo((folder.path() + "/pipe.so").c_str(), 0600) == 0);
  fs::copy(kFixtures + "/functions.so", folder.path() + "/writable.so");
  REQUIRE(::chmod((folder.path() + "/writable.so").c_str(), 0666) == 0);
  fs::copy(kFixtures + "/functions.so", folder.path() + "/cut.so");
  // Inside its code: half of the file may be debug information that no segment needs.
  fs::resize_file(folder.path() + "/cut.so", 6000);
  fs::copy(kFixtures + "/functions.so", folder.path() + "/renamed.so");

  struct Row {
    const char* name;
    const char* expected;
  };
  const Row rows[] = {
      {"empty", "empty.so: error: not a loadable plugin: the file is empty [E401]\n"},
      {"text", "text.so: error: not a loadable plugin: it is not an ELF file [E401]\n"},
      {"folder",
       "folder.so: error: not a loadable plugin: it is a directory [E401]\n"
       "  a directory of plugins is given by --plugin-dir\n"},
      {"pipe", "pipe.so: error: not a loadable plugin: it is not a regular file [E401]\n"},
      {"writable",
       "writable.so: error: not a loadable plugin: everybody may write to it [E401]\n"
       "  chmod o-w removes the permission\n"},
      {"cut", "cut.so: error: not a loadable plugin: the file is truncated [E401]\n"},
      {"renamed",
       "renamed.so: error: its id is 'functions', so the file must be named 'functions.so' "
       "[E406]\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(refusal(folder.path() + "/" + row.name + ".so", folder.path()) == row.expected);
  }
}

TEST_CASE("plugins: all bad files of a command are reported, and the exit status says which kind") {
  const Result<Catalog> catalog = load_catalog(
      {{kFixtures + "/no_entry.so", kFixtures + "/functions.so", kFixtures + "/foreign.so"},
       {},
       ""});
  REQUIRE_FALSE(catalog.ok());
  CHECK(catalog.errors().size() == 2);
  CHECK(exit_status(catalog.errors()) == 4);
  const Result<Catalog> missing = load_catalog({{kFixtures + "/missing.so"}, {}, ""});
  REQUIRE_FALSE(missing.ok());
  CHECK(exit_status(missing.errors()) == 5);
}

TEST_CASE("plugins: of a folder, what does not load is listed") {
  const ScratchFolder folder;
  for (const char* name : {"functions", "foreign", "no_entry", "formula_syntax"})
    fs::copy(kFixtures + "/" + name + ".so", folder.path() + "/" + name + ".so");
  folder.write("notes.txt", "not looked at");
  fs::create_directory(folder.path() + "/below");
  fs::copy(kFixtures + "/duplicate_one.so", folder.path() + "/below/duplicate_one.so");
  // Links to a plugin, sorted before and after it: it counts once, and its other names are no
  // trouble.
  fs::create_symlink(folder.path() + "/functions.so", folder.path() + "/a_link.so");
  fs::create_symlink(folder.path() + "/functions.so", folder.path() + "/z_link.so");

  const Result<Catalog> catalog = load_catalog({{}, {folder.path()}, ""});
  REQUIRE(catalog.ok());
  CHECK(ids(*catalog) == std::vector<std::string>{"functions"});
  CHECK(
      refused(*catalog, folder) ==
      "foreign: foreign.so: error: not an lmhost plugin: it carries no lmhost note [E402]\n"
      "  plugins are built with <lmhost/sdk.hpp> and lmhost_add_plugin()\n"
      "formula_syntax.so: flops of 'bad.syntax':1:6: error: expected a number, a name or '(', "
      "found the end of "
      "the formula [E407]\n"
      "    1 | 2*M**\n"
      "      |      ^\n"
      "formula_syntax.so: flops of 'bad.name':1:6: error: unknown name 'colums' [E407]\n"
      "    1 | rows*colums\n"
      "      |      ^~~~~~ did you mean 'columns'?\n"
      "formula_syntax.so: let 'half' of 'bad.function':1:1: error: unknown function 'hafl' [E407]\n"
      "    1 | hafl(rows)\n"
      "      | ^~~~\n"
      "formula_syntax.so: flops of 'bad.function':1:1: error: 'ceil_div' is called with 1 argument "
      "[E407]\n"
      "    1 | ceil_div(rows)\n"
      "      | ^~~~~~~~ write ceil_div(a, b)\n"
      "no_entry.so: error: the entry 'lmhost_plugin_v0' is missing [E405]\n");
}

TEST_CASE("plugins: an earlier source hides a plugin of the same id") {
  const ScratchFolder mine, theirs;
  for (const ScratchFolder* folder : {&mine, &theirs})
    fs::copy(kFixtures + "/functions.so", folder->path() + "/functions.so");
  fs::copy(kFixtures + "/duplicate_one.so", theirs.path() + "/duplicate_one.so");

  const Result<Catalog> catalog = load_catalog({{}, {mine.path(), theirs.path()}, ""});
  REQUIRE(catalog.ok());
  CHECK(ids(*catalog) == std::vector<std::string>{"duplicate_one", "functions"});
  CHECK(catalog->plugins()[1].path == mine.path() + "/functions.so");
  REQUIRE(catalog->shadowed().size() == 1);
  CHECK(catalog->shadowed()[0].id == "functions");
  CHECK(catalog->shadowed()[0].path == theirs.path() + "/functions.so");
  CHECK(catalog->shadowed()[0].by == mine.path() + "/functions.so");
  CHECK(catalog->refused().empty());

  // A plugin given by name hides those of every folder, the default one included.
  const Result<Catalog> named = load_catalog({{theirs.path() + "/functions.so"}, {}, mine.path()});
  REQUIRE(named.ok());
  CHECK(named->plugins()[0].path == theirs.path() + "/functions.so");
  CHECK(named->shadowed().size() == 1);

  // Two of one id by name: nobody can say which is meant.
  const Result<Catalog> both =
      load_catalog({{mine.path() + "/functions.so", theirs.path() + "/functions.so"}, {}, ""});
  REQUIRE_FALSE(both.ok());
  CHECK(render(both.errors()) ==
        theirs.path() + "/functions.so: error: plugin 'functions' is given twice, first as " +
            mine.path() + "/functions.so [E408]\n  leave one out\n");

  // The same file twice is one plugin.
  CHECK(load_catalog(
            {{mine.path() + "/functions.so", mine.path() + "/functions.so"}, {mine.path()}, ""})
            .ok());
}

TEST_CASE("plugins: two versions of one plugin in one folder, both files named") {
  const ScratchFolder folder;
  fs::copy(kFixtures + "/functions.so", folder.path() + "/functions.so");
  fs::copy(kFixtures + "/functions.so", folder.path() + "/functions-1.2.so");
  const Result<Catalog> catalog = load_catalog({{}, {folder.path()}, ""});
  REQUIRE(catalog.ok());
  CHECK(ids(*catalog) == std::vector<std::string>{"functions"});
  REQUIRE(catalog->refused().size() == 1);
  const std::string version = catalog->plugins()[0].version;
  CHECK(without_folders(render({catalog->refused()[0].reason}), {folder.path()}) ==
        "functions-1.2.so: error: plugin 'functions' is in this folder twice: functions.so "
        "(version " +
            version + ", loaded) and functions-1.2.so (version " + version +
            ") [E408]\n  remove one of the two; the one that stays must be named "
            "'functions.so'\n");
  // In folders of their own the file has but the wrong name.
  const ScratchFolder other;
  fs::copy(kFixtures + "/functions.so", other.path() + "/functions-1.2.so");
  const Result<Catalog> apart = load_catalog({{}, {other.path()}, ""});
  REQUIRE(apart.ok());
  REQUIRE(apart->refused().size() == 1);
  CHECK(apart->refused()[0].reason.code == "E406");
}

TEST_CASE("plugins: folders that cannot be read") {
  const Result<Catalog> missing = load_catalog({{}, {kFixtures + "/nowhere"}, ""});
  REQUIRE_FALSE(missing.ok());
  CHECK(without_folders(render(missing.errors()), {kFixtures}) ==
        "nowhere: error: cannot read the plugin directory: No such file or directory [E501]\n"
        "  make the folder, or leave it out of --plugin-dir and LMHOST_PLUGIN_PATH\n");
  CHECK(exit_status(missing.errors()) == 5);
  // An installation without plugins is no error by itself.
  const Result<Catalog> fresh = load_catalog({{}, {}, kFixtures + "/nowhere"});
  REQUIRE(fresh.ok());
  CHECK(fresh->plugins().empty());
}

TEST_CASE("plugins: a replaced file is noticed") {
  const ScratchFolder folder;
  const std::string path = folder.path() + "/functions.so";
  fs::copy(kFixtures + "/functions.so", path);
  REQUIRE(load_plugin(path).ok());
  fs::copy(kFixtures + "/functions.so", folder.path() + "/new");
  fs::rename(folder.path() + "/new", path);
  const Result<Plugin> again = load_plugin(path);
  REQUIRE_FALSE(again.ok());
  CHECK(without_folders(render(again.errors()), {folder.path()}) ==
        "functions.so: error: the file was replaced after this process opened it; start a new "
        "process [E404]\n");
}

TEST_CASE("plugins: start-up code does not change the floating-point environment") {
  REQUIRE(std::fegetround() == FE_TONEAREST);
  REQUIRE(load_plugin(kFixtures + "/fast_math.so").ok());
  CHECK(std::fegetround() == FE_TONEAREST);
}

TEST_CASE("plugins: opened from many threads, once each") {
  std::vector<std::thread> threads;
  std::vector<const lmh_plugin*> tables(8, nullptr);
  for (const lmh_plugin*& table : tables) {
    threads.emplace_back([&table] {
      const Result<PluginFile> file = inspect_plugin_file(kFixtures + "/functions.so");
      if (!file) return;
      const Result<const lmh_plugin*> opened = open_plugin(*file);
      if (opened) table = *opened;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(tables.front() != nullptr);
  CHECK(std::count(tables.begin(), tables.end(), tables.front()) == 8);
}

TEST_CASE("plugins: what is declared is what is kept") {
  const Result<Plugin> plugin = load_plugin(kFixtures + "/functions.so");
  REQUIRE(plugin.ok());
  CHECK(plugin->id == "functions");
  CHECK(plugin->version == "1.0.0");
  CHECK(plugin->doc == "Functions called by formulas");
  CHECK(plugin->abi == "0.1");
  CHECK(fingerprint_of(*plugin).size() == 64);
  REQUIRE(plugin->constants.size() == 1);
  CHECK(to_string(plugin->constants[0].value) == "1.5");
  CHECK(plugin->constants[0].source == "made up");
  REQUIRE(plugin->functions.size() == 2);
  CHECK(plugin->functions[0].is_macro);
  CHECK_FALSE(plugin->functions[1].is_macro);
  REQUIRE(plugin->kernels.size() == 1);
  const Kernel& kernel = plugin->kernels[0];
  CHECK(kernel.aliases == std::vector<std::string>{"functions.one", "functions.two",
                                                   "functions.three", "functions.four"});
  REQUIRE(kernel.parameters.size() == 3);
  CHECK(kernel.parameters[1].type == ParameterType::kString);
  CHECK(kernel.parameters[1].default_value->text == "'n'");
  CHECK(kernel.parameters[0].default_value == nullptr);
  CHECK(kernel.lets[0].expression->text == "doubled(of)");
  CHECK(kernel.examples.size() == 2);
}

TEST_CASE("plugins: calls of functions across the boundary") {
  const Result<Plugin> plugin = load_plugin(kFixtures + "/functions.so");
  REQUIRE(plugin.ok());
  const PluginFunction& doubled = plugin->functions[0];
  const PluginFunction& half = plugin->functions[1];
  REQUIRE(doubled.expand({"a+b"}).ok());
  CHECK(*doubled.expand({"a+b"}) == "2*(a+b)");
  REQUIRE(half.evaluate({5}).ok());
  CHECK(*half.evaluate({5}) == 2.5);
  const auto refused_text = doubled.expand({"nothing"});
  REQUIRE_FALSE(refused_text.ok());
  CHECK(refused_text.errors()[0].message == "doubled() failed: cannot double nothing");
  const auto refused_number = half.evaluate({-1});
  REQUIRE_FALSE(refused_number.ok());
  CHECK(refused_number.errors()[0].message == "half() failed: negative");
}
