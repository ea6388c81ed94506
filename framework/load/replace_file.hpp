// A file's whole content, replaced so that every reader sees the old text or the new one.
#pragma once

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

// Writes beside it and renames: through a symbolic link to the file that it names, with the mode of
// a file that is there. Nothing is left behind after an error. Errors: E502, with the system's
// reason; a file that its owner has made read-only is one.
// REQUIRES: what is at `path`, if anything, is a regular file.
Result<bool> replace_file(const std::string& path, std::string_view text,
                          const ReplaceOptions& options = {});

// The file that a path leads to: links followed; the path itself when nothing is there.
std::string link_target(const std::string& path);

// 0, or the errno of the failure; partial writes and interruptions are gone on from.
int write_all(int descriptor, std::string_view text);

}  // namespace lmhost
