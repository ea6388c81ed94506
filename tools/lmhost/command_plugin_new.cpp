// lmhost plugin new: the folder of a plugin that builds and passes its tests as it is. Its files are those of
// share/lmhost/template with two words replaced.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "base/codes.hpp"
#include "load/text_file.hpp"
#include "tools/lmhost/commands.hpp"
#include "tools/lmhost/output.hpp"
#include "tools/lmhost/session.hpp"

namespace lmhost::tool {
namespace {

namespace fs = std::filesystem;

struct TemplateFile {
  std::string_view from;  // in share/lmhost/template
  std::string_view to;    // in the new folder
};

constexpr TemplateFile kFiles[] = {
    {"plugin.cpp.in", "@NAME@.cpp"},
    {"CMakeLists.txt.in", "CMakeLists.txt"},
    {"graph.json.in", "graph.json"},
    {"README.md.in", "README.md"},
};

std::string replaced(std::string_view text, std::string_view name) {
  const std::pair<std::string_view, std::string_view> words[] = {{"@NAME@", name},
                                                                 {"@VERSION@", version()}};
  std::string result(text);
  for (const auto& [placeholder, value] : words)
    for (std::size_t at = 0; (at = result.find(placeholder, at)) != std::string::npos;
         at += value.size())
      result.replace(at, placeholder.size(), value);
  return result;
}

Result<bool> check_name(const std::string& name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  if (!name.empty() && name[0] >= 'a' && name[0] <= 'z' &&
      std::all_of(name.begin(), name.end(), fits))
    return true;
  return usage_error(lmhost::quoted(name) + " cannot be the name of a plugin",
                     "lower-case letters, digits and '_', a letter first: my_kernels");
}

Diagnostic cannot_make(const std::string& folder, int error, std::string hint = {}) {
  return plain_error(ErrorKind::kIo, codes::kCannotWrite,
                     "cannot make the folder '" + folder + "': " + std::strerror(error),
                     std::move(hint));
}

// Every file of the plugin into `folder`.
Result<bool> write_files(const std::string& templates, const std::string& folder,
                         const std::string& name) {
  for (const TemplateFile& file : kFiles) {
    Result<std::shared_ptr<const SourceText>> text =
        read_text(templates + "/" + std::string(file.from));
    if (!text.ok()) return std::move(text).errors();
    Result<bool> written =
        write_file(folder + "/" + replaced(file.to, name), replaced((*text)->text, name));
    if (!written.ok()) return written;
  }
  return true;
}

// The whole folder appears at once, under its name, or not at all.
Result<bool> make_folder(const std::string& templates, const std::string& folder,
                         const std::string& name) {
  std::string temporary = folder + ".XXXXXX";
  if (mkdtemp(temporary.data()) == nullptr)
    return cannot_make(folder, errno, "--dir DIR says where, and must be there already");
  const mode_t mask = umask(0);
  umask(mask);
  Result<bool> written = write_files(templates, temporary, name);
  int error = 0;
  // RENAME_NOREPLACE: somebody else may have made it since it was looked for.
  if (written.ok() &&
      (chmod(temporary.c_str(), 0777u & ~mask) != 0 ||
       renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, folder.c_str(), RENAME_NOREPLACE) != 0))
    error = errno;
  if (written.ok() && error == 0) return true;
  std::error_code ignored;
  fs::remove_all(temporary, ignored);
  if (!written.ok()) return written;
  return cannot_make(folder, error);
}

}  // namespace

Result<Outcome> plugin_new(const Arguments& arguments) {
  if (Result<bool> checked = check_operands(arguments, 2, 2); !checked.ok())
    return std::move(checked).errors();
  const std::string& name = arguments.operands[1];
  if (Result<bool> checked = check_name(name); !checked.ok()) return std::move(checked).errors();
  HostOptions options;
  options.default_plugins = false;
  Result<Host> host = Host::open(options);
  if (!host.ok()) return std::move(host).errors();

  const std::string folder =
      (fs::path(arguments.get("dir").value_or(".")) / name).lexically_normal().string();
  std::error_code error;
  if (fs::symlink_status(folder, error).type() != fs::file_type::not_found)
    return usage_error(error ? "cannot make " + lmhost::quoted(folder) + ": " + error.message()
                             : lmhost::quoted(folder) + " is there already, and is left as it is",
                       "choose another name, or --dir DIR");
  Result<bool> made = make_folder(host->prefix() + "/share/lmhost/template", folder, name);
  if (!made.ok()) return std::move(made).errors();

  Outcome outcome;
  for (const TemplateFile& file : kFiles)
    outcome.text += Text(folder) + "/" + replaced(file.to, name) + "\n";
  outcome.text += "next: cd " + Text(folder) +
                  " && cmake -B build && cmake --build build && ctest --test-dir build\n";
  return outcome;
}

}  // namespace lmhost::tool
