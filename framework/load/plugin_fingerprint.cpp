// The canonical text behind a plugin's fingerprint. Every field ends in NUL, which no string of a
// plugin can hold, so that two different plugins never give the same text. Its format is part of
// what a fingerprint means: changing it changes every fingerprint.
#include "load/plugin_fingerprint.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <iterator>
#include <string>
#include <vector>

#include <lmhost/plugin.h>

#include "base/sha256.hpp"

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

enum class Flags { kCount, kIgnored };

// Flags decide who may leave out what, not what comes out.
void add_formulas(CanonicalText& text, const Kernel& kernel, Flags count_flags) {
  for (const KernelParameter& row : kernel.parameters) {
    const unsigned long flags = count_flags == Flags::kIgnored
                                    ? 0u
                                    : (row.optional ? 1u : 0u) + (row.not_monotone ? 2u : 0u);
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

void add(CanonicalText& text, const Kernel& kernel) {
  text.field("kernel").field(kernel.name).field(kernel.revision);
  for (const std::string& alias : kernel.aliases) text.field("alias").field(alias);
  add_formulas(text, kernel, Flags::kCount);
}

// Whether a formula of the kernel can see the constant: by name, or through a function of the
// plugin, whose text may name any.
bool may_use(const Kernel& kernel, const Plugin& plugin, const std::string& constant) {
  const auto in = [&](const Expression* formula) {
    if (formula == nullptr) return false;
    const auto is_own = [&](const std::string& called) {
      return std::any_of(plugin.functions.begin(), plugin.functions.end(),
                         [&](const PluginFunction& row) { return row.name == called; });
    };
    return std::find(formula->names.begin(), formula->names.end(), constant) !=
               formula->names.end() ||
           std::any_of(formula->functions.begin(), formula->functions.end(), is_own);
  };
  const auto in_formula = [&](const KernelFormula& row) { return in(row.expression); };
  return std::any_of(kernel.parameters.begin(), kernel.parameters.end(),
                     [&](const KernelParameter& row) { return in(row.default_value); }) ||
         std::any_of(kernel.lets.begin(), kernel.lets.end(), in_formula) ||
         std::any_of(kernel.quantities.begin(), kernel.quantities.end(), in_formula) ||
         std::any_of(kernel.operands.begin(), kernel.operands.end(), [&](const KernelOperand& row) {
           return in(row.elements) || in(row.stored_elements) || in(row.bits);
         });
}

}  // namespace

std::string formulas_fingerprint(const Plugin& plugin, const Kernel& kernel) {
  CanonicalText text;
  text.field("lmhost kernel").field(plugin.language);
  for (const PluginConstant& row : plugin.constants)
    if (may_use(kernel, plugin, row.name))
      text.field("constant").field(row.name).field(to_string(row.value));
  add_formulas(text, kernel, Flags::kIgnored);
  return text.hex_digest();
}

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
