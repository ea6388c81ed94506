// `lmhost plugin check | explain | list | show`: the checks themselves, their pages and the command.
#include <doctest/doctest.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <span>
#include <string>

#include "check/answer.hpp"
#include "check/child.hpp"
#include "check/elf_dynamic.hpp"
#include "check/sample.hpp"
#include "load/json.hpp"
#include "load/plugin_discovery.hpp"
#include "scratch_folder.hpp"

using namespace lmhost;
namespace fs = std::filesystem;

namespace {

const std::string kFixtures = LMHOST_BINARY_DIR "/bad_plugins";
const std::string kPlugins = LMHOST_BINARY_DIR "/lib/lmhost/plugins-0";

struct Ran {
  int status;
  std::string text;  // both streams
};

Ran lmhost_says(const std::string& arguments) {
  const ScratchFolder folder;
  const std::string file = folder.path() + "/out";
  const int status = std::system(
      ("'" LMHOST_BINARY_DIR "/bin/lmhost' " + arguments + " > '" + file + "' 2>&1 < /dev/null")
          .c_str());
  std::ifstream stream(file);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1,
          {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()}};
}

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string findings_of(const CheckReport& report, std::string_view check) {
  const auto found = report.findings.find(check);
  std::string text;
  if (found != report.findings.end())
    for (const std::string& finding : found->second) text += finding + "\n";
  return text;
}

}  // namespace

TEST_CASE("plugin check: every first-party plugin passes, warnings included") {
  for (const auto& file : fs::directory_iterator(kPlugins)) {
    ChildOptions options;
    options.program = LMHOST_BINARY_DIR "/bin/lmhost";
    options.timeout = std::chrono::seconds(120);  // a busy machine, or a sanitizer
    const Result<CheckReport> report = check_plugin(file.path().string(), options);
    REQUIRE(report.ok());
    CAPTURE(file.path().string());
    CAPTURE(write_answer(*report));
    CHECK_FALSE(report->has_failed(true));
    CHECK(report->reached == CheckGroup::kNative);
    CHECK(report->is_whole);
    CHECK(report->points == 1000);
  }
}

TEST_CASE("plugin check: each law is broken by its kernel and by no other") {
  const CheckReport report = probe_plugin(kFixtures + "/bad_formulas.so", {7, 1000, {}});
  struct Row {
    const char* check;
    const char* kernel;
    const char* says;
  };
  const Row rows[] = {
      {"formula.not_negative", "'bad.negative'", "flops"},
      {"formula.monotone", "'bad.falling'", "bytes_read_activation falls from"},
      {"formula.scales_with_bits", "'bad.bytes'", "the bytes of operand 'output' go from"},
      {"formula.has_examples", "'good.text'", "no example of 'good.text' gives 'mode'"},
      {"table.no_unused_parameters", "'bad.unused'", "uses 'm'"},
      {"table.documented", "'bad.bytes'", "has no source"},
  };
  for (const Row& row : rows) {
    const std::string said = findings_of(report, row.check);
    CAPTURE(row.check);
    CAPTURE(said);
    CHECK(holds(said, row.kernel));
    CHECK(holds(said, row.says));
  }
  CHECK(holds(findings_of(report, "formula.monotone"), "--seed 7"));
  // Declared with '~'.
  CHECK_FALSE(holds(findings_of(report, "formula.monotone"), "good.tile"));
  // n/(rows - 64) is negative below and without a value at 64.
  CHECK(holds(findings_of(report, "formula.not_negative") + findings_of(report, "formula.finite"),
              "'bad.division'"));
}

TEST_CASE("plugin check: the same seed draws the same points") {
  const auto text = [](std::uint64_t seed) {
    return write_answer(probe_plugin(kFixtures + "/bad_formulas.so", {seed, 200, {}}));
  };
  CHECK(text(3) == text(3));
  CHECK(text(3) != text(4));
  Dice dice(1);
  CHECK(dice.next() == 10451216379200822465u);  // splitmix64, on every machine
}

