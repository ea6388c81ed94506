// Flattens config.json and applies assignments of the command line.
#include "load/config.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/codes.hpp"

namespace lmhost {
namespace {

using Kind = Value::Kind;

// A scalar, or an empty list or object.
Value shallow(JsonValue json) {
  Value value;
  switch (json.kind()) {
    case JsonKind::kNull:
      break;
    case JsonKind::kBoolean:
      return Value::boolean(json.boolean());
    case JsonKind::kString:
      return Value::of(std::string(json.string()));
    case JsonKind::kArray:
      value.kind = Kind::kList;
      break;
    case JsonKind::kObject:
      value.kind = Kind::kObject;
      break;
    case JsonKind::kNumber:
      return Value::of(json.number());
  }
  return value;
}

// A list with the lists in it. Iterative, as every walk over input.
Value list_of(JsonValue json) {
  struct Level {
    Value list;
    JsonValue::Elements::Iterator at, end;
  };
  const auto level = [](JsonValue array) {
    return Level{shallow(array), array.elements().begin(), array.elements().end()};
  };
  std::vector<Level> open;
  open.push_back(level(json));
  for (;;) {
    Level& top = open.back();
    if (top.at != top.end) {
      const JsonValue element = *top.at;
      ++top.at;
      if (element.is(JsonKind::kArray))
        open.push_back(level(element));
      else
        top.list.list.push_back(shallow(element));
      continue;
    }
    Value list = std::move(top.list);
    open.pop_back();
    if (open.empty()) return list;
    open.back().list.list.push_back(std::move(list));
  }
}

// Calls `add(name, value, place)` for `json` and, when it is an object, for all below, names joined
// by dots.
void flatten(std::string name, JsonValue json,
             const std::function<void(const std::string&, Value, JsonValue)>& add) {
  struct Level {
    JsonValue::Members::Iterator at, end;
    std::size_t prefix;  // length of the object's own name
  };
  std::vector<Level> open;
  const auto visit = [&](JsonValue value) {
    if (!name.empty())
      add(name, value.is(JsonKind::kArray) ? list_of(value) : shallow(value), value);
    if (value.is(JsonKind::kObject))
      open.push_back({value.members().begin(), value.members().end(), name.size()});
  };
  visit(json);
  while (!open.empty()) {
    Level& top = open.back();
    name.resize(top.prefix);
    if (!(top.at != top.end)) {
      open.pop_back();
      continue;
    }
    const JsonMember member = *top.at;
    ++top.at;
    if (!name.empty()) name += '.';
    name += member.key();
    visit(member.value);
  }
}

bool is_name(std::string_view name) {
  const auto belongs = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '-' || c == '.';
  };
  return !name.empty() && name.front() != '.' && name.back() != '.' &&
         name.find("..") == name.npos && std::all_of(name.begin(), name.end(), belongs);
}

Diagnostic usage_error(std::string message, std::string hint = {}) {
  return plain_error(ErrorKind::kUsage, codes::kUsage, std::move(message), std::move(hint));
}

Diagnostics usage_errors(Diagnostics errors) {
  for (Diagnostic& error : errors) error.kind = ErrorKind::kUsage;
  return errors;
}

// The right side of an assignment: JSON, True, False, None, or else a string without quotes.
Result<JsonDocument> parse_assigned(std::string_view name, std::string_view text) {
  const auto parse = [name](std::string json) {
    return JsonDocument::parse(
        std::make_shared<SourceText>(SourceText{"--set " + std::string(name), std::move(json)}));
  };
  constexpr std::pair<std::string_view, std::string_view> kPython[] = {
      {"True", "true"}, {"False", "false"}, {"None", "null"}};
  for (const auto& [python, json] : kPython)
    if (text == python) return parse(std::string(json));
  return parse(std::string(text));
}

std::optional<Number> bits_of(std::string_view dtype) {
  constexpr std::string_view kModule = "torch.";
  if (dtype.starts_with(kModule)) dtype.remove_prefix(kModule.size());
  constexpr std::pair<std::string_view, int> kTypes[] = {
      {"bfloat16", 16}, {"float16", 16}, {"half", 16}, {"float32", 32}, {"float", 32},
      {"float64", 64},  {"double", 64},  {"int8", 8},  {"uint8", 8}};
  for (const auto& [name, bits] : kTypes)
    if (dtype == name) return Number(bits);
  if (dtype.starts_with("float8_")) return Number(8);
  return std::nullopt;
}

}  // namespace

Result<Config> Config::from_json(JsonValue object) {
  if (!object.is(JsonKind::kObject))
    return error_at(object, codes::kWrongType,
                    "a config must be an object, not " + std::string(name_of(object.kind())));
  Config config;
  const SourceText& source = object.source();
  PlaceFinder places(source.text);
  config.source_ = source.name;
  flatten("", object, [&](const std::string& name, Value value, JsonValue json) {
    const LineColumn place = places.find(json.offset());
    config.entries_.emplace(
        name, Entry{std::move(value), source.name + ":" + std::to_string(place.line) + ":" +
                                          std::to_string(place.column)});
  });
  return config;
}

