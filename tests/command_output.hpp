// What a shell command says, and how it ends.
#pragma once

#include <doctest/doctest.h>
#include <stdio.h>
#include <sys/wait.h>

#include <array>
#include <string>

namespace lmhost::test {

// Its standard output. Checks that it ends with `status`.
inline std::string output_of(const std::string& command, int status = 0) {
  FILE* const pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string text;
  std::array<char, 4096> buffer;
  while (const std::size_t size = fread(buffer.data(), 1, buffer.size(), pipe))
    text.append(buffer.data(), size);
  const int ended = pclose(pipe);
  CHECK_MESSAGE(WEXITSTATUS(ended) == status, text);
  return text;
}

}  // namespace lmhost::test
