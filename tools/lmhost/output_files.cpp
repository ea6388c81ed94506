#include "tools/lmhost/output_files.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "load/replace_file.hpp"
#include "tools/lmhost/session.hpp"

namespace lmhost::tool {
namespace {

struct FileUse {
  std::string words;  // of the command line: "--output 'x'"
  std::string identity;
};

// The same for every name of a file; empty for what no use of can spoil: terminals, /dev/null.
std::string identity_of(const std::string& file, int standard) {
  const std::optional<int> descriptor = file == "-" ? standard : named_descriptor(file);
  struct stat status = {};
  const bool is_there =
      descriptor ? fstat(*descriptor, &status) == 0 : stat(file.c_str(), &status) == 0;
  if (!is_there) return descriptor ? "" : link_target(file);
  if (S_ISREG(status.st_mode) || (S_ISFIFO(status.st_mode) && !descriptor))
    return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
  return descriptor ? "descriptor " + std::to_string(*descriptor) : "";
}

std::vector<FileUse> outputs_of(const Arguments& arguments) {
  std::vector<FileUse> outputs;
  for (const std::string& text : arguments.all("export")) {
    // What goes to "-" is the result.
    const std::size_t equals = text.find('=');
    if (equals == text.npos || text.substr(equals + 1) == "-") continue;
    outputs.push_back(
        {"--export " + quoted(text), identity_of(text.substr(equals + 1), STDOUT_FILENO)});
  }
  const std::optional<std::string> output = arguments.get("output");
  outputs.push_back({output ? "--output " + quoted(*output) : "standard output",
                     identity_of(output.value_or("-"), STDOUT_FILENO)});
  return outputs;
}

// Operands and options whose values may be files are known by what help calls them.
void add_inputs(const Arguments& arguments, std::vector<FileUse>* inputs) {
  const std::string_view kinds = arguments.command->operands;
  if (kinds.find("FILE") != kinds.npos || kinds.find("MODEL") != kinds.npos)
    for (const std::string& operand : arguments.operands)
      inputs->push_back({quoted(operand), identity_of(operand, STDIN_FILENO)});
  for (const OptionSpec& option : all_options()) {
    const bool is_output = option.name == "output" || option.name == "export";
    if (is_output || (option.group & arguments.command->groups) == 0 ||
        option.value.find("FILE") == option.value.npos)
      continue;
    for (const std::string& file : arguments.all(option.name))
      inputs->push_back(
          {"--" + std::string(option.name) + " " + quoted(file), identity_of(file, STDIN_FILENO)});
  }
  for (const Arguments& base : arguments.base) add_inputs(base, inputs);
}

}  // namespace

Result<bool> check_output_files(const Arguments& arguments) {
  std::vector<FileUse> inputs;
  add_inputs(arguments, &inputs);
  const std::vector<FileUse> outputs = outputs_of(arguments);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const auto is_same = [&](const FileUse& use) {
      return !use.identity.empty() && use.identity == outputs[i].identity;
    };
    for (std::size_t j = 0; j < i; ++j)
      if (is_same(outputs[j]))
        return usage_error(outputs[j].words + " and " + outputs[i].words + " are one file",
                           "give each a file of its own");
    for (const FileUse& input : inputs)
      if (is_same(input))
        return usage_error(outputs[i].words + " would replace " + input.words + ", which is read",
                           "write to another file");
  }
  return true;
}

}  // namespace lmhost::tool
