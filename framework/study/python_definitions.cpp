#include "study/python_definitions.hpp"

#include <algorithm>

namespace lmhost {
namespace {

constexpr std::size_t kTab = 8;  // Python's rule: up to the next multiple

bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool is_name_part(char c) { return is_name_start(c) || (c >= '0' && c <= '9'); }

// The byte behind the string that starts at `at`. Prefixes make no difference: a backslash keeps the
// quote behind it in a raw string, too. A short string that is not closed ends with its line.
std::size_t string_end(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const std::string long_quote(3, quote);
  const bool is_long = text.substr(at, 3) == long_quote;
  const std::string_view end = std::string_view(long_quote).substr(0, is_long ? 3 : 1);
  at += end.size();
  while (at < text.size() && text.compare(at, end.size(), end) != 0) {
    if (!is_long && text[at] == '\n') return at;
    at += text[at] == '\\' ? 2 : 1;
  }
  return std::min(at + end.size(), text.size());
}

// A statement: one line, or several held together by brackets, backslashes or a string.
struct Statement {
  std::size_t first_line = 0;
  std::size_t last_line = 0;
  std::size_t indent = 0;
  std::string_view text;  // without the indentation
};

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  // False at the end.
  bool next(Statement* statement) {
    if (!skip_to_code(&statement->indent)) return false;
    const std::size_t start = at_;
    statement->first_line = line_;
    std::size_t depth = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\n' && depth == 0) break;
      if (c == '"' || c == '\'') {
        skip_string();
        continue;
      }
      if (c == '#') {
        skip_comment();
        continue;
      }
      if (c == '\\') step();
      if (c == '(' || c == '[' || c == '{') ++depth;
      if ((c == ')' || c == ']' || c == '}') && depth > 0) --depth;
      step();
    }
    statement->last_line = line_;
    statement->text = text_.substr(start, std::min(at_, text_.size()) - start);
    step();
    return true;
  }

 private:
  void step() {
    if (at_ >= text_.size()) return;
    if (text_[at_] == '\n') ++line_;
    ++at_;
  }

  void skip_comment() {
    while (at_ < text_.size() && text_[at_] != '\n') ++at_;
  }

  void skip_string() {
    const std::size_t end = string_end(text_, at_);
    line_ += static_cast<std::size_t>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(at_),
                                                 text_.begin() + static_cast<std::ptrdiff_t>(end),
                                                 '\n'));
    at_ = end;
  }

  // Past blank lines and lines that only hold a comment.
  bool skip_to_code(std::size_t* indent) {
    *indent = 0;
    for (; at_ < text_.size(); step()) {
      const char c = text_[at_];
      if (c == '\n' || c == '\f') {
        *indent = 0;
      } else if (c == '\t') {
        *indent = (*indent / kTab + 1) * kTab;
      } else if (c == '#') {
        skip_comment();
        if (at_ >= text_.size()) return false;
        *indent = 0;
      } else if (c == ' ') {
        ++*indent;
      } else if (c != '\r') {
        return true;
      }
    }
    return false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

// The name behind "class " or "def ", or nothing.
std::string_view defined_name(std::string_view text, std::string_view keyword) {
  if (text.substr(0, keyword.size()) != keyword) return {};
  text.remove_prefix(keyword.size());
  const std::size_t start = text.find_first_not_of(" \t");
  if (start == std::string_view::npos || start == 0 || !is_name_start(text[start])) return {};
  std::size_t end = start;
  while (end < text.size() && is_name_part(text[end])) ++end;
  return text.substr(start, end - start);
}

struct OpenBlock {
  std::size_t indent = 0;
  bool is_class = false;
  std::string name;
  std::size_t definition = SIZE_MAX;  // into the result; none: a method, or inside a function
};

class DefinitionFinder {
 public:
  std::vector<PythonDefinition> find(std::string_view text) {
    Scanner scanner(text);
    Statement statement;
    while (scanner.next(&statement)) add(statement);
    while (!open_.empty()) close();
    return std::move(found_);
  }

 private:
  void add(const Statement& statement) {
    while (!open_.empty() && open_.back().indent >= statement.indent) close();
    last_line_ = statement.last_line;
    if (statement.text.front() == '@') {
      if (decorators_ == 0) decorators_ = statement.first_line;
      return;
    }
    const std::size_t first = decorators_ != 0 ? decorators_ : statement.first_line;
    decorators_ = 0;
    std::string_view text = statement.text;
    if (const std::string_view name = defined_name(text, "class"); !name.empty()) {
      open(name, true, first, statement.indent);
      return;
    }
    if (text.substr(0, 6) == "async ") text.remove_prefix(6);
    if (const std::string_view name = defined_name(text, "def"); !name.empty())
      open(name, false, first, statement.indent);
  }

  void open(std::string_view name, bool is_class, std::size_t first_line, std::size_t indent) {
    OpenBlock block{indent, is_class, std::string(name), SIZE_MAX};
    const bool in_function = std::any_of(open_.begin(), open_.end(),
                                         [](const OpenBlock& outer) { return !outer.is_class; });
    if (!in_function && (is_class || open_.empty())) {
      if (!open_.empty()) block.name = open_.back().name + "." + block.name;
      block.definition = found_.size();
      found_.push_back({block.name, is_class, first_line, 0});
    }
    open_.push_back(std::move(block));
  }

  void close() {
    if (open_.back().definition != SIZE_MAX) found_[open_.back().definition].last_line = last_line_;
    open_.pop_back();
  }

  std::vector<PythonDefinition> found_;
  std::vector<OpenBlock> open_;
  std::size_t last_line_ = 0;   // of the statement before
  std::size_t decorators_ = 0;  // line of the first one that waits for its definition
};

}  // namespace

std::vector<PythonDefinition> python_definitions(std::string_view text) {
  return DefinitionFinder().find(text);
}

std::vector<std::string_view> python_names(std::string_view text) {
  std::vector<std::string_view> names;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
    } else if (c == '"' || c == '\'') {
      at = string_end(text, at);
    } else if (is_name_start(c)) {
      const std::size_t start = at;
      while (at < text.size() && is_name_part(text[at])) ++at;
      names.push_back(text.substr(start, at - start));
    } else {
      ++at;
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::string python_version_of(std::string_view text) {
  constexpr std::string_view kName = "__version__";
  Scanner scanner(text);
  Statement statement;
  while (scanner.next(&statement)) {
    if (statement.indent != 0 || statement.text.substr(0, kName.size()) != kName) continue;
    const std::size_t open = statement.text.find_first_of("\"'");
    if (open == std::string_view::npos) continue;
    const std::size_t close = statement.text.find(statement.text[open], open + 1);
    if (close != std::string_view::npos)
      return std::string(statement.text.substr(open + 1, close - open - 1));
  }
  return {};
}

}  // namespace lmhost
