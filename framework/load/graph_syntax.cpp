#include "load/graph_syntax.hpp"

#include <algorithm>
#include <iterator>

namespace lmhost {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes a number off the front of `text`; its digits, or an empty view.
std::string_view take_digits(std::string_view* text) {
  std::size_t count = 0;
  while (count < text->size() && is_digit((*text)[count])) ++count;
  const std::string_view digits = text->substr(0, count);
  text->remove_prefix(count);
  return digits;
}

// Compares numbers of any length without leading zeros.
bool is_less(std::string_view a, std::string_view b) {
  const auto trim = [](std::string_view* digits) {
    while (digits->size() > 1 && digits->front() == '0') digits->remove_prefix(1);
  };
  trim(&a);
  trim(&b);
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

// A version such as "1", "1.2" or "1.2.3".
bool is_version(std::string_view text) {
  std::size_t dots = 0;
  bool digit = false;  // the last character
  for (const char c : text) {
    if (c == '.' && (!digit || ++dots > 2)) return false;
    digit = c >= '0' && c <= '9';
    if (!digit && c != '.') return false;
  }
  return digit;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

bool is_version_range(std::string_view text) {
  constexpr std::string_view kOperators[] = {">=", "<=", "==", ">", "<", "="};
  bool any = false;
  for (text = trimmed(text); !text.empty(); text = trimmed(text)) {
    std::string_view part = text.substr(0, text.find(' '));
    text.remove_prefix(part.size());
    any = true;
    if (part == "*") continue;
    for (const std::string_view sign : kOperators)
      if (part.starts_with(sign)) {
        part.remove_prefix(sign.size());
        break;
      }
    if (!is_version(part)) return false;
  }
  return any;
}

// ^(lines? )?(\d+)(-(\d+))?(: .*)?$, the second number not below the first
std::optional<std::string_view> parse_lines(std::string_view text) {
  for (const std::string_view word : {"line ", "lines "})
    if (text.starts_with(word)) {
      text.remove_prefix(word.size());
      break;
    }
  std::string_view rest = text;
  const std::string_view first = take_digits(&rest);
  if (first.empty()) return std::nullopt;
  if (rest.starts_with('-')) {
    rest.remove_prefix(1);
    const std::string_view last = take_digits(&rest);
    if (last.empty() || is_less(last, first)) return std::nullopt;
  }
  if (!rest.empty() && !rest.starts_with(": ")) return std::nullopt;
  return text.substr(0, text.size() - rest.size());
}

}  // namespace lmhost
