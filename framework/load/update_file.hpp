// Changing a file that others may be changing too: one writer at a time, and whoever reads, or is
// killed in between, has the old text or the new one.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "lmhost/result.hpp"

namespace lmhost {

// From the text that is there to the text that shall be; nothing: there is no file yet. Its errors
// leave the file as it is. Called once, with the file locked: it must not call update_file() on the
// same path.
using FileTransform = std::function<Result<std::string>(const std::optional<std::string>& text)>;

struct UpdateOptions {
  unsigned wait_ms = 30'000;  // for the others
};

// 1. takes the lock of the file that `path` leads to: flock on a file beside it, name + ".lock",
//    which is there only as long as somebody works; a killed process leaves it unlocked;
// 2. reads, transforms;
// 3. writes name + ".new", syncs it, renames it over the file, syncs the folder.
// False: the text was as it should be, and nothing was written. Errors: the transform's; E501 the
// file cannot be read, E502 it, or its folder, cannot be written; E415 somebody else keeps it locked.
Result<bool> update_file(const std::string& path, const FileTransform& transform,
                         const UpdateOptions& options = {});

}  // namespace lmhost
