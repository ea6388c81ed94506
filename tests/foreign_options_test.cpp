// The table of other tools' options: whatever it says to somebody is true of the command that was
// typed.
#include "tools/lmhost/foreign_options.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace lmhost::tool;

namespace {

// The words of a hint that are options.
std::vector<std::string> options_in(const std::string& hint) {
  std::vector<std::string> options;
  for (std::size_t at = 0; (at = hint.find("--", at)) != std::string::npos;) {
    const std::size_t end = hint.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-", at);
    options.push_back(hint.substr(at + 2, end == std::string::npos ? end : end - at - 2));
    at = at + 2;
  }
  return options;
}

std::string hint_of(const char* command, const char* name) {
  return foreign_option_hint(*find_command(command), name);
}

}  // namespace

TEST_CASE("foreign options: no command suggests what it does not take") {
  for (const CommandSpec& command : all_commands())
    for (const ForeignOption& row : foreign_options())
      for (const std::string& name : split(row.names, ' ')) {
        CAPTURE(command.name);
        CAPTURE(name);
        const std::string hint = foreign_option_hint(command, name);
        REQUIRE_FALSE(hint.empty());
        if (hint.find("did you mean") == 0) {
          for (const std::string& option : options_in(hint)) CHECK(takes_option(command, option));
          continue;
        }
        if (row.options.empty()) continue;
        // "'lmhost fits' has --x": every command that it names does.
        const std::vector<std::string> options = options_in(hint);
        REQUIRE(options.size() == 1);
        CHECK_FALSE(takes_option(command, options[0]));
        if (hint.starts_with("most other commands")) continue;
        std::size_t count = 0;
        for (const CommandSpec& other : all_commands()) {
          const bool is_named =
              hint.find("'lmhost " + std::string(other.name) + "'") != std::string::npos;
          CHECK(is_named == takes_option(other, options[0]));
          count += is_named;
        }
        CHECK(count > 0);
      }
}

TEST_CASE("foreign options: every name once, none of them ours, every option of ours there") {
  std::set<std::string> seen;
  for (const ForeignOption& row : foreign_options()) {
    for (const std::string& name : split(row.names, ' ')) {
      CAPTURE(name);
      CHECK(seen.insert(name).second);
      CHECK(find_option(name) == nullptr);
    }
    for (const std::string& option : split(row.options, ' ')) {
      CAPTURE(option);
      REQUIRE(find_option(option) != nullptr);
      CHECK(find_option(option)->name == option);
    }
  }
}

TEST_CASE("foreign options: what is said") {
  struct Row {
    const char* command;
    const char* name;
    const char* hint;
  };
  const Row rows[] = {
      {"analyze", "q",
       "did you mean '--w-bits' or '--dtype'? 4 bits in groups of 128 with a 16-bit scale are "
       "--w-bits 4.125"},
      {"analyze", "precision", "did you mean '--dtype'?"},
      {"analyze", "gpu", "did you mean '--hw'? 'lmhost devices' lists the names"},
      {"fits", "gpu", "did you mean '--hw'? 'lmhost devices' lists the names"},
      {"fits", "ctx", "did you mean '--max-model-len'?"},
      {"analyze", "ctx", "did you mean '--cache-len'?"},
      {"analyze", "gpu-mem", "did you mean '--hw'?"},
      {"analyze", "gpu-util", "'lmhost fits' has --gpu-memory-utilization"},
      {"fits", "max-new-tokens", "did you mean '--max-model-len'?"},
      {"analyze", "max-new-tokens", "did you mean '--osl'?"},
      {"analyze", "model", "the model is an operand: lmhost analyze llama-2-7b"},
      {"analyze", "seq-lenn", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(hint_of(row.command, row.name) == row.hint);
  }
}
