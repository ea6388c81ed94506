// Changing a JSON text at one place: every other byte stays, the way it is indented goes on.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "load/json.hpp"

namespace lmhost {

// The first byte behind a value.
std::size_t end_of(JsonValue value);

// Changes of one text, each at a place of the text as it was; applied together.
class JsonEdit {
 public:
  // REQUIRES: the document outlives this.
  explicit JsonEdit(const JsonDocument& document) : document_(document) {}

  // `json` is a whole value in JSON, in any layout; it is laid out anew to fit where it goes.
  void replace(JsonValue value, std::string_view json);
  // Behind the last member or element.
  void append(JsonValue object, std::string_view key, std::string_view json);
  void append(JsonValue array, std::string_view json);
  // A member, with the comma that parted it from its neighbours. REQUIRES: not every member of an
  // object is removed, and none that something is appended behind.
  void remove(JsonValue object, std::string_view key);

  std::string apply() const;

 private:
  struct Change {
    std::size_t first;  // bytes [first, last) become `text`
    std::size_t last;
    std::string text;
  };

  void append_item(JsonValue container, std::string_view label, std::string_view json);

  const JsonDocument& document_;
  std::vector<Change> changes_;
};

// As a JSON string, with its quotes.
std::string json_string(std::string_view text);

}  // namespace lmhost
