// The lmhost program.
#include <csignal>

#include "tools/lmhost/commands.hpp"

int main(int argc, char** argv) {
  // A reader that goes away is an error of write(), with an exit status of its own.
  std::signal(SIGPIPE, SIG_IGN);
  // As is a file that may not grow further (ulimit -f).
  std::signal(SIGXFSZ, SIG_IGN);
  return lmhost::tool::run(argc, argv);
}
