// Advisory locks on open files (flock). One ends with its holder, however that ends, and is the same
// under every name of the file.
#pragma once

#include <string>

#include "lmhost/result.hpp"

namespace lmhost {

enum class LockKind { kShared, kExclusive };

// Does not wait. 0, or errno: EWOULDBLOCK when somebody else holds it.
int try_lock(int descriptor, LockKind kind);

// Is the open file still the one of that name? Somebody may have removed or replaced it before it
// was locked, and a lock on a file without a name excludes nobody.
bool has_name(int descriptor, const std::string& path);

// E415, for a file that try_lock() found locked: by which process, and with which command, as far as
// the system tells.
Diagnostic locked_by_other(int descriptor, const std::string& path);

}  // namespace lmhost