Result<Config> Config::from_text(std::shared_ptr<const SourceText> source) {
  const Result<JsonDocument> document =
      JsonDocument::parse(std::move(source), {.python_constants = true});
  if (!document) return document.errors();
  return from_json(document.value().root());
}

Result<Config> Config::from_file(const std::string& path) {
  const Result<JsonDocument> document = JsonDocument::read(path, {.python_constants = true});
  if (!document) return document.errors();
  return from_json(document.value().root());
}

std::string_view Config::assigned_name(std::string_view assignment) {
  constexpr std::string_view kPrefix = "config.";
  const std::size_t equals = assignment.find('=');
  if (equals == assignment.npos) return {};
  std::string_view name = assignment.substr(0, equals);
  if (name.starts_with(kPrefix)) name.remove_prefix(kPrefix.size());
  return is_name(name) ? name : std::string_view();
}

Result<bool> Config::set(std::string_view assignment) {
  const std::string_view name = assigned_name(assignment);
  const std::size_t equals = assignment.find('=');
  if (name.empty() || equals + 1 == assignment.size())
    return usage_error("--set " + quoted(assignment) + " is not NAME=VALUE",
                       "for example: --set num_hidden_layers=4");
  for (std::size_t dot = name.find('.'); dot != name.npos; dot = name.find('.', dot + 1)) {
    const Entry* parent = find(name.substr(0, dot));
    if (parent != nullptr && parent->value.kind != Kind::kObject &&
        parent->value.kind != Kind::kNone)
      return usage_error(
          "--set " + quoted(assignment) + ": " + quoted(name.substr(0, dot)) + " is not an object",
          "it is " + to_string(parent->value) + ", from " + parent->origin);
  }

  const std::string_view text = assignment.substr(equals + 1);
  const auto add = [this](const std::string& key, Value value, JsonValue) {
    entries_.insert_or_assign(key, Entry{std::move(value), "--set"});
  };
  const Result<JsonDocument> document = parse_assigned(name, text);
  const bool is_json = text.front() == '[' || text.front() == '{' || text.front() == '"';
  if (!document && (is_json || document.errors().front().code == codes::kBadValue))
    return usage_errors(document.errors());
  erase_below(name);
  Value object;
  object.kind = Kind::kObject;
  for (std::size_t dot = name.find('.'); dot != name.npos; dot = name.find('.', dot + 1)) {
    const Entry* parent = find(name.substr(0, dot));
    if (parent == nullptr || parent->value.kind != Kind::kObject)
      add(std::string(name.substr(0, dot)), object, {});
  }
  if (document)
    flatten(std::string(name), document.value().root(), add);
  else
    add(std::string(name), Value::of(std::string(text)), {});
  return true;
}

Result<bool> Config::leave_open(std::string_view name) {
  auto entry = entries_.find(name);
  if (entry == entries_.end()) {
    std::vector<std::string_view> numbers;
    for (const auto& [known, value] : entries_)
      if (value.value.kind == Kind::kNumber) numbers.push_back(known);
    return usage_error("the config has no " + quoted(name), did_you_mean(name, numbers));
  }
  const Value& value = entry->second.value;
  if (value.kind != Kind::kNumber || !value.number.is_exact())
    return usage_error(quoted(name) + " of the config is " + to_string(value) + ", not a number",
                       "--set " + std::string(name) + "=NUMBER gives it one");
  entry->second.is_open = true;
  return true;
}

void Config::overlay(const Config& other) {
  for (const auto& [name, entry] : other.entries_) {
    if (entry.value.kind != Kind::kObject) erase_below(name);
    entries_.insert_or_assign(name, entry);
  }
  if (!other.source_.empty()) source_ = other.source_;
}

void Config::erase_below(std::string_view name) {
  const std::string prefix = std::string(name) + ".";
  auto at = entries_.lower_bound(prefix);
  while (at != entries_.end() && std::string_view(at->first).starts_with(prefix))
    at = entries_.erase(at);
}

const Config::Entry* Config::find(std::string_view name) const {
  auto at = entries_.find(name);
  if (at == entries_.end() && name == "dtype") at = entries_.find("torch_dtype");
  if (at == entries_.end() && name == "torch_dtype") at = entries_.find("dtype");
  return at == entries_.end() ? nullptr : &at->second;
}

std::vector<std::string_view> Config::names() const {
  std::vector<std::string_view> names;
  for (const auto& [name, entry] : entries_) names.push_back(name);
  return names;
}

std::string Config::architecture() const {
  const Entry* entry = find("architectures");
  if (entry == nullptr || entry->value.list.empty()) return {};
  return entry->value.list.front().string;
}

std::optional<Number> Config::dtype_bits() const {
  for (const std::string_view name : {"dtype", "text_config.dtype", "text_config.torch_dtype"}) {
    const Entry* entry = find(name);
    if (entry != nullptr && entry->value.kind == Kind::kString) return bits_of(entry->value.string);
  }
  return std::nullopt;
}

}  // namespace lmhost
