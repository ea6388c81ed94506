// The command line as data: one table of options and one of commands, from which parsing, help,
// completion and hints all come. Boost.Program_options does the parsing and is seen by options.cpp
// only.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/diagnostic.hpp"

namespace lmhost::tool {

// Groups of options; a command takes some of them.
enum OptionGroup : unsigned {
  kCommon = 1u << 0,    // every command
  kPlugins = 1u << 1,   // opens plugins
  kModel = 1u << 2,     // reads a model
  kWorkload = 1u << 3,  // a point to evaluate at
  kView = 1u << 4,      // rows and columns
  kMetric = 1u << 5,
  kDepth = 1u << 6,
  kResult = 1u << 7,        // the place of the result
  kFormat = 1u << 8,        // more than one form of it
  kExact = 1u << 9,         // text with scaled numbers
  kPluginTools = 1u << 10,  // the plugin command
  kDevice = 1u << 11,       // a device to bound times by
  kMeasured = 1u << 12,     // something to set against that bound
  kFits = 1u << 13,         // the fits command
  kMissing = 1u << 14,      // validate
  kResolve = 1u << 15,      // formulas instead of numbers
  kKernelTools = 1u << 16,  // the kernels command
  kRoot = 1u << 17,         // reads files of other formats, with several roots perhaps
  kPopulate = 1u << 18,     // the populate command
  kPasses = 1u << 19,       // several passes: a generation, a training step
  kExport = 1u << 20,
  kCompare = 1u << 21,
  kSweep = 1u << 22,      // which points, and what happens to their rows
  kForm = 1u << 23,       // a closed form
  kColumns = 1u << 24,    // which quantities
  kPrice = 1u << 25,      // what the time of a device costs
  kApproval = 1u << 26,   // catalog approve
  kLearn = 1u << 27,      // asks an agent
  kReconcile = 1u << 28,  // the explain command
};

struct OptionSpec {
  std::string_view name;     // "seq-len"
  std::string_view letters;  // "sp": the first is shown
  std::string_view aliases;  // blank-separated long spellings
  std::string_view value;    // what stands for the value in help: "N"; empty for a flag
  std::string_view choices;  // comma-separated, for completion and checks; may be empty
  unsigned group;
  std::string_view help;
};

struct CommandSpec {
  std::string_view name;
  std::string_view operands;  // "MODEL [NODE]"
  unsigned groups;
  std::string_view formats;  // of -o, the first is the default; empty: no -o
  std::string_view summary;
  std::string_view detail;
  bool has_base = false;  // what stands behind "--" is a second side with options of its own
};

std::span<const OptionSpec> all_options();
std::span<const CommandSpec> all_commands();
const CommandSpec* find_command(std::string_view name);
// By name or alias, in any command; '_' is '-'.
const OptionSpec* find_option(std::string_view spelled);
bool takes_option(const CommandSpec& command, std::string_view name);
// -o is --format where a command writes several forms, and --output where it writes one.
std::string_view letters_of(const OptionSpec& option, const CommandSpec& command);
// "Workload". Of several groups the first counts.
std::string_view title_of(unsigned groups);

struct Arguments {
  const CommandSpec* command = nullptr;
  std::vector<std::string> operands;
  std::vector<std::pair<std::string, std::string>> options;  // name, value ("" for flags), in order
  std::vector<Arguments> base;  // of a command that has one: the side behind "--", if there is any

  bool has(std::string_view name) const;
  std::optional<std::string> get(std::string_view name) const;  // the last one wins
  std::vector<std::string> all(std::string_view name) const;
};

// The arguments after the command's name. Spellings are normalised first ('_' is '-', aliases
// become the name), values that start with '-' belong to their option, abbreviations are refused.
// Everything after "--" is an operand, or the base: its operands, and those of its options that are
// about the model; the others are about the result, and belong to the whole.
Result<Arguments> parse_arguments(const CommandSpec& command,
                                  const std::vector<std::string>& arguments);

std::vector<std::string> split(std::string_view text, char separator);

}  // namespace lmhost::tool
