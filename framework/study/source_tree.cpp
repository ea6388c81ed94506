#include "study/source_tree.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>

#include "base/codes.hpp"
#include "load/text_file.hpp"
#include "study/python_definitions.hpp"

namespace lmhost {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestFile = std::size_t{16} << 20;
constexpr std::size_t kMostCandidates = 10;  // named in a message

// Python's own folders, remembered: a tree has a hundred times more files than folders.
class Packages {
 public:
  // The topmost folder of the packages that hold `folder`, or `folder` where it is none; paths
  // within a package are relative to what lies above it.
  fs::path above(const fs::path& folder, const fs::path& root) {
    const auto [entry, is_new] = above_.try_emplace(folder.string());
    if (is_new) entry->second = find(folder, root);
    return entry->second;
  }

 private:
  static fs::path find(fs::path folder, const fs::path& root) {
    std::error_code ignored;
    // Sources that lie in no package at all: as if the folder that was named were on Python's path.
    if (!fs::exists(folder / "__init__.py", ignored)) return root;
    while (folder.has_relative_path() && fs::exists(folder / "__init__.py", ignored))
      folder = folder.parent_path();
    return folder;
  }

  std::map<std::string, fs::path> above_;
};

std::string module_of(const std::string& location) {
  constexpr std::string_view kPackage = "/__init__";
  std::string module = location.substr(0, location.size() - std::string_view(".py").size());
  if (module.ends_with(kPackage)) module.resize(module.size() - kPackage.size());
  std::replace(module.begin(), module.end(), '/', '.');
  return module;
}

void add_classes(const fs::path& file, const fs::path& above, std::vector<SourceClass>* classes) {
  const Result<std::shared_ptr<const SourceText>> text = read_text(file.string(), kLongestFile);
  if (!text.ok() || (*text)->text.find("class ") == std::string::npos) return;
  const std::string location = file.lexically_relative(above).generic_string();
  const std::string module = module_of(location);
  for (const PythonDefinition& definition : python_definitions((*text)->text))
    if (definition.is_class)
      classes->push_back({module + "." + definition.name, location, file.string(),
                          definition.first_line, definition.last_line});
}

Diagnostic cannot_read(const std::string& folder, const std::error_code& error) {
  return plain_error(ErrorKind::kIo, codes::kCannotRead,
                     "cannot read the folder '" + folder + "': " + error.message());
}

// The Python files below one folder, sorted.
Result<std::vector<fs::path>> python_files(const std::string& folder) {
  std::error_code error;
  const fs::path root = fs::canonical(folder, error);
  if (error) return cannot_read(folder, error);
  std::vector<fs::path> files;
  fs::recursive_directory_iterator at(root, error);
  if (error) return cannot_read(folder, error);
  for (; at != fs::recursive_directory_iterator(); at.increment(error)) {
    if (error) return cannot_read(folder, error);
    const std::string name = at->path().filename().string();
    std::error_code unknown;
    if (at->is_directory(unknown)) {
      if (name.starts_with(".") || name == "__pycache__") at.disable_recursion_pending();
    } else if (name.ends_with(".py") && at->is_regular_file(unknown)) {
      files.push_back(at->path());
    }
    if (files.size() > SourceTree::kMostFiles)
      return plain_error(ErrorKind::kInput, codes::kLimit,
                         "more than " + std::to_string(SourceTree::kMostFiles) +
                             " Python files below '" + folder + "'",
                         "name the folder of the package");
  }
  std::sort(files.begin(), files.end());
  return files;
}

// torch.nn.Linear for torch.nn.modules.linear.Linear: the package before the last dot, and the
// class behind it.
bool is_reexport(std::string_view name, std::string_view spelled) {
  const std::size_t dot = spelled.rfind('.');
  if (dot == std::string_view::npos) return false;
  const std::string_view package = spelled.substr(0, dot + 1), last = spelled.substr(dot);
  return name.size() > spelled.size() && name.starts_with(package) && name.ends_with(last);
}

std::string_view last_component(std::string_view name) {
  return name.substr(name.rfind('.') + 1);  // npos + 1 is 0
}

}  // namespace

bool has_dotted_suffix(std::string_view name, std::string_view suffix) {
  if (!name.ends_with(suffix) || suffix.empty()) return false;
  return name.size() == suffix.size() || name[name.size() - suffix.size() - 1] == '.';
}

Result<SourceTree> SourceTree::read(const std::vector<std::string>& folders) {
  SourceTree tree;
  for (const std::string& folder : folders) {
    tree.folders_ += (tree.folders_.empty() ? "'" : ", '") + folder + "'";
    Result<std::vector<fs::path>> files = python_files(folder);
    if (!files.ok()) return std::move(files).errors();
    const fs::path root = fs::canonical(folder);
    Packages packages;
    for (const fs::path& file : *files)
      add_classes(file, packages.above(file.parent_path(), root), &tree.classes_);
  }
  const auto by_name = [](const SourceClass& a, const SourceClass& b) { return a.name < b.name; };
  std::stable_sort(tree.classes_.begin(), tree.classes_.end(), by_name);
  const auto same = [](const SourceClass& a, const SourceClass& b) { return a.name == b.name; };
  tree.classes_.erase(std::unique(tree.classes_.begin(), tree.classes_.end(), same),
                      tree.classes_.end());
  return tree;
}

Result<const SourceClass*> SourceTree::find(std::string_view name) const {
  std::vector<const SourceClass*> exact, suffix, reexported;
  for (const SourceClass& candidate : classes_) {
    if (candidate.name == name) exact.push_back(&candidate);
    if (has_dotted_suffix(candidate.name, name)) suffix.push_back(&candidate);
    if (is_reexport(candidate.name, name)) reexported.push_back(&candidate);
  }
  for (const auto* found : {&exact, &suffix, &reexported}) {
    if (found->size() == 1) return found->front();
    if (found->empty()) continue;
    std::string candidates;
    for (std::size_t i = 0; i < std::min(found->size(), kMostCandidates); ++i)
      candidates += (i == 0 ? "" : ", ") + (*found)[i]->name;
    if (found->size() > kMostCandidates)
      candidates += " and " + std::to_string(found->size() - kMostCandidates) + " more";
    return plain_error(ErrorKind::kUsage, codes::kAmbiguousClass,
                       quoted(name) + " is the name of " + std::to_string(found->size()) +
                           " classes in " + folders_,
                       "write one of " + candidates);
  }
  // The class decides: whoever misspells it has the module right or left it out.
  std::vector<std::string_view> names;
  for (const SourceClass& candidate : classes_) names.push_back(candidate.name);
  if (name.find('.') == std::string_view::npos)
    for (std::string_view& candidate : names) candidate = last_component(candidate);
  std::string hint = did_you_mean(name, names);
  if (hint.empty())
    hint = std::to_string(classes_.size()) +
           (classes_.size() == 1 ? " class was" : " classes were") +
           " looked at; --source names the folder of a Python package, as often as needed";
  return plain_error(ErrorKind::kInput, codes::kClassNotFound,
                     "no class " + quoted(name) + " in " + folders_, std::move(hint));
}

}  // namespace lmhost
