// A library of somebody else, without a note: its constructor must never run.
#include <cstdlib>

__attribute__((constructor)) static void must_not_run() { std::abort(); }
