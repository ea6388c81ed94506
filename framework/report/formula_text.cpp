#include "report/formula_text.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "formula/functions.hpp"

namespace lmhost {
namespace {

// How tightly an expression binds; what binds less needs parentheses.
enum Binding { kConditional, kComparison, kAdditive, kMultiplicative, kUnary, kTight };

struct Piece {
  std::string text;
  Binding binding = kTight;
  bool ok = true;
};

std::string_view relation_sign(ProgramOp op) {
  switch (op) {
    case ProgramOp::kLess:
      return "<";
    case ProgramOp::kLessEqual:
      return "<=";
    case ProgramOp::kEqual:
      return "==";
    case ProgramOp::kNotEqual:
      return "!=";
    default:
      return "";
  }
}

// Whether the C helpers, which know whole numbers only, have the operation.
bool is_in_c(ProgramOp op) {
  switch (op) {
    case ProgramOp::kDivide:
    case ProgramOp::kPower:
    case ProgramOp::kLog2:
    case ProgramOp::kDistinct:
    case ProgramOp::kScalar:
      return false;
    default:
      return true;
  }
}

// Words of Python and C, and what the printed functions call, that no parameter may be.
bool is_reserved(std::string_view word) {
  static const std::set<std::string_view> kWords = {
      "False",    "None",         "True",         "and",      "as",       "assert",    "async",
      "await",    "break",        "class",        "continue", "def",      "del",       "elif",
      "else",     "except",       "finally",      "for",      "from",     "global",    "if",
      "import",   "in",           "is",           "lambda",   "nonlocal", "not",       "or",
      "pass",     "raise",        "return",       "try",      "while",    "with",      "yield",
      "auto",     "case",         "char",         "const",    "default",  "do",        "double",
      "enum",     "extern",       "float",        "goto",     "inline",   "int",       "long",
      "register", "restrict",     "short",        "signed",   "sizeof",   "static",    "struct",
      "switch",   "typedef",      "union",        "unsigned", "void",     "volatile",  "asm",
      "abs",      "abs_",         "ceil",         "ceil_div", "floor",    "floor_div", "math",
      "max",      "min",          "modulo",       "log2",     "distinct", "Fraction",  "sum_range",
      "typeof",   "causal_pairs", "window_pairs", "__int128"};
  return kWords.contains(word);
}

class FormPrinter {
 public:
  FormPrinter(const ClosedForm& form, FormulaLanguage language)
      : form_(form), language_(language) {}

  std::optional<FormText> run() {
    FormText written;
    for (std::uint32_t at = 0; at < form_.nodes.size(); ++at) {
      pieces_.push_back(piece(form_.nodes[at]));
      is_too_long_ = pieces_.back().text.size() > SymbolicLimits().length;
      if (!pieces_.back().ok || is_too_long_) return std::nullopt;
      const auto named = form_.parts.find(at);
      if (named == form_.parts.end()) continue;
      const std::string name = part_name(named->second);
      written.parts.emplace_back(name, std::exchange(pieces_.back(), {name, kTight, true}).text);
    }
    written.text = pieces_[form_.value].text;
    return written;
  }

  bool is_too_long() const { return is_too_long_; }

 private:
  bool is(FormulaLanguage language) const { return language_ == language; }
  bool is_latex() const { return is(FormulaLanguage::kLatex); }

  // "t12" is t with an index.
  std::string part_name(const std::string& name) const {
    if (!is_latex()) return name;
    const std::size_t digits = name.find_first_of("0123456789");
    return name.substr(0, 1) + "_{" + name.substr(digits) + "}";
  }

  std::string wrapped(std::uint32_t child, Binding least) const {
    const Piece& inner = pieces_[child];
    if (inner.binding >= least) return inner.text;
    return is_latex() ? "\\left(" + inner.text + "\\right)" : "(" + inner.text + ")";
  }

  Piece piece(const FormNode& node) const {
    switch (node.op) {
      case FormOp::kInteger:
        return integer(node.integer);
      case FormOp::kNumber:
        if (is(FormulaLanguage::kC)) return {"", kTight, false};
        return {to_string(node.number), node.number.is_negative() ? kAdditive : kTight};
      case FormOp::kSymbol:
        return {form_name(node.name, language_), kTight};
      case FormOp::kSum:
        return sum(node);
      case FormOp::kProduct:
        return product(node);
      case FormOp::kPower:
        return power(node);
      case FormOp::kQuotient:
        return quotient(node);
      case FormOp::kCall:
        return call(node);
    }
    return {};
  }

  Piece integer(Int128 value) const {
    std::string text = to_string(value);
    const bool is_wide = value > INT64_MAX || value < INT64_MIN + 1;
    if (is(FormulaLanguage::kC) && is_wide) {
      // C has no literal of more than 64 bits.
      constexpr std::int64_t kBase = 1'000'000'000'000'000'000;
      text = "((__int128)" + to_string(value / kBase) + "LL * " + to_string(Int128{kBase}) +
             "LL + " + to_string(value % kBase) + "LL)";
    } else if (is(FormulaLanguage::kC)) {
      text += "LL";
    }
    return {text, value < 0 ? kAdditive : kTight};
  }

