#include "load/plugin_trust.hpp"

#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "base/diagnostic.hpp"

namespace lmhost {
namespace {

::uid_t owner_of_this_code() {
  static const char kHere = 0;
  Dl_info info = {};
  struct ::stat status = {};
  // Of a program the name is what it was called by, not where it is.
  const bool is_path =
      ::dladdr(&kHere, &info) != 0 && info.dli_fname != nullptr && info.dli_fname[0] == '/';
  return ::stat(is_path ? info.dli_fname : "/proc/self/exe", &status) == 0 ? status.st_uid : 0;
}

bool is_trusted(::uid_t owner) {
  static const ::uid_t code_owner = owner_of_this_code();
  return owner == 0 || owner == ::geteuid() || owner == code_owner;
}

std::optional<Distrust> distrust_of_writers(const struct ::stat& status, const std::string& what) {
  if ((status.st_mode & S_IWOTH) != 0)
    return Distrust{"everybody may write to " + what, "chmod o-w removes the permission"};
  if ((status.st_mode & S_IWGRP) != 0 && status.st_gid != 0 && status.st_gid != ::getegid())
    return Distrust{
        "group " + std::to_string(status.st_gid) + ", which is not your own, may write to " + what,
        "chmod g-w removes the permission"};
  return std::nullopt;
}

std::optional<Distrust> distrust_of_owner(const struct ::stat& status, const std::string& what) {
  if (is_trusted(status.st_uid)) return std::nullopt;
  return Distrust{"user " + std::to_string(status.st_uid) + " owns " + what,
                  "it must be yours, root's, or that of the owner of lmhost"};
}

}  // namespace

std::optional<Distrust> distrust_of_file(const struct ::stat& status) {
  std::optional<Distrust> doubt = distrust_of_writers(status, "it");
  return doubt ? doubt : distrust_of_owner(status, "it");
}

std::optional<Distrust> distrust_of_folder(const std::string& path, FolderUse use) {
  std::error_code error;
  std::filesystem::path folder = std::filesystem::canonical(path, error);
  if (error) return std::nullopt;  // whoever reads it says so
  for (bool is_first = true;; is_first = false) {
    struct ::stat status = {};
    if (::stat(folder.c_str(), &status) != 0) return std::nullopt;
    const std::string what =
        (is_first ? "the folder " : "a folder above it, ") + lmhost::quoted(folder.string());
    const bool is_safe_if_sticky = !is_first || use == FolderUse::kOneFile;
    if (!is_safe_if_sticky || (status.st_mode & S_ISVTX) == 0)
      if (std::optional<Distrust> doubt = distrust_of_writers(status, what)) return doubt;
    if (is_first)
      if (std::optional<Distrust> doubt = distrust_of_owner(status, what)) return doubt;
    if (!folder.has_relative_path()) return std::nullopt;
    folder = folder.parent_path();
  }
}

}  // namespace lmhost
