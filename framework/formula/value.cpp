#include "formula/value.hpp"

#include <utility>

namespace lmhost {

Value Value::of(Number number) {
  Value value;
  value.kind = Kind::kNumber;
  value.number = number;
  return value;
}

Value Value::of(std::string string) {
  Value value;
  value.kind = Kind::kString;
  value.string = std::move(string);
  return value;
}

Value Value::boolean(bool truth) {
  Value value = of(Number(truth ? 1 : 0));
  value.is_boolean = true;
  return value;
}

bool operator==(const Value& a, const Value& b) {
  // True == 1, as in Python.
  return a.kind == b.kind && a.number == b.number && a.string == b.string && a.list == b.list;
}

std::string to_string(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kNone:
      return "None";
    case Value::Kind::kNumber:
      if (value.is_boolean) return value.number.is_zero() ? "False" : "True";
      return to_string(value.number);
    case Value::Kind::kString:
      return "'" + value.string + "'";
    case Value::Kind::kObject:
      return "{...}";
    case Value::Kind::kList:
      break;
  }
  std::string text = "[";
  for (const Value& element : value.list) {
    if (text.size() > 1) text += ", ";
    if (text.size() > 60) return text + "...]";
    text += to_string(element);
  }
  return text + "]";
}

}  // namespace lmhost
