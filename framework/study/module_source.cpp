#include "study/module_source.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include "base/codes.hpp"
#include "base/sha256.hpp"
#include "load/text_file.hpp"
#include "study/python_definitions.hpp"

namespace lmhost {
namespace {

// Helpers beyond this are left out: a prompt is read by somebody who pays for its length.
constexpr std::size_t kMostRelated = std::size_t{64} << 10;

// Lines `first` to `last`, from 1.
std::string_view lines_of(std::string_view text, std::size_t first, std::size_t last) {
  std::size_t start = 0;
  for (std::size_t line = 1; line < first && start != std::string_view::npos; ++line) {
    start = text.find('\n', start);
    if (start != std::string_view::npos) ++start;
  }
  if (start == std::string_view::npos) return {};
  std::size_t end = start;
  for (std::size_t line = first; line <= last && end < text.size(); ++line)
    end = std::min(text.find('\n', end), text.size() - 1) + 1;
  return text.substr(start, end - start);
}

std::string numbered(std::string_view text, std::size_t first, std::size_t last) {
  std::string result;
  std::string_view rest = lines_of(text, first, last);
  const std::size_t width = std::to_string(last).size();
  for (std::size_t line = first; !rest.empty(); ++line) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string number = std::to_string(line);
    number.insert(0, width - number.size(), ' ');
    const std::string_view content = rest.substr(0, end);
    result += number + (content.empty() ? " |" : " | ") + std::string(content) + "\n";
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return result;
}

// Names between the class's own name and the colon: its base classes, among others.
std::string_view header_of(std::string_view class_text) {
  const std::size_t start = class_text.find("class ");
  const std::size_t open = class_text.find_first_of("(:", start);
  if (open == std::string_view::npos || class_text[open] == ':') return {};
  const std::size_t close = class_text.find(')', open);
  return close == std::string_view::npos ? std::string_view()
                                         : class_text.substr(open + 1, close - open - 1);
}

// Functions that the text uses and classes that it derives from, and what these use in turn. Other
// classes are modules of their own: the analysis stops at them.
std::string related_text(std::string_view text, const PythonDefinition& wanted,
                         const std::vector<PythonDefinition>& definitions) {
  std::set<std::size_t> taken;  // in the order of the file
  std::vector<std::string_view> queue = {lines_of(text, wanted.first_line, wanted.last_line)};
  while (!queue.empty()) {
    const std::string_view user = queue.back();
    queue.pop_back();
    const std::vector<std::string_view> names = python_names(user);
    const std::vector<std::string_view> bases = python_names(header_of(user));
    for (std::size_t i = 0; i < definitions.size(); ++i) {
      const PythonDefinition& other = definitions[i];
      const std::vector<std::string_view>& uses = other.is_class ? bases : names;
      if (other.name == wanted.name || !std::binary_search(uses.begin(), uses.end(), other.name))
        continue;
      if (taken.insert(i).second)
        queue.push_back(lines_of(text, other.first_line, other.last_line));
    }
  }
  std::string result;
  for (const std::size_t index : taken) {
    const std::string one =
        numbered(text, definitions[index].first_line, definitions[index].last_line);
    if (result.size() + one.size() > kMostRelated) continue;
    result += (result.empty() ? "" : "\n") + one;
  }
  return result;
}

// Of the topmost package: __init__.py, version.py or _version.py says it; of a checkout version.txt
// beside the package, as PyTorch has it.
std::string package_version(const SourceClass& where) {
  const std::string above = where.file.substr(0, where.file.size() - where.location.size());
  const std::string package = above + where.location.substr(0, where.location.find('/'));
  for (const char* name : {"/__init__.py", "/version.py", "/_version.py"}) {
    const Result<std::shared_ptr<const SourceText>> text = read_text(package + name);
    if (!text.ok()) continue;
    if (std::string version = python_version_of((*text)->text); !version.empty()) return version;
  }
  const Result<std::shared_ptr<const SourceText>> text = read_text(above + "version.txt", 4096);
  if (!text.ok()) return {};
  return (*text)->text.substr(0, (*text)->text.find_first_of("\r\n"));
}

}  // namespace

Result<ModuleSource> read_module_source(const SourceClass& where) {
  const Result<std::shared_ptr<const SourceText>> source = read_text(where.file);
  if (!source.ok()) return source.errors();
  const std::string_view text = (*source)->text;
  const std::vector<PythonDefinition> definitions = python_definitions(text);
  const auto found =
      std::find_if(definitions.begin(), definitions.end(), [&](const PythonDefinition& definition) {
        return definition.is_class && definition.first_line == where.first_line &&
               definition.last_line == where.last_line &&
               has_dotted_suffix(where.name, definition.name);
      });
  if (found == definitions.end())
    return plain_error(ErrorKind::kInput, codes::kClassNotFound,
                       "class '" + where.name + "' is no longer at line " +
                           std::to_string(where.first_line) + " of '" + where.file + "'",
                       "the file has changed meanwhile; try again");
  ModuleSource module;
  module.where = where;
  module.version = package_version(where);
  module.hash = "sha256:" + sha256_hex(lines_of(text, where.first_line, where.last_line));
  module.text = numbered(text, where.first_line, where.last_line);
  module.related = related_text(text, *found, definitions);
  return module;
}

}  // namespace lmhost