  Piece sum(const FormNode& node) const {
    std::string text;
    for (std::uint32_t child : node.children) {
      const std::string part = wrapped(child, kAdditive);
      if (text.empty())
        text = part;
      else if (part[0] == '-')
        text += " - " + part.substr(1);
      else
        text += " + " + part;
    }
    return {text, kAdditive};
  }

  Piece product(const FormNode& node) const {
    const std::string sign = is_latex() ? " \\cdot " : "*";
    std::string text;
    bool is_negative = false;
    for (std::uint32_t child : node.children) {
      const FormNode& factor = form_.nodes[child];
      const bool is_first = text.empty();
      if (is_first && factor.op == FormOp::kInteger && factor.integer == -1) {
        is_negative = true;
        text = "-";
        continue;
      }
      is_negative =
          is_negative || (is_first && factor.op == FormOp::kInteger && factor.integer < 0);
      if (!is_first && text != "-") text += sign;
      // A negative coefficient in front needs no parentheses.
      text +=
          is_first && factor.op == FormOp::kInteger ? pieces_[child].text : wrapped(child, kUnary);
    }
    return {text, is_negative ? kAdditive : kMultiplicative};
  }

  Piece power(const FormNode& node) const {
    const std::string base = wrapped(node.children[0], kTight);
    if (is_latex()) return {base + "^{" + std::to_string(node.exponent) + "}", kUnary};
    if (!is(FormulaLanguage::kC)) return {base + "**" + std::to_string(node.exponent), kUnary};
    std::string text = base;
    for (std::uint32_t i = 1; i < node.exponent; ++i) text += "*" + base;
    return {text, kMultiplicative};
  }

  Piece quotient(const FormNode& node) const {
    const std::string divisor = to_string(node.integer);
    const std::uint32_t child = node.children[0];
    switch (language_) {
      case FormulaLanguage::kLatex:
        return {"\\frac{" + pieces_[child].text + "}{" + divisor + "}", kTight};
      case FormulaLanguage::kText:
        return {wrapped(child, kMultiplicative) + "/" + divisor, kMultiplicative};
      case FormulaLanguage::kPython:
        if (!node.is_whole)
          return {"Fraction(" + pieces_[child].text + ", " + divisor + ")", kTight};
        return {wrapped(child, kMultiplicative) + "//" + divisor, kMultiplicative};
      case FormulaLanguage::kC:
        break;
    }
    return {wrapped(child, kMultiplicative) + "/" + divisor + "LL", kMultiplicative, node.is_whole};
  }

  Piece call(const FormNode& node) const {
    const auto& c = node.children;
    if (is(FormulaLanguage::kC) && !is_in_c(node.call)) return {"", kTight, false};
    if (is_latex()) return latex_call(node);
    switch (node.call) {
      case ProgramOp::kSelect:
        if (is(FormulaLanguage::kC))
          return {"(" + pieces_[c[0]].text + " ? " + pieces_[c[1]].text + " : " +
                      pieces_[c[2]].text + ")",
                  kTight};
        return {wrapped(c[1], kComparison) + " if " + wrapped(c[0], kComparison) + " else " +
                    wrapped(c[2], kComparison),
                kConditional};
      case ProgramOp::kNot:
        if (is(FormulaLanguage::kC)) return {"!" + wrapped(c[0], kTight), kUnary};
        return {"not " + wrapped(c[0], kAdditive), kConditional};
      case ProgramOp::kAdd:
        return {wrapped(c[0], kAdditive) + " + " + wrapped(c[1], kMultiplicative), kAdditive};
      case ProgramOp::kSubtract:
        return {wrapped(c[0], kAdditive) + " - " + wrapped(c[1], kMultiplicative), kAdditive};
      case ProgramOp::kMultiply:
        return {wrapped(c[0], kMultiplicative) + "*" + wrapped(c[1], kUnary), kMultiplicative};
      case ProgramOp::kDivide: {
        const std::string above = is(FormulaLanguage::kPython)
                                      ? "Fraction(" + pieces_[c[0]].text + ")"
                                      : wrapped(c[0], kMultiplicative);
        return {above + "/" + wrapped(c[1], kUnary), kMultiplicative};
      }
      case ProgramOp::kFloorDivide:
      case ProgramOp::kModulo: {
        const bool is_floor = node.call == ProgramOp::kFloorDivide;
        if (is(FormulaLanguage::kC)) return list(is_floor ? "floor_div" : "modulo", c);
        return {wrapped(c[0], kMultiplicative) + (is_floor ? "//" : "%") + wrapped(c[1], kUnary),
                kMultiplicative};
      }
      case ProgramOp::kPower:
        return {(is(FormulaLanguage::kPython) ? "Fraction(" + pieces_[c[0]].text + ")"
                                              : wrapped(c[0], kTight)) +
                    "**" + wrapped(c[1], kTight),
                kUnary};
      case ProgramOp::kScalar:
        return list(node.name, c);
      default:
        break;
    }
    if (const std::string_view sign = relation_sign(node.call); !sign.empty())
      return {wrapped(c[0], kAdditive) + " " + std::string(sign) + " " + wrapped(c[1], kAdditive),
              kComparison};
    return list(function_name(node.call), c);
  }

