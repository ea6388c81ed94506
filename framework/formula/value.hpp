// What a name in a formula may stand for: a number, a string, a list, an object's presence, or None
// (JSON null).
#pragma once

#include <string>
#include <vector>

#include "lmhost/number.hpp"

namespace lmhost {

struct Value {
  enum class Kind { kNone, kNumber, kString, kList, kObject };
  Kind kind = Kind::kNone;
  bool is_boolean = false;  // JSON true/false; a number all the same
  Number number;
  std::string string;
  std::vector<Value> list;

  static Value none() { return {}; }
  static Value of(Number number);
  static Value of(std::string string);
  static Value boolean(bool truth);

  friend bool operator==(const Value& a, const Value& b);
};

std::string to_string(const Value& value);  // as the formula language spells it

}  // namespace lmhost
