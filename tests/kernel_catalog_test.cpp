// A plugin as data and back: catalogs/kernels holds what every first-party plugin declares, and
// what was generated from data declares just that.
//
// LMHOST_UPDATE_CATALOGS=1 in the environment writes catalogs/kernels anew, but for plugins with a
// kernel whose formulas changed under the same revision: raise that first.
#include "load/kernel_catalog.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "load/plugin_discovery.hpp"
#include "load/plugin_fingerprint.hpp"
#include "load/plugin_reader.hpp"
#include "load/text_file.hpp"
#include "report/kernel_catalog.hpp"
#include "resolve/example.hpp"
#include "scratch_folder.hpp"
#include "support.hpp"

using namespace lmhost;
using namespace lmhost::test;

namespace {

const std::string kStored = LMHOST_SOURCE_DIR "/catalogs/kernels/";

Result<Plugin> read(const std::string& text, bool allow_functions = false) {
  const Result<JsonDocument> document = JsonDocument::parse(text_named("x.json", text));
  if (!document) return document.errors();
  return read_kernel_catalog(*document, {.allow_functions = allow_functions});
}

std::string errors_of(const std::string& text) {
  const Result<Plugin> plugin = read(text);
  return plugin ? "" : render(plugin.errors());
}

// Every field, every flag and every role, and texts that a C++ literal must escape.
const char* const kEverything = R"json({"schema":"lmhost.kernels/1","language":1,
"plugin":{"id":"everything","version":"1.2.3-rc.1","doc":"Line one\nline \"two\" \\ ünï","license":"MIT"},
"constants":[
{"name":"exp_flops","value":"2.5","doc":"of one exponential","source":"paper \u0001 7"},
{"name":"plain","value":"3"}],
"kernels":[
{"name":"every.thing","revision":7,
"doc":"x \t y",
"source":"page 1",
"aliases":["@","every::thing","/","E.t"],
"parameters":[
{"name":"M","type":"int","doc":"rows"},
{"name":"x","type":"float","default":"1 -- 2"},
{"name":"flag","type":"bool","default":"False","not_monotone":true},
{"name":"kind","type":"string","default":"'a=b:c'","optional":true,"not_monotone":true},
{"name":"free","type":"int","optional":true}],
"lets":[
{"name":"tiles","expression":"ceil_div(M, 128)","doc":"of 128 rows"}],
"quantities":[
{"name":"flops","expression":"tiles*exp_flops if kind == 'a=b:c' else M*plain","doc":"why"},
{"name":"matmul_flops","expression":"0"},
{"name":"useful_flops","expression":"M"}],
"operands":[
{"name":"w","direction":"read","role":"weight","elements":"M","stored_elements":"2*M","bits":"w_bits"},
{"name":"a","direction":"read","role":"activation","elements":"M"},
{"name":"a","direction":"write","role":"activation","elements":"M + 1","doc":"in place"},
{"name":"k","direction":"write","role":"kv_cache","elements":"M","stored_elements":"M"},
{"name":"i","direction":"scratch","role":"index","elements":"M"}],
"examples":[
{"bindings":"M=128, bytes=2","expected":"flops=2.5","source":"by hand"}]},
{"name":"least","revision":1,
"quantities":[
{"name":"flops","expression":"0"}]}]}
)json";

// Compiles a source as a plugin of that id; "" or what the compiler says.
std::string compile(const std::string& source, const std::string& library) {
  const std::string log = library + ".log";
  const std::string command = std::string("\"") + LMHOST_CXX_COMPILER +
                              "\" -std=c++17 -Wall -Wextra -Wpedantic -Werror -shared -fPIC "
                              "-fvisibility=hidden -I\"" LMHOST_SOURCE_DIR "/sdk/include\" \"" +
                              source + "\" -o \"" + library + "\" > \"" + log + "\" 2>&1";
  // NOLINTNEXTLINE(concurrency-mt-unsafe,cert-env33-c): a test with paths of its own
  if (std::system(command.c_str()) == 0) return "";
  const auto text = read_text(log);
  return command + "\n" + (text ? (*text)->text : "");
}

