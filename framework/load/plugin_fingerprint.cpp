// The canonical text behind a plugin's fingerprint. Every field ends in NUL, which no string of a
// plugin can hold, so that two different plugins never give the same text. Its format is part of
// what a fingerprint means: changing it changes every fingerprint.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <iterator>
#include <string>
#include <vector>

#include <lmhost/plugin.h>

#include "base/sha256.hpp"
#include "load/plugin_reader.hpp"

namespace lmhost {
namespace {

// Hashed a page at a time: the whole text of a large plugin would touch more memory than the
// plugin.
class CanonicalText {
 public:
  CanonicalText& field(std::string_view text) {
    if (text.size() >= page_.size() - used_) {
      flush();
      if (text.size() >= page_.size()) {
        hash_.add(text);
        text = {};
      }
    }
    std::copy(text.begin(), text.end(), page_.begin() + static_cast<std::ptrdiff_t>(used_));
    used_ += text.size();
    page_[used_++] = '\0';
    return *this;
  }
  CanonicalText& field(unsigned long number) {
    char digits[24];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
    return field(std::string_view(digits, static_cast<std::size_t>(end - digits)));
  }
  // Nothing differs from an empty formula, which cannot be compiled.
  CanonicalText& field(const Expression* expression) {
    return field(expression == nullptr ? std::string_view() : std::string_view(expression->text));
  }
  std::string hex_digest() {
    flush();
    return hash_.hex_digest();
  }

 private:
  void flush() {
    hash_.add({page_.data(), used_});
    used_ = 0;
  }

  Sha256 hash_;
  std::array<char, 4096> page_;
  std::size_t used_ = 0;
};

void add(CanonicalText& text, const Kernel& kernel) {
  text.field("kernel").field(kernel.name).field(kernel.revision);
  for (const std::string& alias : kernel.aliases) text.field("alias").field(alias);
  for (const KernelParameter& row : kernel.parameters) {
    const unsigned long flags = (row.optional ? 1u : 0u) + (row.not_monotone ? 2u : 0u);
    text.field("parameter")
        .field(row.name)
        .field(static_cast<unsigned long>(row.type))
        .field(flags);
    text.field(row.default_value);
  }
  for (const KernelFormula& row : kernel.lets)
    text.field("let").field(row.name).field(row.expression);
  for (const KernelFormula& row : kernel.quantities)
    text.field("quantity").field(row.name).field(row.expression);
  for (const KernelOperand& row : kernel.operands) {
    text.field("operand").field(row.name).field(static_cast<unsigned long>(row.direction));
    text.field(static_cast<unsigned long>(row.role)).field(row.elements);
    text.field(row.stored_elements).field(row.bits);
  }
}

}  // namespace

std::string fingerprint_of(const Plugin& plugin) {
  CanonicalText text;
  text.field("lmhost plugin").field(LMH_LANGUAGE).field(plugin.id);
  for (const PluginConstant& row : plugin.constants)
    text.field("constant").field(row.name).field(to_string(row.value));
  for (const PluginFunction& row : plugin.functions)
    text.field("function")
        .field(row.name)
        .field(row.arity)
        .field(row.is_macro ? "macro" : "scalar");

  std::vector<const Kernel*> kernels;
  kernels.reserve(plugin.kernels.size());
  for (const Kernel& kernel : plugin.kernels) kernels.push_back(&kernel);
  std::sort(kernels.begin(), kernels.end(),
            [](const Kernel* a, const Kernel* b) { return a->name < b->name; });
  for (const Kernel* kernel : kernels) add(text, *kernel);
  return text.hex_digest();
}

}  // namespace lmhost
