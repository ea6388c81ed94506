// The model's config.json as dotted names: config.hidden_size, config.text_config.hidden_size,
// config.rope_scaling.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "formula/value.hpp"
#include "load/json.hpp"

namespace lmhost {

class Config {
 public:
  struct Entry {
    Value value;
    std::string origin;    // "config.json:12:3", "--set", "graphs/tiny.json:8:5": shown by explain
    bool is_open = false;  // resolving makes an input of it instead of a constant
  };

  // Flattens an object; nested objects become dotted names and are present themselves as
  // Value::Kind::kObject. Objects inside lists are present only. Errors: integers beyond 128 bits,
  // all of them.
  static Result<Config> from_json(JsonValue object);
  // NaN and Infinity, which Python's json writes, become strings: harmless until a formula computes
  // with them.
  static Result<Config> from_text(std::shared_ptr<const SourceText> source);
  static Result<Config> from_file(const std::string& path);

  // "num_hidden_layers=4", "rope_scaling.factor=8.0", "hidden_act=gelu",
  // "tie_word_embeddings=true", "n_inner=null", "layer_types=[\"full_attention\"]". Replaces what
  // the name had below it. Errors are kUsage.
  Result<bool> set(std::string_view assignment);
  // The name that an assignment would set, without "config."; "" when malformed.
  static std::string_view assigned_name(std::string_view assignment);
  // Resolving leaves the name, without "config.", open: formulas stay symbolic in it. Errors (kUsage)
  // when it has no number to be open in the place of.
  Result<bool> leave_open(std::string_view name);
  // Entries of `other` win, name by name; a value that is no object hides what was below its name.
  void overlay(const Config& other);

  // Name without "config.". "dtype" and "torch_dtype" stand for each other when only one is there.
  const Entry* find(std::string_view name) const;
  std::vector<std::string_view> names() const;
  bool empty() const { return entries_.empty(); }
  const std::string& source() const { return source_; }  // the file, for reports
  // "LlamaForCausalLM", or "" when the config names no architecture.
  std::string architecture() const;
  // Bits of dtype, else torch_dtype, else the text_config's: bfloat16 and float16 16, float32 32,
  // float64 64, float8_* 8. Nothing when unknown.
  std::optional<Number> dtype_bits() const;

 private:
  void erase_below(std::string_view name);

  std::map<std::string, Entry, std::less<>> entries_;
  std::string source_;
};

}  // namespace lmhost