void check_stored(const Plugin& plugin) {
  const std::string path = kStored + plugin.id + ".json";
  const std::string now = write_kernel_catalog(plugin);
  const char* update = std::getenv("LMHOST_UPDATE_CATALOGS");  // NOLINT(concurrency-mt-unsafe)
  const bool may_write = update != nullptr && std::string_view(update) == "1";
  if (const auto text = read_text(path)) {
    const Result<Plugin> before = read_kernel_catalog_file(path, {.allow_functions = true});
    REQUIRE_MESSAGE(before.ok(), render(before.ok() ? Diagnostics{} : before.errors()));
    const Diagnostics errors = changed_without_revision(*before, plugin);
    REQUIRE_MESSAGE(errors.empty(), render(errors));
    if ((*text)->text == now) return;
  }
  const std::string problem = path + " is not what plugin '" + plugin.id +
                              "' declares; look at the difference with `lmhost plugin dump " +
                              plugin.id + "`, then run this test with LMHOST_UPDATE_CATALOGS=1";
  REQUIRE_MESSAGE(may_write, problem);
  std::ofstream(path, std::ios::binary) << now;
}

}  // namespace

TEST_CASE("kernel catalogue: the stored dump of every first-party plugin is up to date") {
  std::size_t plugins = 0;
  for (const Plugin& plugin : first_party_catalog()->plugins()) {
    CAPTURE(plugin.id);
    check_stored(plugin);
    ++plugins;
  }
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kStored))
    files += entry.path().extension() == ".json" ? 1 : 0;
  CHECK(files == plugins);
}

TEST_CASE("kernel catalogue: what is read from a dump dumps to the same bytes") {
  for (const Plugin& plugin : first_party_catalog()->plugins()) {
    CAPTURE(plugin.id);
    const std::string dump = write_kernel_catalog(plugin);
    const Result<Plugin> again = read(dump, true);
    REQUIRE_MESSAGE(again.ok(), render(again.ok() ? Diagnostics{} : again.errors()));
    CHECK(write_kernel_catalog(*again) == dump);
    CHECK(fingerprint_of(*again) == fingerprint_of(plugin));
  }
  const Result<Plugin> everything = read(kEverything);
  REQUIRE_MESSAGE(everything.ok(), render(everything.ok() ? Diagnostics{} : everything.errors()));
  CHECK(write_kernel_catalog(*everything) == kEverything);
}

TEST_CASE("kernel catalogue: a plugin generated from data dumps to its input") {
  struct Row {
    std::string id;
    std::string text;
  };
  std::string everything = kEverything;
  everything.replace(everything.find("ünï"), std::string_view("ünï").size(),
                     "a trigraph: ?"
                     "?/ ");
  std::vector<Row> rows = {{"everything", kEverything}, {"everything", everything}};
  const Plugin* embedding = first_party_catalog()->plugin("embedding");
  REQUIRE(embedding != nullptr);
  rows.push_back({"embedding", write_kernel_catalog(*embedding)});
  for (const Row& row : rows) {
    CAPTURE(row.id);
    const Result<Plugin> data = read(row.text);
    REQUIRE(data.ok());
    const ScratchFolder folder;  // of its own: a path is one library for the life of a process
    const std::string source = folder.write(row.id + ".cpp", write_plugin_source(*data));
    const std::string library = folder.path() + "/" + row.id + ".so";
    REQUIRE(compile(source, library) == "");
    std::filesystem::permissions(library, std::filesystem::perms::others_write,
                                 std::filesystem::perm_options::remove);
    const Result<Plugin> loaded = load_plugin(library);
    REQUIRE_MESSAGE(loaded.ok(), render(loaded.ok() ? Diagnostics{} : loaded.errors()));
    CHECK(write_kernel_catalog(*loaded) == row.text);
    CHECK(fingerprint_of(*loaded) == fingerprint_of(*data));
  }
  // The layout of the input is no matter.
  std::string spread = kEverything;
  for (std::size_t at = 0; (at = spread.find("\"name\":", at)) != std::string::npos; at += 11)
    spread.replace(at, 7, "\n  \"name\" : ");
  const Result<Plugin> other = read(spread);
  REQUIRE(other.ok());
  CHECK(write_plugin_source(*other) == write_plugin_source(*read(kEverything)));
}

TEST_CASE("kernel catalogue: a plugin of data computes") {
  std::vector<Plugin> plugins;
  plugins.push_back(std::move(read(kEverything)).value());
  const Result<Catalog> catalog = Catalog::build(std::move(plugins));
  REQUIRE(catalog.ok());
  CHECK(render(check_examples(*catalog)) == "");
}

