#include "report/reconciliation.hpp"

#include <algorithm>
#include <cmath>

#include "report/json.hpp"
#include "report/json_writer.hpp"
#include "report/units.hpp"

namespace lmhost {
namespace {

// Of what is found all rows, of what is not as many as help.
constexpr std::size_t kNearestShown = 8;
constexpr std::size_t kFoundShown = 16;

std::size_t found_count(const Reconciliation& reconciliation) {
  const auto& candidates = reconciliation.candidates;
  return static_cast<std::size_t>(std::count_if(
      candidates.begin(), candidates.end(),
      [](const Candidate& candidate) { return candidate.is_as_written || candidate.is_close; }));
}

std::string value_text(const Number& value) {
  constexpr int kFractionsBelow = 1000;  // above that a fraction says nothing
  if (compare(value, Number(kFractionsBelow)).value_or(1) < 0 && !value.is_integer())
    return format_fixed(value.to_double(), 2);
  return to_grouped_string(floor(value + Number::ratio(1, 2)));
}

std::string distance_text(const Candidate& candidate) {
  const double percent = 100 * candidate.distance;
  if (candidate.distance == 0) return "0";
  const std::string text = format_fixed(percent, std::abs(percent) < 10 ? 3 : 0) + " %";
  return percent > 0 ? "+" + text : text;
}

std::string verdict(const Reconciliation& reconciliation) {
  const std::string& text = reconciliation.figure.text;
  if (!reconciliation.is_found())
    return "no: nothing that lmhost can count here is within 0.5 % of " + text + "; the nearest:";
  // Of several that round to it the first is the nearest.
  for (const Candidate& candidate : reconciliation.candidates)
    if (candidate.is_as_written) return "yes: " + text + " is what this gives: " + candidate.name;
  return "perhaps: " + text + " is within 0.5 % of: " + reconciliation.candidates[0].name;
}

std::string_view mark_of(const Candidate& candidate) {
  return candidate.is_as_written ? "=" : candidate.is_close ? "~" : "";
}

Text rows_text(const Reconciliation& reconciliation, std::size_t shown, const TextStyle& style) {
  Table table({{"", true, Ink::kBold},
               {"OFF BY", false, Ink::kPlain},
               {"VALUE", false, Ink::kPlain},
               {"COUNT", true, Ink::kPlain}});
  std::size_t values = 0;
  for (std::size_t i = 0; i < shown; ++i)
    values = std::max(values, value_text(reconciliation.candidates[i].value).size());
  const std::size_t others = 3 + 10 + values + 2;
  constexpr std::size_t kLeastWidth = 30;
  const std::size_t room =
      std::max<std::size_t>(kLeastWidth, style.width - std::min<std::size_t>(style.width, others));
  for (std::size_t i = 0; i < shown; ++i) {
    const Candidate& candidate = reconciliation.candidates[i];
    std::string what = candidate.name + ": " + candidate.formula;
    if (!candidate.who.empty()) what += " [" + std::string(candidate.who) + "]";
    std::vector<std::string> cells = {std::string(mark_of(candidate)), distance_text(candidate),
                                      value_text(candidate.value), ""};
    for (std::string& line : wrapped(what, room)) {
      cells[3] = std::move(line);
      table.add(cells);
      cells = {"", "", "", ""};
    }
  }
  return table.text(style);
}

Text letters_text(const Reconciliation& reconciliation, std::size_t shown, const TextStyle& style) {
  std::string formulas;
  for (std::size_t i = 0; i < shown; ++i) formulas += reconciliation.candidates[i].formula + "\n";
  Table table({{"", true, Ink::kPlain}, {"", false, Ink::kPlain}, {"", true, Ink::kDim}});
  for (const Letter& letter : letters_of(reconciliation.parts, formulas))
    table.add({std::string(letter.letter), value_text(letter.value), std::string(letter.meaning)});
  return table.text(style, "  ");
}

void write_candidate(JsonWriter* json, const Candidate& candidate) {
  json->line();
  json->begin_object();
  json->member("name", candidate.name);
  json->member("formula", candidate.formula);
  if (!candidate.who.empty()) json->member("who", candidate.who);
  json->quantity("value", candidate.value);
  json->member("distance", Number::inexact(candidate.distance));
  json->member("match", candidate.is_as_written ? "as_written"
                        : candidate.is_close    ? "close"
                                                : "none");
  json->end_object();
}

std::string_view kind_text(Figure::Kind kind) {
  switch (kind) {
    case Figure::Kind::kOperations:
      return "operations";
    case Figure::Kind::kBytes:
      return "bytes";
    case Figure::Kind::kParameters:
      break;
  }
  return "parameters";
}

}  // namespace

Text write_reconciliation(const Reconciliation& reconciliation, const Summary& summary,
                          const Analysis& analysis, const std::string& node,
                          const TextStyle& style) {
  const std::size_t all = reconciliation.candidates.size();
  const std::size_t shown =
      std::min({all, std::max(kNearestShown, found_count(reconciliation)), kFoundShown});
  Text text = heading_lines(summary, analysis, style) + "\n";
  if (!node.empty()) text += Text("of ") + painted(node, Ink::kBold, style) + "\n";
  for (const std::string& line : wrapped(verdict(reconciliation), style.width))
    text += Text(line) + "\n";
  text += Text("\n") + rows_text(reconciliation, shown, style);
  text += Text("\n") + letters_text(reconciliation, shown, style);
  if (shown < all)
    text += Text("\n") + std::to_string(all - shown) + " more are further off; -o json has all\n";
  return text;
}

std::string write_reconciliation_json(const Reconciliation& reconciliation,
                                      const Analysis& analysis, const std::string& node) {
  JsonWriter json;
  open_node_json(&json, "lmhost.reconciliation/1", analysis, node);
  json.line();
  json.key("figure");
  json.begin_object();
  json.member("text", reconciliation.figure.text);
  json.member("kind", kind_text(reconciliation.figure.kind));
  json.quantity("value", reconciliation.figure.value);
  json.end_object();
  json.member("found", reconciliation.is_found());
  json.line();
  json.key("candidates");
  json.begin_array();
  std::string formulas;
  for (const Candidate& candidate : reconciliation.candidates) {
    write_candidate(&json, candidate);
    formulas += candidate.formula + "\n";
  }
  json.end_array();
  json.line();
  json.key("letters");
  json.begin_array();
  for (const Letter& letter : letters_of(reconciliation.parts, formulas)) {
    json.begin_object();
    json.member("letter", letter.letter);
    json.member("meaning", letter.meaning);
    json.quantity("value", letter.value);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.take();
}

}  // namespace lmhost
