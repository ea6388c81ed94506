// A program whose nodes any bytes choose: operators over inputs, open names, constants and each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "formula/program.hpp"

namespace lmhost::fuzz {

class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  bool at_end() const { return at_ >= size_; }
  std::uint8_t next() { return at_end() ? 0 : data_[at_++]; }
  // A name of the formula language, dots included, up to 15 characters long.
  std::string name() {
    constexpr char kLetters[] = "abcdefghijklmnopqrstuvwxyzABCXYZ_.";
    std::string text(1, kLetters[next() % 32]);
    for (std::size_t left = next() % 15; left > 0; --left) text += kLetters[next() % 34];
    return text.back() == '.' ? text + "x" : text;
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
};

inline Number number_of(Bytes& bytes) {
  const auto kind = bytes.next();
  const Number small(static_cast<int>(bytes.next()));
  if (kind % 8 == 0) return power(Number(2), Number(static_cast<int>(bytes.next() % 126)));
  if (kind % 8 == 1) return divide(small, Number(1 + bytes.next()));
  if (kind % 8 == 2) return -small;
  return small;
}

// At most `most` nodes beside the leaves; the last is the value. REQUIRES: the program is new
inline NodeIndex build(Bytes& bytes, std::size_t most, bool has_symbols, Program& program) {
  std::vector<NodeIndex> nodes;
  for (const auto variable : {RuntimeVariable::kBatchSize, RuntimeVariable::kSeqLen,
                              RuntimeVariable::kCacheLen, RuntimeVariable::kWeightBits})
    nodes.push_back(program.input(variable));
  for (unsigned left = has_symbols ? bytes.next() % 4 : 0; left > 0; --left)
    nodes.push_back(program.symbol({bytes.name(), Number(3), true}));
  constexpr auto kFirst = static_cast<unsigned>(ProgramOp::kNot);
  constexpr auto kLast = static_cast<unsigned>(ProgramOp::kDistinct);
  for (std::size_t i = 0; i < most && !bytes.at_end(); ++i) {
    const unsigned choice = bytes.next();
    // New nodes are used more often than old ones: chains grow.
    const auto pick = [&] {
      const std::size_t back = bytes.next();
      return nodes[nodes.size() - 1 - (back < 128 ? back % 3 : back) % nodes.size()];
    };
    const auto op = static_cast<ProgramOp>(kFirst + choice % (kLast - kFirst + 1));
    NodeIndex node = 0;
    if (choice >= 240 || op == ProgramOp::kDefined || op == ProgramOp::kLength ||
        op == ProgramOp::kCount)
      node = program.constant(number_of(bytes));
    else if (op < ProgramOp::kAdd)
      node = program.unary(op, pick());
    else if (op < ProgramOp::kSelect)
      node = program.binary(op, pick(), pick());
    else
      node = program.ternary(op, pick(), pick(), pick());
    nodes.push_back(node);
  }
  return nodes.back();
}

inline std::vector<Number> values_at(const Program& program, const RuntimePoint& point) {
  std::vector<Number> values;
  values.reserve(program.size());
  for (const ProgramNode& node : program.nodes())
    values.push_back(program.compute(node, values.data(), point));
  return values;
}

}  // namespace lmhost::fuzz
