#include "load/json_edit.hpp"

#include <algorithm>
#include <cstdint>

namespace lmhost {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

bool is_container(JsonValue value) {
  return value.is(JsonKind::kObject) || value.is(JsonKind::kArray);
}

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of(kBlanks, at), text.size());
}

JsonValue last_child(JsonValue container) {
  JsonValue last;
  if (container.is(JsonKind::kObject))
    for (const JsonMember member : container.members()) last = member.value;
  else
    for (const JsonValue element : container.elements()) last = element;
  return last;
}

// The offset of the first key or element. REQUIRES: there is one.
std::size_t first_item(JsonValue container) {
  if (container.is(JsonKind::kArray)) return (*container.elements().begin()).offset();
  return (*container.members().begin()).name.offset();
}

// The blanks from the last line break before `at` to `at`, when nothing else is between.
std::string indentation(std::string_view text, std::size_t at) {
  const std::size_t line = text.rfind('\n', at == 0 ? 0 : at - 1);
  const std::size_t start = line == std::string_view::npos ? 0 : line + 1;
  const std::size_t end = std::min(text.find_first_not_of(" \t", start), at);
  return std::string(text.substr(start, end - start));
}

bool is_spread(std::string_view text, JsonValue container) {
  if (container.size() == 0) return text.find('\n') != std::string_view::npos;
  const std::size_t first = first_item(container);
  return text.substr(container.offset(), first - container.offset()).find('\n') !=
         std::string_view::npos;
}

// What one level adds: as the root does it, else two blanks.
std::string indent_unit(JsonValue root) {
  const std::string_view text = root.source().text;
  if (!is_container(root) || root.size() == 0 || !is_spread(text, root)) return "  ";
  const std::string unit = indentation(text, first_item(root));
  return unit.empty() ? "  " : unit;
}

// A JSON value laid out anew: one item a line below `indent`, or all in one line.
// REQUIRES: `json` is one whole value.
std::string laid_out(std::string_view json, std::string indent, const std::string& unit,
                     bool spread) {
  std::string out;
  const auto new_line = [&] { out += spread ? "\n" + indent : ""; };
  for (std::size_t at = skip_blanks(json, 0); at < json.size(); at = skip_blanks(json, at)) {
    const char c = json[at];
    if (c == '"') {
      std::size_t end = at + 1;
      while (json[end] != '"') end += json[end] == '\\' ? 2 : 1;
      out += json.substr(at, end + 1 - at);
      at = end + 1;
    } else if (c == '{' || c == '[') {
      out += c;
      at = skip_blanks(json, at + 1);
      if (json[at] == '}' || json[at] == ']') {
        out += json[at++];
        continue;
      }
      indent += unit;
      new_line();
    } else if (c == '}' || c == ']') {
      indent.resize(indent.size() - unit.size());
      new_line();
      out += json[at++];
    } else if (c == ',') {
      out += spread ? "," : ", ";
      new_line();
      ++at;
    } else if (c == ':') {
      out += ": ";
      ++at;
    } else {  // a number, true, false, null
      const std::size_t end = std::min(json.find_first_of(",:]} \t\r\n", at), json.size());
      out += json.substr(at, end - at);
      at = end;
    }
  }
  return out;
}

}  // namespace

std::size_t end_of(JsonValue value) {
  const std::string_view text = value.source().text;
  std::size_t open = 0;  // containers that end behind the last scalar
  while (is_container(value) && value.size() != 0) {
    value = last_child(value);
    ++open;
  }
  std::size_t end = is_container(value) ? skip_blanks(text, value.offset() + 1) + 1
                                        : value.offset() + value.length();
  for (; open != 0; --open) end = skip_blanks(text, end) + 1;
  return end;
}

void JsonEdit::replace(JsonValue value, std::string_view json) {
  const std::string_view text = value.source().text;
  const bool spread = text.find('\n') != std::string_view::npos;
  changes_.push_back(
      {value.offset(), end_of(value),
       laid_out(json, indentation(text, value.offset()), indent_unit(document_.root()), spread)});
}

void JsonEdit::append(JsonValue object, std::string_view key, std::string_view json) {
  append_item(object, json_string(key) + ": ", json);
}

void JsonEdit::append(JsonValue array, std::string_view json) { append_item(array, {}, json); }

void JsonEdit::append_item(JsonValue container, std::string_view label, std::string_view json) {
  const std::string_view text = container.source().text;
  const std::string unit = indent_unit(document_.root());
  const bool spread = is_spread(text, container);
  const bool is_empty = container.size() == 0;
  const std::string outer = indentation(text, container.offset());
  const std::string indent =
      is_empty || !spread ? outer + unit : indentation(text, first_item(container));
  const std::string item = std::string(label) + laid_out(json, indent, unit, spread);
  if (!is_empty) {
    const std::size_t at = end_of(last_child(container));
    changes_.push_back({at, at, (spread ? ",\n" + indent : ", ") + item});
    return;
  }
  changes_.push_back({container.offset() + 1, end_of(container) - 1,
                      spread ? "\n" + indent + item + "\n" + outer : item});
}

void JsonEdit::remove(JsonValue object, std::string_view key) {
  std::size_t behind_previous = SIZE_MAX;
  std::size_t first = SIZE_MAX;  // of the first member, when that goes
  for (const JsonMember member : object.members()) {
    if (first != SIZE_MAX) {
      changes_.push_back({first, member.name.offset(), {}});
      return;
    }
    if (member.key() == key && behind_previous == SIZE_MAX) {
      first = member.name.offset();
    } else if (member.key() == key) {
      changes_.push_back({behind_previous, end_of(member.value), {}});
      return;
    }
    behind_previous = end_of(member.value);
  }
}

std::string JsonEdit::apply() const {
  std::vector<const Change*> order;
  for (const Change& change : changes_) order.push_back(&change);
  std::stable_sort(order.begin(), order.end(),
                   [](const Change* a, const Change* b) { return a->first < b->first; });
  const std::string& text = document_.source()->text;
  std::string result;
  std::size_t at = 0;
  for (const Change* change : order) {
    result.append(text, at, change->first - at);
    result += change->text;
    at = change->last;
  }
  return result.append(text, at, std::string::npos);
}

std::string json_string(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += {'\\', c};
    } else if (c == '\n') {
      result += "\\n";
    } else if (c == '\t') {
      result += "\\t";
    } else if (byte < 0x20) {
      result += {'\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      result += c;
    }
  }
  return result + "\"";
}

}  // namespace lmhost
