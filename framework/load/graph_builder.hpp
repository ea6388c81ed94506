// What both decoders of graph files share: the graph under construction, its errors, expressions
// compiled once per distinct text, and typed access to JSON members.
#pragma once

#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "load/graph.hpp"
#include "load/json.hpp"
#include "load/name_set.hpp"

namespace lmhost {

class GraphBuilder {
 public:
  GraphBuilder(std::shared_ptr<const SourceText> source, const GraphLimits& limits);
  GraphBuilder(const JsonDocument& document, const GraphLimits& limits)
      : GraphBuilder(document.source(), limits) {
    add_document(document);
  }
  // Whoever decodes a document of the source says so, once: the graph keeps its strings.
  void add_document(const JsonDocument& document) {
    storage_->strings.push_back(document.strings());
  }

  Graph graph;
  const GraphLimits limits;
  bool keeps_all_notes = false;                // those that the root does not reach, too
  std::vector<std::uint32_t> composite_calls;  // calls that execute a composite, ascending

  void fail(JsonValue at, std::string_view code, std::string message, std::string hint = {});
  void fail(Diagnostic error);
  // What stops nobody: a doubt, and the error of something that may never be used.
  void warn(Diagnostic warning);
  void note(Diagnostic error);
  // What is noted from now on is about this composite, and dropped when the root does not reach it.
  void begin_composite(std::uint32_t index) { noted_composite_ = index; }
  // True when reading on would only add to a long list of errors, or a limit was passed.
  bool is_enough() const { return errors_.size() >= kMostErrors; }

  // Typed access: an error and an empty result when `value` is of another kind. `key` names it in
  // the message.
  std::string_view string(JsonValue value, std::string_view key);
  bool expect(JsonValue value, JsonKind kind, std::string_view key);
  // A string, number or boolean as an expression.
  ExpressionIndex expression(JsonValue value, std::string_view key);
  // The expression that a name by itself is, which stands in no file.
  ExpressionIndex name_expression(std::string_view name);
  // The expression that begins at byte `from` of a string.
  ExpressionIndex expression_in(JsonValue string, std::size_t from);
  // Offset of the first byte of `value` as an expression: behind the quote of a string.
  static std::uint32_t expression_offset(JsonValue value);

  // Index of the member's key among `known`, or known.size() after an error with the nearest key.
  std::size_t key_index(const JsonMember& member, std::span<const std::string_view> known,
                        std::string_view what);
  void missing(JsonValue object, std::string_view key, std::string_view what);
  // "120", "120-125", "lines 120-125: text": the numbers, or an empty result after an error.
  std::string_view lines(JsonValue value);

  std::string_view kernel_name(JsonValue value, std::string_view key);  // not empty
  // The name of a call: without dots, which join names to paths, and not yet among `names`.
  std::string_view call_name(JsonValue value, NameSet* names);

  // Starts and checks a list of calls; false when the limit is passed.
  CallRange begin_calls();
  bool add_call(const Call& call, JsonValue at);
  void end_calls(CallRange* range);
  void add_binding(Call* call, const JsonMember& member);
  // Says which composite a call executes after it was added. REQUIRES: it said none before.
  void link(std::uint32_t call, std::uint32_t composite);
  void add_roles(Call* call, JsonValue roles);

  // A text that is in no document, kept as long as the graph.
  std::string_view keep(std::string text);

  // Hands out the graph, or the errors in the order of their places.
  Result<Graph> finish();

 private:
  static constexpr std::size_t kMostErrors = 100;

  ExpressionIndex compile(std::string_view text, JsonValue at, std::size_t from);
  void fail_expression(const Diagnostics& errors, std::string_view text, JsonValue at,
                       std::size_t from);

  struct Storage {
    std::vector<std::shared_ptr<const void>> strings;  // of the documents
    std::deque<std::string> texts;
  };

  std::shared_ptr<Storage> storage_ = std::make_shared<Storage>();
  NameSet texts_;                               // of expressions
  std::vector<ExpressionIndex> expression_of_;  // by index in texts_; none: it does not compile
  void drop_unreached_notes();

  Diagnostics errors_;
  std::uint32_t noted_composite_ = kNoComposite;
  std::vector<std::uint32_t> note_owners_;  // of each note: a composite, or none
};

// How many calls a composite of lmhost.graph/1 lists in all modes, to make room for them.
std::size_t count_calls(JsonValue composite);

}  // namespace lmhost
