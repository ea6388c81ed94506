// How the operators of an expression map to those of a program. Shared by the plain walk and the
// translation, so that the two evaluators cannot drift apart.
#pragma once

#include <optional>

#include "formula/expression.hpp"
#include "formula/functions.hpp"
#include "formula/program.hpp"

namespace lmhost {

struct MappedOperator {
  ProgramOp op;
  bool swapped = false;  // a > b is b < a
};

// Of a binary arithmetic or relational operator; nothing for `and`, `or` and everything that is not
// binary.
inline std::optional<MappedOperator> mapped_operator(Op op) {
  switch (op) {
    case Op::kAdd:
      return MappedOperator{ProgramOp::kAdd};
    case Op::kSubtract:
      return MappedOperator{ProgramOp::kSubtract};
    case Op::kMultiply:
      return MappedOperator{ProgramOp::kMultiply};
    case Op::kDivide:
      return MappedOperator{ProgramOp::kDivide};
    case Op::kFloorDivide:
      return MappedOperator{ProgramOp::kFloorDivide};
    case Op::kModulo:
      return MappedOperator{ProgramOp::kModulo};
    case Op::kPower:
      return MappedOperator{ProgramOp::kPower};
    case Op::kLess:
      return MappedOperator{ProgramOp::kLess};
    case Op::kLessEqual:
      return MappedOperator{ProgramOp::kLessEqual};
    case Op::kGreater:
      return MappedOperator{ProgramOp::kLess, true};
    case Op::kGreaterEqual:
      return MappedOperator{ProgramOp::kLessEqual, true};
    case Op::kEqual:
      return MappedOperator{ProgramOp::kEqual};
    case Op::kNotEqual:
      return MappedOperator{ProgramOp::kNotEqual};
    default:
      return std::nullopt;
  }
}

// Of a built-in on numbers; nothing for those that look at lists, names or texts (len, count, defined,
// unknown).
inline std::optional<ProgramOp> mapped_builtin(Builtin id) {
  switch (id) {
    case Builtin::kMin:
      return ProgramOp::kMinimum;
    case Builtin::kMax:
      return ProgramOp::kMaximum;
    case Builtin::kAbs:
      return ProgramOp::kAbs;
    case Builtin::kFloor:
      return ProgramOp::kFloor;
    case Builtin::kCeil:
      return ProgramOp::kCeil;
    case Builtin::kCeilDivide:
      return ProgramOp::kCeilDivide;
    case Builtin::kLog2:
      return ProgramOp::kLog2;
    case Builtin::kSumRange:
      return ProgramOp::kSumRange;
    case Builtin::kCausalPairs:
      return ProgramOp::kCausalPairs;
    case Builtin::kWindowPairs:
      return ProgramOp::kWindowPairs;
    case Builtin::kDistinct:
      return ProgramOp::kDistinct;
    case Builtin::kLen:
    case Builtin::kCount:
    case Builtin::kDefined:
    case Builtin::kUnknown:
      break;
  }
  return std::nullopt;
}

}  // namespace lmhost
