// A file's whole content, replaced so that every reader sees the old text or the new one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lmhost/result.hpp"

namespace lmhost {

struct ReplaceOptions {
  // The new text survives a power cut once this returns: file and folder are synced.
  bool is_synced = false;
  // Nobody else replaces this file now (the caller holds its lock), so that the temporary file has
  // one name, path + ".new", and what a killed writer left is taken over.
  bool is_exclusive = false;
};

// Writes beside it and renames: through a symbolic link to the file that it names, whether that is
// there or not, with the mode and, where the system lets it, the owner of a file that is there. Other
// hard links keep the old text. Nothing is left behind after an error. Errors: E502, with the
// system's reason; a file that its owner has made read-only is one; E415, somebody writes the file
// in place (a sweep) and would go on without a name.
// REQUIRES: what is at `path`, if anything, is a regular file.
Result<bool> replace_file(const std::string& path, std::string_view text,
                          const ReplaceOptions& options = {});

// The file that a path leads to, absolute and with links followed, also when the file is not there
// yet; the path itself when its folder is not.
std::string link_target(const std::string& path);

// The descriptor of this process that a path names: 1 for /dev/stdout, 5 for /dev/fd/5. What is
// behind it may be a file that others write to as well (>> log): it is written to through the
// descriptor, and neither opened anew, cut nor replaced.
std::optional<int> named_descriptor(const std::string& path);

// 0, or the errno of the failure; partial writes and interruptions are gone on from.
int write_all(int descriptor, std::string_view text);

}  // namespace lmhost