TEST_CASE("plugin check: an answer reads back as it was written") {
  CheckReport report;
  report.file = "a \"b\"\\c.so";
  report.id = "a";
  report.fingerprint = "f";
  report.kernels = 3;
  report.seed = 9;
  report.points = 1000;
  report.reached = CheckGroup::kTable;
  report.add("table.documented", "two\nlines\x01 and é");
  const std::optional<CheckReport> again = read_answer(write_answer(report));
  REQUIRE(again);
  CHECK(write_answer(*again) == write_answer(report));
  CHECK(read_answer("   " + write_answer(report)));  // signs of life in front
  CHECK(again->findings == report.findings);
  for (const char* bad : {"", "{", "[]", "{}", "{\"findings\":1}", "{\"findings\":{\"a\":1}}"})
    CHECK_FALSE(read_answer(bad));
  // Advice fails only where strict; what lies behind the reached group was not judged.
  CHECK_FALSE(report.has_failed(false));
  CHECK(report.has_failed(true));
  CHECK(state_of(report, *find_check("formula.finite"), false) == CheckState::kSkipped);
}

TEST_CASE("plugin check: what was not judged is not said to have passed") {
  const auto state = [](const CheckReport& report, std::string_view check) {
    return state_of(report, *find_check(check), false);
  };
  CheckReport report;
  report.reached = CheckGroup::kLoad;
  report.add("load.opens", "undefined symbol");
  CHECK(state(report, "file.one_symbol") == CheckState::kPassed);
  CHECK(state(report, "load.survives") == CheckState::kPassed);
  CHECK(state(report, "load.opens") == CheckState::kFailed);
  CHECK(state(report, "load.entry") == CheckState::kSkipped);
  CHECK(state(report, "load.quick") == CheckState::kSkipped);
  CHECK(state(report, "table.well_formed") == CheckState::kSkipped);
  report.findings.clear();
  report.is_whole = true;
  CHECK(state(report, "load.quick") == CheckState::kPassed);

  // A formula that does not compile is found while the tables are read.
  report = {};
  report.reached = CheckGroup::kTable;
  report.add("formula.compiles", "syntax");
  CHECK(state(report, "load.quick") == CheckState::kPassed);
  CHECK(state(report, "table.well_formed") == CheckState::kPassed);
  CHECK(state(report, "table.documented") == CheckState::kSkipped);
  CHECK(state(report, "formula.finite") == CheckState::kSkipped);
}

TEST_CASE("plugin check: every check has its page, every code of plugins too") {
  std::set<std::string_view> ids;
  for (const CheckSpec& check : all_checks()) {
    CAPTURE(check.id);
    CHECK(ids.insert(check.id).second);
    CHECK(check.id.starts_with(std::string(name_of(check.group)) + "."));
    bool is_known = false;
    const std::string page = explanation_of(check.id, &is_known);
    CHECK(is_known);
    for (const std::string_view part : {check.asserts, check.why, check.remedy}) {
      CHECK_FALSE(part.empty());
      CHECK(holds(page, part));
    }
  }
  for (int code = 401; code <= 412; ++code) {
    bool is_known = false;
    const std::string page = explanation_of("E" + std::to_string(code), &is_known);
    CAPTURE(code);
    CHECK(is_known);
    CHECK(holds(page, "What to do: "));
    // The last two are about several plugins, or versions of one.
    CHECK((check_of_code("E" + std::to_string(code)) != nullptr) == (code <= 410));
  }
  bool is_known = true;
  CHECK(explanation_of("E101", &is_known).empty());
  CHECK_FALSE(is_known);
}