  Piece list(std::string_view name, const std::vector<std::uint32_t>& children) const {
    std::string text(name);
    text += '(';
    for (std::size_t i = 0; i < children.size(); ++i)
      text += (i == 0 ? "" : ", ") + pieces_[children[i]].text;
    return {text + ")", kTight};
  }

  Piece latex_call(const FormNode& node) const {
    const auto& c = node.children;
    const auto text = [&](std::size_t i) { return pieces_[c[i]].text; };
    switch (node.call) {
      case ProgramOp::kSelect:
        return {"\\begin{cases}" + text(1) + " & \\text{if } " + text(0) + " \\\\ " + text(2) +
                    " & \\text{otherwise}\\end{cases}",
                kAdditive};
      case ProgramOp::kNot:
        return {"\\left[\\neg " + wrapped(c[0], kTight) + "\\right]", kTight};
      case ProgramOp::kAdd:
        return {text(0) + " + " + text(1), kAdditive};
      case ProgramOp::kSubtract:
        return {text(0) + " - " + wrapped(c[1], kMultiplicative), kAdditive};
      case ProgramOp::kMultiply:
        return {wrapped(c[0], kMultiplicative) + " \\cdot " + wrapped(c[1], kUnary),
                kMultiplicative};
      case ProgramOp::kDivide:
        return {"\\frac{" + text(0) + "}{" + text(1) + "}", kTight};
      case ProgramOp::kFloorDivide:
        return {"\\left\\lfloor\\frac{" + text(0) + "}{" + text(1) + "}\\right\\rfloor", kTight};
      case ProgramOp::kCeilDivide:
        return {"\\left\\lceil\\frac{" + text(0) + "}{" + text(1) + "}\\right\\rceil", kTight};
      case ProgramOp::kFloor:
        return {"\\left\\lfloor " + text(0) + "\\right\\rfloor", kTight};
      case ProgramOp::kCeil:
        return {"\\left\\lceil " + text(0) + "\\right\\rceil", kTight};
      case ProgramOp::kAbs:
        return {"\\left|" + text(0) + "\\right|", kTight};
      case ProgramOp::kModulo:
        return {wrapped(c[0], kTight) + " \\bmod " + wrapped(c[1], kTight), kMultiplicative};
      case ProgramOp::kPower:
        return {wrapped(c[0], kTight) + "^{" + text(1) + "}", kUnary};
      case ProgramOp::kMinimum:
        return {"\\min\\left(" + text(0) + ", " + text(1) + "\\right)", kTight};
      case ProgramOp::kMaximum:
        return {"\\max\\left(" + text(0) + ", " + text(1) + "\\right)", kTight};
      case ProgramOp::kLog2:
        return {"\\log_2\\left(" + text(0) + "\\right)", kTight};
      default:
        break;
    }
    if (std::string sign(relation_sign(node.call)); !sign.empty()) {
      sign = sign == "<=" ? "\\le" : sign == "==" ? "=" : sign == "!=" ? "\\ne" : sign;
      // Iverson's bracket: 1 where it holds, else 0.
      return {"\\left[" + text(0) + " " + sign + " " + text(1) + "\\right]", kTight};
    }
    std::string name =
        node.call == ProgramOp::kScalar ? node.name : std::string(function_name(node.call));
    Piece arguments = list("", c);
    return {"\\operatorname{" + form_name(name, FormulaLanguage::kLatex) + "}" + arguments.text,
            kTight};
  }

  const ClosedForm& form_;
  FormulaLanguage language_;
  std::vector<Piece> pieces_;
  bool is_too_long_ = false;
};

}  // namespace

std::string form_name(const std::string& name, FormulaLanguage language) {
  if (language == FormulaLanguage::kText) return name;
  const bool is_latex = language == FormulaLanguage::kLatex;
  std::string text;
  for (const char c : name) {
    const bool is_plain =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (is_plain)
      text += c;
    else
      text += is_latex ? "\\_" : "_";
  }
  if (is_latex) return "\\mathrm{" + text + "}";
  if (!text.empty() && text[0] >= '0' && text[0] <= '9') text.insert(0, 1, '_');
  if (is_reserved(text)) text += '_';
  return text;
}

std::optional<FormText> form_text(const ClosedForm& form, FormulaLanguage language,
                                  bool* is_too_long) {
  FormPrinter printer(form, language);
  std::optional<FormText> text = printer.run();
  if (is_too_long != nullptr) *is_too_long = printer.is_too_long();
  return text;
}

}  // namespace lmhost
