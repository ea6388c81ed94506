#include "check/checks.hpp"

#include <algorithm>
#include <utility>

#include "base/diagnostic.hpp"

namespace lmhost {
namespace {

using Group = CheckGroup;

constexpr CheckSpec kChecks[] = {
    {"file.readable", Group::kFile, false, "E401 E501",
     "is a whole shared library of this machine that nobody else may replace",
     "The dynamic linker dies on a truncated library, and whoever can replace the file runs code "
     "as the user.",
     "Build or copy the file again; chmod go-w it and its folder where others may write to them."},
    {"file.note", Group::kFile, false, "E402", "carries the note of an lmhost plugin",
     "Opening a library runs its start-up code. The note is read from the file before that, so "
     "that a foreign library never runs.",
     "Build with <lmhost/sdk.hpp>, or write LMHOST_DECLARE_NOTE; once in a C plugin."},
    {"file.abi", Group::kFile, false, "E403", "is of this host's plugin ABI and formula language",
     "Tables of another major have another layout or another meaning.",
     "Build the plugin with the <lmhost/sdk.hpp> of this version."},
    {"file.one_symbol", Group::kFile, false, "", "exports lmhost_plugin_v0 and nothing else",
     "Symbols of the standard library or of the plugin that are exported can bind to those of "
     "another plugin with other flags, and crash.",
     "Link with lmhost_add_plugin(), or with -Wl,--version-script and the installed plugin.map."},
    {"file.no_unique_symbols", Group::kFile, false, "", "has no symbols that are unique a process",
     "STB_GNU_UNIQUE symbols are shared between plugins in spite of RTLD_LOCAL: one plugin would "
     "see the data of another.",
     "Hide them with the version script, or compile with -fno-gnu-unique."},
    {"file.position_independent", Group::kFile, false, "", "has no text relocations",
     "Code that is patched while loading is refused by hardened systems and never shared.",
     "Compile everything that goes into the plugin with -fPIC."},
    {"file.needs_little", Group::kFile, false, "",
     "needs no library but those of C and C++ themselves",
     "What a plugin links is part of its interface: a missing or differing library makes it "
     "unloadable on another machine.",
     "Drop the library, or link it statically with hidden symbols."},
    {"file.no_start_up_code", Group::kFile, true, "", "has no static constructors",
     "Code that runs while loading cannot be reported, timed or refused. <iostream> and "
     "-ffast-math bring some; the latter changes the arithmetic of the whole process.",
     "Make globals constexpr; leave out <iostream> and -ffast-math."},

    {"load.survives", Group::kLoad, false, "",
     "neither crashes, ends, hangs nor silences the process that loads it",
     "A plugin runs inside somebody's program: when it calls exit() or dies, so does that program.",
     "Run 'lmhost plugin probe FILE 3>&1' under a debugger, and report errors by host->fail() or "
     "an exception inside LMHOST_PLUGIN."},
    {"load.opens", Group::kLoad, false, "E404", "can be opened, with every symbol bound",
     "Symbols are bound at once: a missing one, found at the first call, would end the process.",
     "Link with -Wl,-z,defs: the linker then names what is missing."},
    {"load.entry", Group::kLoad, false, "E405", "its entry returns tables and throws nothing",
     "No exception may cross the boundary: host and plugin may have different C++ libraries.",
     "Use LMHOST_PLUGIN, which turns an exception into a message; in C call host->fail(reason) "
     "before returning NULL."},
    {"load.same_entry", Group::kLoad, false, "", "its entry gives the same tables every time",
     "Two hosts in one process ask twice, and the first tables stay in use.",
     "Build the tables once and keep them for the life of the process."},
    {"load.quick", Group::kLoad, true, "", "loads within 100 ms",
     "Every command loads every plugin; the first-party ones take a fifth of a millisecond.",
     "Do no work but filling tables."},
    {"load.leaves_no_trace", Group::kLoad, false, "",
     "starts no thread, opens no file, changes no signal handler, locale or floating-point mode",
     "The process belongs to somebody else.", "Remove whatever does so from the entry."},
    {"load.reproducible", Group::kLoad, false, "",
     "declares the same in a process with no environment, another folder and locale",
     "A report names the plugin's fingerprint: the same file must mean the same everywhere.",
     "Read no environment variables, files, clocks or random numbers."},

    {"table.well_formed", Group::kTable, false, "E406 E410",
     "its tables are complete and its names can be used",
     "The host copies every table and believes nothing: sizes, spans, NULLs, flags, UTF-8, names.",
     "Correct the row that the message names; the SDK writes correct tables."},
    {"table.unique_names", Group::kTable, false, "E408", "declares every name once",
     "Which of two kernels a graph means must not depend on an order.",
     "Rename one; an alias counts as a name."},
    {"table.no_unused_parameters", Group::kTable, true, "",
     "uses every parameter in a formula, but for optional ones",
     "A caller must bind a required parameter; one that changes nothing is likely a misspelling.",
     "Use it, remove it, or declare it optional: \"name? -- ignored\"."},
    {"table.documented", Group::kTable, true, "",
     "documents the plugin and each kernel, with the source of its formulas",
     "`lmhost explain` quotes the source: a number without one cannot be reviewed.",
     "Add .doc() and .source() to each kernel."},

    {"formula.compiles", Group::kFormula, false, "E407", "every formula compiles",
     "Formulas are compiled when the plugin loads, so that a typing error is not found by a user.",
     "Correct the formula at the caret. framework/README.md has the language."},
    {"formula.has_examples", Group::kFormula, true, "", "every kernel has a worked example",
     "An example computed by hand is the one check that the formula says what its author meant.",
     "Add .example(\"M=2, K=3, N=4\", \"flops=48\", \"derivation\")."},
    {"formula.examples_agree", Group::kFormula, false, "E409",
     "every worked example gives the numbers it states",
     "Either the example or the formula is wrong.", "Compute it by hand and correct that one."},
    {"formula.finite", Group::kFormula, false, "",
     "every formula has a value at every random point",
     "A division by zero or an overflow for ordinary sizes stops a user's analysis.",
     "Guard it: 'ceil_div(n, tile) if tile > 0 else 1'."},
    {"formula.not_negative", Group::kFormula, false, "",
     "no quantity is negative at any random point", "Costs are counts; a negative one is a bug.",
     "Use max(0, ...) where a difference may fall below zero."},
    {"formula.monotone", Group::kFormula, false, "",
     "no quantity falls when a size grows, unless its parameter says so",
     "More elements never cost less. A misplaced division or sign shows here first.",
     "Correct the formula; or, for a tile size or a group count, write \"name~\" "
     "(LMH_PARAMETER_NOT_MONOTONE)."},
    {"formula.scales_with_bits", Group::kFormula, false, "",
     "twice the bits move at most twice the bytes, and never fewer of as many elements",
     "The host multiplies elements by bits: a formula that multiplies by bytes as well counts "
     "them twice.",
     "Give elements, not bytes; say the precision in the operand's bits."},

    {"native.pure", Group::kNative, false, "",
     "functions of the plugin give the same for the same arguments",
     "Results are shared between calls and cached in reports.", "Keep no state between calls."},
    {"native.concurrent", Group::kNative, false, "",
     "functions give the same on eight threads as on one",
     "The host evaluates on many threads at once.", "Remove shared state; take no locks."},
    {"native.contained", Group::kNative, false, "", "functions throw nothing across the boundary",
     "The caller may have another C++ library.",
     "Use plugin.macro() and plugin.scalar(), or catch inside the function and call fail()."},
    {"native.opaque_with_reason", Group::kNative, true, "",
     "a scalar function documents why no formula says it",
     "The host cannot look inside a scalar: explain shows it as opaque.",
     "Write a formula or a macro; else give the reason as the function's doc."},
};

// In the order of the table: where one of these fails, the look at the plugin ends.
constexpr std::string_view kGates[] = {"file.readable",    "file.note",  "file.abi",
                                       "load.survives",    "load.opens", "load.entry",
                                       "table.well_formed"};

// Of a group that was not judged to its end: the gates before the one that failed have passed.
bool was_passed(const CheckReport& report, const CheckSpec& check) {
  for (const std::string_view gate : kGates) {
    if (gate == check.id) return true;
    if (report.findings.find(gate) != report.findings.end()) return false;
  }
  return false;
}

}  // namespace

std::string_view name_of(CheckGroup group) {
  constexpr std::string_view kNames[] = {"file", "load", "table", "formula", "native"};
  return kNames[static_cast<std::size_t>(group)];
}

std::string_view name_of(CheckState state) {
  constexpr std::string_view kNames[] = {"passed", "failed", "warned", "skipped"};
  return kNames[static_cast<std::size_t>(state)];
}

std::span<const CheckSpec> all_checks() { return kChecks; }

const CheckSpec* find_check(std::string_view id) {
  const auto found = std::find_if(std::begin(kChecks), std::end(kChecks),
                                  [&](const CheckSpec& check) { return check.id == id; });
  return found == std::end(kChecks) ? nullptr : found;
}

const CheckSpec* check_of_code(std::string_view code) {
  const auto found =
      std::find_if(std::begin(kChecks), std::end(kChecks), [&](const CheckSpec& check) {
        return !code.empty() && check.codes.find(code) != std::string_view::npos;
      });
  return found == std::end(kChecks) ? nullptr : found;
}

void CheckReport::add(std::string_view check, std::string finding) {
  findings[std::string(check)].push_back(std::move(finding));
}

void CheckReport::add(const Diagnostics& errors, std::string_view otherwise) {
  for (const Diagnostic& error : errors) {
    const CheckSpec* check = check_of_code(error.code);
    Diagnostic shown = error;
    // The file is the heading of the report; what is left names the formula.
    if (shown.file == file) shown.file.clear();
    if (shown.file.starts_with(file + ": ")) shown.file.erase(0, file.size() + 2);
    std::string text = render(shown);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    constexpr std::string_view kNoPlace = "lmhost: error: ";
    if (text.starts_with(kNoPlace)) text.erase(0, kNoPlace.size());
    add(check == nullptr ? otherwise : check->id, std::move(text));
  }
}

CheckState state_of(const CheckReport& report, const CheckSpec& check, bool strict) {
  if (report.findings.find(check.id) != report.findings.end())
    return check.is_advice && !strict ? CheckState::kWarned : CheckState::kFailed;
  const bool is_judged =
      check.group < report.reached ||
      (check.group == report.reached && (report.is_whole || was_passed(report, check)));
  return is_judged ? CheckState::kPassed : CheckState::kSkipped;
}

bool CheckReport::has_failed(bool strict) const {
  return std::any_of(std::begin(kChecks), std::end(kChecks), [&](const CheckSpec& check) {
    return state_of(*this, check, strict) == CheckState::kFailed;
  });
}

}  // namespace lmhost
