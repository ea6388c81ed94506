// Who could have put other code in the place of a plugin.
//
// Whoever can replace a plugin's file runs code as the user who loads it. Trusted are root, the user,
// and the owner of this very code, who could replace that instead. Neither a file nor a folder may
// belong to anybody else, nor be writable by everybody or by a group other than root's and the user's
// own. Above the folder only writing counts, as everywhere to the root: nobody else can make a folder
// that belongs to a trusted user; and there a sticky folder, /tmp, lets nobody replace what is another's.
#pragma once

#include <optional>
#include <string>

struct stat;

namespace lmhost {

struct Distrust {
  std::string reason;  // "everybody may write to it"
  std::string remedy;  // "chmod o-w removes the permission"
};

// Of a plugin's file itself; nothing when only trusted users may write to it.
std::optional<Distrust> distrust_of_file(const struct ::stat& status);

// Of the folder, by its path, and of those above it. With kOneFile a sticky folder will do, since a
// file in it that belongs to a trusted user stays what it is; with kWholeFolder others could add files.
enum class FolderUse { kOneFile, kWholeFolder };
std::optional<Distrust> distrust_of_folder(const std::string& path, FolderUse use);

}  // namespace lmhost
