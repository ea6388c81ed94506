// Options as other tools spell them: what somebody who comes from vLLM, SGLang, llama.cpp or
// transformers types, and the option here that means it.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "tools/lmhost/options.hpp"

namespace lmhost::tool {

struct ForeignOption {
  std::string_view names;    // blank-separated, without dashes
  std::string_view options;  // blank-separated names of ours, the likeliest first; may be empty
  std::string_view note;     // what to write, if it is not just another name
};
std::span<const ForeignOption> foreign_options();
const ForeignOption* find_foreign_option(std::string_view name);

// "did you mean '--w-bits' or '--dtype'? ...", of those that the command takes; else which command
// has one. "" for an option that nobody knows.
std::string foreign_option_hint(const CommandSpec& command, std::string_view name);

// "'lmhost fits' has --max-model-len", for an option that the command does not take.
std::string elsewhere_hint(const OptionSpec& option);

}  // namespace lmhost::tool
