// What programs need before the functions that are printed.
#include <set>
#include <string_view>

#include "report/formula_text.hpp"

namespace lmhost {
namespace {

struct Helper {
  ProgramOp op;
  std::string_view python;
  std::string_view c;
};

// As formula/functions.cpp defines them.
constexpr Helper kHelpers[] = {
    {ProgramOp::kMinimum, "",
     "static __int128 min(__int128 a, __int128 b) { return a < b ? a : b; }\n"},
    {ProgramOp::kMaximum, "",
     "static __int128 max(__int128 a, __int128 b) { return a > b ? a : b; }\n"},
    {ProgramOp::kAbs, "",
     "static __int128 abs_(__int128 a) { return a < 0 ? -a : a; }\n#define abs abs_\n"},
    {ProgramOp::kFloor, "", "#define floor(a) (a)\n"},
    {ProgramOp::kCeil, "", "#define ceil(a) (a)\n"},
    {ProgramOp::kFloorDivide, "",
     "static __int128 floor_div(__int128 a, __int128 b) {\n"
     "  return a / b - ((a % b != 0) && ((a < 0) != (b < 0)));\n}\n"},
    {ProgramOp::kModulo, "",
     "static __int128 modulo(__int128 a, __int128 b) {\n"
     "  return a % b + ((a % b != 0) && ((a < 0) != (b < 0)) ? b : 0);\n}\n"},
    {ProgramOp::kCeilDivide, "def ceil_div(a, b):\n    return -(-a // b)\n",
     "static __int128 ceil_div(__int128 a, __int128 b) {\n"
     "  return a / b + ((a % b != 0) && ((a < 0) == (b < 0)));\n}\n"},
    {ProgramOp::kCausalPairs, "def causal_pairs(s, c):\n    return s*c + s*(s + 1)//2\n",
     "static __int128 causal_pairs(__int128 s, __int128 c) { return s*c + s*(s + 1)/2; }\n"},
    {ProgramOp::kWindowPairs,
     "def window_pairs(s, c, w):\n    g = min(s, max(w - c, 0))\n"
     "    return g*c + g*(g + 1)//2 + (s - g)*w\n",
     "static __int128 window_pairs(__int128 s, __int128 c, __int128 w) {\n"
     "  __int128 room = w > c ? w - c : 0, g = s < room ? s : room;\n"
     "  return g*c + g*(g + 1)/2 + (s - g)*w;\n}\n"},
    {ProgramOp::kSumRange,
     "def sum_range(a, b):\n    return (b - a)*(a + b - 1)//2 if a < b else 0\n",
     "static __int128 sum_range(__int128 a, __int128 b) {\n"
     "  return a < b ? (b - a)*(a + b - 1)/2 : 0;\n}\n"},
    {ProgramOp::kDistinct,
     "def distinct(e, k, t):\n    e, k, t = float(e), float(k), float(t)\n"
     "    if t == 0 or k == 0:\n        return 0.0\n"
     "    return e if k == e else -e*math.expm1(t*math.log1p(-k/e))\n",
     ""},
    {ProgramOp::kLog2, "def log2(a):\n    return math.log2(a)\n", ""},
};

}  // namespace

std::string form_preamble(const std::vector<const ClosedForm*>& forms, FormulaLanguage language) {
  if (language != FormulaLanguage::kPython && language != FormulaLanguage::kC) return {};
  const bool is_python = language == FormulaLanguage::kPython;
  std::set<ProgramOp> used;
  bool has_fraction = false;
  for (const ClosedForm* form : forms)
    for (const FormNode& node : form->nodes) {
      if (node.op == FormOp::kCall) used.insert(node.call);
      has_fraction = has_fraction || (node.op == FormOp::kQuotient && !node.is_whole) ||
                     (node.op == FormOp::kCall &&
                      (node.call == ProgramOp::kDivide || node.call == ProgramOp::kPower));
    }
  std::string text;
  if (is_python && has_fraction) text += "from fractions import Fraction\n";
  if (is_python && (used.contains(ProgramOp::kFloor) || used.contains(ProgramOp::kCeil)))
    text += "from math import ceil, floor\n";
  if (is_python && (used.contains(ProgramOp::kDistinct) || used.contains(ProgramOp::kLog2)))
    text += "import math\n";
  for (const Helper& helper : kHelpers)
    if (used.contains(helper.op)) {
      const std::string_view code = is_python ? helper.python : helper.c;
      if (!code.empty()) text += (text.empty() ? "" : "\n") + std::string(code);
    }
  return text.empty() ? text : text + "\n";
}

}  // namespace lmhost
