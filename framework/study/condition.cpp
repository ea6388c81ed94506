#include "study/condition.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <utility>

#include "base/codes.hpp"

namespace lmhost {
namespace {

using Relation = Condition::Relation;
using Kind = Condition::Kind;

constexpr std::string_view kOperatorCharacters = "<>=!";
// Longer ones first.
constexpr std::pair<std::string_view, Relation> kRelations[] = {
    {">=", Relation::kAtLeast},  {"<=", Relation::kAtMost}, {"==", Relation::kEqual},
    {"!=", Relation::kNotEqual}, {">", Relation::kAbove},   {"<", Relation::kBelow},
};
constexpr std::string_view kPrefixes = "kMGTPE";
constexpr std::string_view kShape =
    "write METRIC[@NODE], one of > >= < <= == !=, and a limit: "
    "+1% +2G 8.1G 16GiB";

class ConditionParser {
 public:
  explicit ConditionParser(std::string_view text) {
    result_.source = {"--fail-if", std::string(text)};
    text_ = result_.source.text;
  }

  Result<Condition> parse() {
    skip_blanks();
    result_.metric_offset = at_;
    result_.metric = word("@");
    if (result_.metric.empty()) return wrong(at_, "a metric is expected", std::string(kShape));
    if (peek() == '@') {
      ++at_;
      skip_blanks();
      result_.node_offset = at_;
      result_.node = word("");
      if (result_.node.empty()) return wrong(at_, "the path of a node is expected behind '@'");
    }
    const std::size_t relation_at = at_;
    if (!read_relation())
      return wrong(relation_at, at_end() ? "the condition lacks a comparison" : "no comparison",
                   std::string(kShape));
    return read_limit();
  }

 private:
  Diagnostic wrong(std::size_t offset, std::string message, std::string hint = {}) const {
    Diagnostic error = error_at(result_.source, std::min(offset, text_.size()), 1,
                                codes::kCondition, std::move(message), std::move(hint));
    error.kind = ErrorKind::kUsage;
    return error;
  }

  bool at_end() const { return at_ >= text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  void skip_blanks() {
    while (peek() == ' ' || peek() == '\t') ++at_;
  }

  // Up to a comparison or one of `stops`, without the blanks at its end.
  std::string word(std::string_view stops) {
    const std::size_t begin = at_;
    while (!at_end() && kOperatorCharacters.find(peek()) == std::string_view::npos &&
           stops.find(peek()) == std::string_view::npos)
      ++at_;
    std::string_view text = text_.substr(begin, at_ - begin);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return std::string(text);
  }

  bool read_relation() {
    for (const auto& [spelling, relation] : kRelations) {
      if (!text_.substr(std::min(at_, text_.size())).starts_with(spelling)) continue;
      at_ += spelling.size();
      result_.relation = relation;
      return true;
    }
    return false;
  }

  Result<Condition> read_limit() {
    skip_blanks();
    const bool is_signed = peek() == '+' || peek() == '-';
    const bool is_negative = peek() == '-';
    if (is_signed) ++at_;
    const std::size_t number_at = at_;
    while (!at_end() && ((peek() >= '0' && peek() <= '9') || peek() == '.')) ++at_;
    const auto number = parse_number(text_.substr(number_at, at_ - number_at));
    if (at_ == number_at || !number)
      return wrong(number_at, "a number is expected", std::string(kShape));
    result_.limit = is_negative ? -*number : *number;
    result_.kind = is_signed ? Kind::kChange : Kind::kValue;
    skip_blanks();
    if (peek() == '%') {
      ++at_;
      result_.kind = Kind::kPercent;
    } else if (!read_suffix()) {
      return wrong(at_, "unknown suffix", "k M G T P E, Ki Mi Gi Ti Pi Ei, or %");
    }
    skip_blanks();
    if (!at_end()) return wrong(at_, "the condition should end here");
    if (result_.limit.is_error()) return wrong(number_at, "the number is too large");
    return std::move(result_);
  }

  // A power of 1000 or 1024, and a unit. False: something else stands here.
  bool read_suffix() {
    const std::size_t power =
        at_end() ? std::string_view::npos : (peek() == 'K' ? 0 : kPrefixes.find(peek()));
    if (power != std::string_view::npos) {
      const bool is_binary = at_ + 1 < text_.size() && text_[at_ + 1] == 'i';
      // K by itself is 1024 to other options and 1000 to nobody: say which.
      if (peek() == 'K' && !is_binary) return false;
      at_ += is_binary ? 2 : 1;
      for (std::size_t i = 0; i <= power; ++i)
        result_.limit = result_.limit * Number(is_binary ? 1024 : 1000);
    }
    for (const std::string_view unit : {"FLOP", "B"})
      if (text_.substr(at_).starts_with(unit)) {
        at_ += unit.size();
        break;
      }
    return at_end() || peek() == ' ' || peek() == '\t';
  }

  Condition result_;
  std::string_view text_;
  std::size_t at_ = 0;
};

bool holds(Relation relation, int order) {
  switch (relation) {
    case Relation::kAbove:
      return order > 0;
    case Relation::kAtLeast:
      return order >= 0;
    case Relation::kBelow:
      return order < 0;
    case Relation::kAtMost:
      return order <= 0;
    case Relation::kEqual:
      return order == 0;
    case Relation::kNotEqual:
      break;
  }
  return order != 0;
}

}  // namespace

Result<Condition> parse_condition(std::string_view text) { return ConditionParser(text).parse(); }

Number measured(const Condition& condition, const Number& base, const Number& now) {
  if (condition.kind == Kind::kValue) return now;
  const Number change = now - base;
  if (condition.kind == Kind::kChange || change.is_zero()) return change;
  return divide(Number(100) * change, base);
}

bool is_met(const Condition& condition, const Number& base, const Number& now) {
  const Number value = measured(condition, base, now);
  // From nothing to something: more than any percentage.
  const std::optional<int> order =
      value.is_error() ? std::optional<int>(1) : compare(value, condition.limit);
  return holds(condition.relation, order.value_or(1));
}

}  // namespace lmhost
