// JSON text, written in one pass. RapidJSON's Writer does the work in json_writer.cpp; nothing of
// it shows here.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "lmhost/quantity.hpp"

namespace lmhost {

class JsonWriter {
 public:
  JsonWriter();
  ~JsonWriter();
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  void begin_object();
  void end_object();
  void begin_array();
  void end_array();
  void key(std::string_view name);

  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(bool truth);
  void value(std::size_t count);
  void null();
  // Every digit of an integer or a finite decimal; a fraction like 1/3 as its nearest double.
  void value(const Number& number);

  template <class T>
  void member(std::string_view name, const T& what) {
    key(name);
    value(what);
  }
  // A number under `name`; also as text under `name`_exact when a reader that keeps doubles would
  // lose digits.
  void quantity(std::string_view name, const Number& number);
  // Every quantity and the sums over roles. The names of inexact ones are listed under "inexact".
  void costs(std::string_view name, const Costs& costs);
  void cost_members(const Costs& costs);  // the same inside an open object

  // The next value or key starts a line.
  void line();

  // The text, ended by '\n'. REQUIRES: everything opened is closed.
  std::string take();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lmhost