TEST_CASE("kernel catalogue: every mistake has its place") {
  struct Row {
    const char* from;  // in kEverything
    const char* to;
    const char* expected;
  };
  const Row rows[] = {
      {"\"lmhost.kernels/1\"", "\"lmhost.graph/1\"",
       "x.json:1:11: error: not a kernel catalogue: \"schema\" must be \"lmhost.kernels/1\" "
       "[E111]\n"
       "    1 | {\"schema\":\"lmhost.graph/1\",\"language\":1,\n"
       "      |           ^~~~~~~~~~~~~~~~ 'lmhost plugin dump FILE' writes one\n"},
      {"\"least\",\"revision\"", "\"least\",\"revison\"",
       "x.json:31:17: error: unknown key 'revison' of a kernel [E104]\n"
       "   31 | {\"name\":\"least\",\"revison\":1,\n"
       "      |                 ^~~~~~~~~ did you mean 'revision'?\n"
       "x.json:31:1: error: a kernel has no 'revision' [E106]\n"
       "   31 | {\"name\":\"least\",\"revison\":1,\n"
       "      | ^\n"},
      {"\"least\",\"revision\":1", "\"least\",\"revision\":\"1\"",
       "x.json:31:28: error: 'revision' must be a number, not a string [E105]\n"
       "   31 | {\"name\":\"least\",\"revision\":\"1\",\n"
       "      |                            ^~~\n"},
      {"\"revision\":7", "\"revision\":-7",
       "x.json:7:34: error: 'revision' must be a whole number of 0 or more [E108]\n"
       "    7 | {\"name\":\"every.thing\",\"revision\":-7,\n"
       "      |                                  ^~\n"},
      {"\"revision\":7", "\"revision\":0",
       "x.json:7:1: error: kernel 'every.thing': revision is 0; it starts at 1 [E406]\n"
       "    7 | {\"name\":\"every.thing\",\"revision\":0,\n"
       "      | ^\n"},
      {"\"type\":\"float\"", "\"type\":\"double\"",
       "x.json:13:20: error: 'type' cannot be 'double' [E108]\n"
       "   13 | {\"name\":\"x\",\"type\":\"double\",\"default\":\"1 -- 2\"},\n"
       "      |                    ^~~~~~~~ one of int, float, bool, string\n"},
      {"ceil_div(M, 128)", "ceil_dv(M, 128)",
       "x.json:18:31: error: unknown function 'ceil_dv' [E407]\n"
       "   18 | {\"name\":\"tiles\",\"expression\":\"ceil_dv(M, 128)\",\"doc\":\"of 128 rows\"}],\n"
       "      |                               ^~~~~~~ did you mean 'ceil_div'?\n"},
      {"\"elements\":\"M + 1\"", "\"elements\":\"M + N\"",
       "x.json:26:69: error: unknown name 'N' [E407]\n"
       "   26 | {\"name\":\"a\",\"direction\":\"write\",\"role\":\"activation\",\"elements\":\"M + "
       "N\",\"doc\":\"in place\"},\n"
       "      |                                                                     ^\n"},
      {"\"expression\":\"M\"}", "\"expression\":\"M +\"}", nullptr},
      {"\"name\":\"i\"", "\"name\":\"bytes\"",
       "x.json:28:1: error: kernel 'every.thing', operand 5: name 'bytes' is taken by a precision "
       "variable [E406]\n"
       "   28 | "
       "{\"name\":\"bytes\",\"direction\":\"scratch\",\"role\":\"index\",\"elements\":\"M\"}],\n"
       "      | ^\n"},
      {"1.2.3-rc.1", "1.2",
       "x.json:2:39: error: its version '1.2' is not a semantic version like 1.0.0 [E406]\n"
       "    2 | \"plugin\":{\"id\":\"everything\",\"version\":\"1.2\",\"doc\":\"Line one\\nline "
       "\\\"two\\\" \\\\ ünï\",\"license\":\"MIT\"},\n"
       "      |                                       ^~~~~\n"},
      {"\"language\":1", "\"language\":2",
       "x.json:1:41: error: its formulas are of language 2, and this host knows 1 to 1 [E403]\n"
       "    1 | {\"schema\":\"lmhost.kernels/1\",\"language\":2,\n"
       "      |                                         ^\n"},
      {"\"kernels\":[",
       "\"functions\":[{\"name\":\"f\",\"kind\":\"macro\",\"arity\":1}],\n\"kernels\":[",
       "x.json:6:13: error: functions are code, which data cannot hold [E108]\n"
       "    6 | \"functions\":[{\"name\":\"f\",\"kind\":\"macro\",\"arity\":1}],\n"
       "      |             ^ write a plugin in C++ with lmhost/sdk.hpp\n"},
      {"x \\t y", "x \\u0000 y",
       "x.json:8:7: error: 'doc' has a NUL character [E108]\n"
       "    8 | \"doc\":\"x \\u0000 y\",\n"
       "      |       ^~~~~~~~~~~~\n"},
      {"\"least\"", "\"E.t\"",
       "x.json:6:11: error: name 'E.t' is declared twice, by kernel 'every.thing' and by kernel "
       "'E.t' [E408]\n"
       "    6 | \"kernels\":[\n"
       "      |           ^\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.to);
    std::string text = kEverything;
    const std::size_t at = text.find(row.from);
    REQUIRE(at != std::string::npos);
    text.replace(at, std::string_view(row.from).size(), row.to);
    const std::string errors = errors_of(text);
    if (row.expected != nullptr)
      CHECK(errors == row.expected);
    else
      CHECK(errors.find("x.json:22:") == 0);
  }
  CHECK(errors_of("[]").find("x.json:1:1: error: not a kernel catalogue") == 0);
  CHECK(errors_of("{").find("x.json:1:2: error:") == 0);
}

TEST_CASE("kernel catalogue: any bytes give a plugin or errors with a place") {
  std::mt19937 random(3);
  const std::string good = kEverything;
  std::size_t readable = 0;
  for (int round = 0; round < 500; ++round) {
    std::string text = good;
    for (std::size_t i = 1 + random() % 3; i > 0; --i)
      text[random() % text.size()] = "\"{}[],:0aM*+\\ \x01"[random() % 15];
    const Result<Plugin> plugin = read(text);
    readable += plugin.ok() ? 1 : 0;
    if (plugin.ok()) continue;
    for (const Diagnostic& error : plugin.errors()) {
      CAPTURE(text);
      CHECK(error.file == "x.json");
      CHECK(error.line != 0);
    }
  }
  CHECK(readable > 10);
  CHECK(readable < 490);
}

TEST_CASE("kernel catalogue: other formulas need another revision") {
  const Plugin before = std::move(read(kEverything)).value();
  struct Row {
    const char* from;
    const char* to;
    const char* kernels;  // that are reported, each between blanks
  };
  const Row rows[] = {
      {"M*plain", "M*plain + 1", " every.thing "},
      {"\"value\":\"2.5\"", "\"value\":\"2.25\"", " every.thing "},  // a constant it uses
      {"\"default\":\"False\"", "\"default\":\"True\"", " every.thing "},
      {"\"expression\":\"0\"}]}]", "\"expression\":\"1\"}]}]", " least "},
      {"\"revision\":7", "\"revision\":6", ""},  // same formulas
      {"\"doc\":\"why\"", "\"doc\":\"because\"", ""},
      {"\"E.t\"", "\"E.u\"", ""},
      {"\"default\":\"1 -- 2\"", "\"default\":\"1 -- 2\",\"not_monotone\":true", ""},
      {"page 1", "page 2", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.to);
    std::string text = kEverything;
    const std::size_t at = text.find(row.from);
    REQUIRE(at != std::string::npos);
    text.replace(at, std::string_view(row.from).size(), row.to);
    const Result<Plugin> now = read(text);
    REQUIRE_MESSAGE(now.ok(), render(now.ok() ? Diagnostics{} : now.errors()));
    std::string named = row.kernels[0] == '\0' ? "" : " ";
    const Diagnostics errors = changed_without_revision(before, *now);
    for (const Diagnostic& error : errors) {
      const std::size_t quote = error.message.find('\'');
      named += error.message.substr(quote + 1, error.message.find('\'', quote + 1) - quote - 1);
      named += " ";
    }
    CHECK(named == row.kernels);
    if (std::string_view(row.to) == "M*plain + 1")
      CHECK(render(errors) ==
            "x.json: error: kernel 'every.thing' has other formulas than in x.json and its "
            "revision is 7 still [E412]\n  raise it to 8\n");
    // Raised, it may change.
    const std::size_t revision = text.find("\"revision\":7");
    const std::size_t last = text.rfind("\"revision\":1");
    text.replace(last, 12, "\"revision\":2");
    if (revision != std::string::npos) text.replace(revision, 12, "\"revision\":8");
    CHECK(changed_without_revision(before, *read(text)).empty());
  }
}