TEST_CASE("plugin check: what a library exports and needs is read from its bytes") {
  std::ifstream stream(kFixtures + "/functions.so", std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  const auto elf = read_elf_dynamic(std::as_bytes(std::span(bytes)));
  REQUIRE(elf);
  CHECK(elf->exported == std::vector<std::string>{"lmhost_plugin_v0"});
  CHECK(elf->unique.empty());
  CHECK_FALSE(elf->has_text_relocations);
  CHECK_FALSE(elf->needed.empty());
  // Any bytes whatsoever have an answer.
  Dice dice(5);
  for (int i = 0; i < 2000; ++i) {
    std::string mutant =
        bytes.substr(0, dice.below(4) == 0 ? dice.below(bytes.size()) : bytes.npos);
    for (int flips = 0; flips < 8 && !mutant.empty(); ++flips)
      mutant[dice.below(std::min<std::size_t>(mutant.size(), 2048))] =
          static_cast<char>(dice.below(256));
    (void)read_elf_dynamic(std::as_bytes(std::span(mutant)));
  }
}

TEST_CASE("plugin check: the command's text, status and JSON") {
  const Ran good = lmhost_says("plugin check '" + kFixtures + "/functions.so'");
  CAPTURE(good.text);
  CHECK(good.status == 0);
  CHECK(holds(good.text, "functions 1.0.0, ABI 0.1, 1 kernel\n"));
  CHECK(holds(good.text, "1000 random points, --seed 1\n"));
  CHECK(holds(good.text, "warning  table.documented"));
  CHECK(lmhost_says("plugin check --strict '" + kFixtures + "/functions.so'").status == 1);

  const Ran bad = lmhost_says("plugin check --json '" + kFixtures + "/exit_in_entry.so' '" +
                              kFixtures + "/functions.so'");
  CHECK(bad.status == 1);
  const auto source = std::make_shared<const SourceText>(SourceText{"out", bad.text});
  const Result<JsonDocument> json = JsonDocument::parse(source);
  REQUIRE_MESSAGE(json.ok(), bad.text);
  CHECK(json->root().find("schema").string() == "lmhost.plugin_check/1");
  CHECK(json->root().find("plugins").size() == 2);

  CHECK(lmhost_says("plugin check").status == 2);
  CHECK(lmhost_says("plugin check --seed x a.so").status == 2);
  const Ran page = lmhost_says("plugin explain formula.monotone");
  CHECK(page.status == 0);
  CHECK(holds(page.text, "LMH_PARAMETER_NOT_MONOTONE"));
  CHECK(lmhost_says("plugin explain E405").status == 0);
  const Ran unknown = lmhost_says("plugin explain formula.monotony");
  CHECK(unknown.status == 2);
  CHECK(holds(unknown.text, "did you mean 'formula.monotone'?"));
}

TEST_CASE("plugin list: loaded, shadowed, refused and, when asked for, foreign") {
  const ScratchFolder mine, theirs;
  for (const char* name : {"functions", "foreign", "no_entry"})
    fs::copy(kFixtures + "/" + name + ".so", mine.path() + "/" + name + ".so");
  fs::copy(kFixtures + "/functions.so", theirs.path() + "/functions.so");
  const std::string options = "plugin list --no-default-plugins --plugin-dir '" + mine.path() +
                              "' --plugin-dir '" + theirs.path() + "'";
  const Ran list = lmhost_says(options);
  CAPTURE(list.text);
  CHECK(list.status == 0);
  CHECK(holds(list.text, "functions  1.0.0    0.1  loaded    1 kernel"));
  CHECK(holds(list.text, "functions  1.0.0    0.1  shadowed  by " + mine.path()));
  CHECK(holds(list.text, "no_entry   -        0.1  refused   the entry"));
  CHECK_FALSE(holds(list.text, "foreign"));
  CHECK(holds(lmhost_says(options + " --all").text, "foreign"));
  const Ran show = lmhost_says("plugin show '" + kFixtures + "/functions.so'");
  CHECK(show.status == 0);
  CHECK(holds(show.text, "good.functions"));
  CHECK(holds(show.text, "doubled/1"));
}
