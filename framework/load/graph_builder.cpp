#include "load/graph_builder.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "base/codes.hpp"
#include "formula/rewrite.hpp"
#include "load/graph_syntax.hpp"

namespace lmhost {
namespace {

// The offset that a diagnostic of a text of its own points at.
std::size_t offset_of(const Diagnostic& error, std::string_view text) {
  std::size_t start = 0;
  for (std::size_t line = 1; line < error.line; ++line) {
    const std::size_t newline = text.find('\n', start);
    if (newline == text.npos) break;
    start = newline + 1;
  }
  return std::min(start + std::max<std::size_t>(error.column, 1) - 1, text.size());
}

// Keys under which analysts have kept Python.
bool is_code(std::string_view key) {
  return key == "function_code" || key == "code" || key == "python_code";
}

}  // namespace

GraphBuilder::GraphBuilder(std::shared_ptr<const SourceText> source,
                           const GraphLimits& graph_limits)
    : limits(graph_limits) {
  graph.source = std::move(source);
  graph.storage = storage_;
}

void GraphBuilder::fail(JsonValue at, std::string_view code, std::string message,
                        std::string hint) {
  fail(error_at(at, code, std::move(message), std::move(hint)));
}

void GraphBuilder::fail(Diagnostic error) {
  if (errors_.size() < kMostErrors) errors_.push_back(std::move(error));
}

void GraphBuilder::warn(Diagnostic warning) {
  warning.severity = Severity::kWarning;
  note(std::move(warning));
}

void GraphBuilder::note(Diagnostic error) {
  constexpr std::size_t kMostNotes = 10'000;
  if (graph.notes.size() == kMostNotes) return;
  graph.notes.push_back(std::move(error));
  note_owners_.push_back(noted_composite_);
}

// A folder may hold other models than the one that is meant.
void GraphBuilder::drop_unreached_notes() {
  if (graph.root_composite == kNoComposite || graph.notes.empty()) return;
  std::vector<bool> is_reached(graph.composites.size(), false);
  std::vector<std::uint32_t> open = {graph.root_composite};
  is_reached[graph.root_composite] = true;
  while (!open.empty()) {
    const CallRange calls = graph.composites[open.back()].calls;
    open.pop_back();
    for (std::uint32_t call = calls.first; call < calls.first + calls.count; ++call) {
      const std::uint32_t child = graph.calls[call].composite;
      if (child == kNoComposite || is_reached[child]) continue;
      is_reached[child] = true;
      open.push_back(child);
    }
  }
  Diagnostics kept;
  for (std::size_t i = 0; i < graph.notes.size(); ++i)
    if (note_owners_[i] == kNoComposite || is_reached[note_owners_[i]])
      kept.push_back(std::move(graph.notes[i]));
  graph.notes = std::move(kept);
}

bool GraphBuilder::expect(JsonValue value, JsonKind kind, std::string_view key) {
  if (value.is(kind)) return true;
  fail(value, codes::kWrongType,
       quoted(key) + " must be " + std::string(name_of(kind)) + ", not " +
           std::string(name_of(value.kind())));
  return false;
}

std::string_view GraphBuilder::string(JsonValue value, std::string_view key) {
  return expect(value, JsonKind::kString, key) ? value.string() : std::string_view();
}

std::uint32_t GraphBuilder::expression_offset(JsonValue value) {
  return static_cast<std::uint32_t>(value.offset() + (value.is(JsonKind::kString) ? 1 : 0));
}

ExpressionIndex GraphBuilder::expression(JsonValue value, std::string_view key) {
  switch (value.kind()) {
    case JsonKind::kString:
      return compile(value.string(), value, 0);
    case JsonKind::kNumber:
      return compile(value.text(), value, 0);
    case JsonKind::kBoolean:
      return compile(value.boolean() ? "True" : "False", value, 0);
    default:
      break;
  }
  fail(value, codes::kWrongType,
       quoted(key) + " must be an expression (a string, a number or a boolean), not " +
           std::string(name_of(value.kind())));
  return kNoExpression;
}

ExpressionIndex GraphBuilder::name_expression(std::string_view name) {
  const NameSet::Added added = texts_.add(name);
  if (added.is_new)
    expression_of_.push_back(kNoExpression);
  else if (expression_of_[added.index] != kNoExpression)
    return expression_of_[added.index];
  graph.expressions.push_back(lmhost::name_expression(name));
  return expression_of_[added.index] = static_cast<ExpressionIndex>(graph.expressions.size() - 1);
}

ExpressionIndex GraphBuilder::expression_in(JsonValue string, std::size_t from) {
  return compile(string.string().substr(from), string, from);
}

// A text that does not compile is compiled again wherever it is used, so that every use is
// reported.
ExpressionIndex GraphBuilder::compile(std::string_view text, JsonValue at, std::size_t from) {
  const NameSet::Added added = texts_.add(text);
  if (added.is_new)
    expression_of_.push_back(kNoExpression);
  else if (expression_of_[added.index] != kNoExpression)
    return expression_of_[added.index];

  // Only a text that stands in the file as it is can be pointed at directly.
  const bool is_in_place = !at.has_escapes() && !at.is(JsonKind::kBoolean);
  Result<Expression> expression =
      is_in_place ? parse_expression(text, *graph.source, expression_offset(at) + from)
                  : parse_expression(text, graph.source->name);
  if (!expression) {
    if (is_in_place)
      for (const Diagnostic& error : expression.errors()) fail(error);
    else
      fail_expression(expression.errors(), text, at, from);
    return kNoExpression;
  }
  graph.expressions.push_back(std::move(expression).value());
  return expression_of_[added.index] = static_cast<ExpressionIndex>(graph.expressions.size() - 1);
}

void GraphBuilder::fail_expression(const Diagnostics& errors, std::string_view text, JsonValue at,
                                   std::size_t from) {
  for (const Diagnostic& error : errors) {
    const std::size_t begin = offset_of(error, text);
    const std::size_t length = std::min(error.length, text.size() - begin);
    Diagnostic moved = at.is(JsonKind::kString)
                           ? error_in(at, from + begin, length, error.code, error.message)
                           : error_at(at, error.code, error.message);
    moved.hint = error.hint;
    moved.kind = error.kind;
    fail(std::move(moved));
  }
}

std::size_t GraphBuilder::key_index(const JsonMember& member,
                                    std::span<const std::string_view> known,
                                    std::string_view what) {
  const std::string_view key = member.key();
  const auto found = std::find(known.begin(), known.end(), key);
  if (found == known.end() && is_code(key))
    fail(member.name, codes::kCode, quoted(key) + " is code, which data cannot hold",
         "leave it out: the formulas say what it computes");
  else if (found == known.end())
    fail(member.name, codes::kUnknownKey, "unknown key " + quoted(key) + " in " + std::string(what),
         did_you_mean(key, known));
  return static_cast<std::size_t>(found - known.begin());
}

void GraphBuilder::missing(JsonValue object, std::string_view key, std::string_view what) {
  fail(object, codes::kMissingKey, std::string(what) + " has no " + quoted(key));
}

std::string_view GraphBuilder::lines(JsonValue value) {
  if (!expect(value, JsonKind::kString, "lines")) return {};
  if (const std::optional<std::string_view> numbers = parse_lines(value.string())) return *numbers;
  fail(value, codes::kBadValue, quoted(value.string()) + " is no range of lines",
       "write \"120\" or \"120-125\"");
  return {};
}

std::string_view GraphBuilder::kernel_name(JsonValue value, std::string_view key) {
  const std::string_view name = string(value, key);
  if (name.empty() && value.is(JsonKind::kString))
    fail(value, codes::kBadValue, "a kernel needs a name");
  return name;
}

std::string_view GraphBuilder::call_name(JsonValue value, NameSet* names) {
  if (!expect(value, JsonKind::kString, "name")) return {};
  const std::string_view name = value.string();
  const auto is_bad = [](char c) { return c == '.' || (c >= 0 && c <= ' ') || c == 0x7F; };
  if (name.empty() || std::any_of(name.begin(), name.end(), is_bad))
    fail(value, codes::kBadValue, quoted(name) + " is no name of a call",
         "a name has no dot and no blank");
  else if (!names->add(name).is_new)
    fail(value, codes::kDuplicateName, "duplicate call name " + quoted(name) + " in one list");
  return name;
}

CallRange GraphBuilder::begin_calls() {
  return {static_cast<std::uint32_t>(graph.calls.size()), 0};
}

void GraphBuilder::end_calls(CallRange* range) {
  range->count = static_cast<std::uint32_t>(graph.calls.size()) - range->first;
}

bool GraphBuilder::add_call(const Call& call, JsonValue at) {
  if (graph.calls.size() == limits.calls) {
    fail(at, codes::kLimit, "more than " + std::to_string(limits.calls) + " calls");
    return false;
  }
  if (call.composite != kNoComposite)
    composite_calls.push_back(static_cast<std::uint32_t>(graph.calls.size()));
  graph.calls.push_back(call);
  return true;
}

void GraphBuilder::add_binding(Call* call, const JsonMember& member) {
  Binding binding;
  binding.parameter = member.key();
  binding.expression = expression(member.value, binding.parameter);
  binding.offset = expression_offset(member.value);
  graph.bindings.push_back(binding);
  ++call->binding_count;
}

void GraphBuilder::link(std::uint32_t call, std::uint32_t composite) {
  graph.calls[call].composite = composite;
  composite_calls.insert(std::upper_bound(composite_calls.begin(), composite_calls.end(), call),
                         call);
}

void GraphBuilder::add_roles(Call* call, JsonValue roles) {
  constexpr std::array<std::string_view, 4> kNames = {"weight", "activation", "kv_cache", "index"};
  constexpr std::array<Role, 4> kRoles = {Role::kWeight, Role::kActivation, Role::kKvCache,
                                          Role::kIndex};
  if (!expect(roles, JsonKind::kObject, "roles")) return;
  for (const JsonMember& member : roles.members()) {
    if (!expect(member.value, JsonKind::kString, member.key())) continue;
    const std::string_view name = member.value.string();
    const auto found =
        static_cast<std::size_t>(std::find(kNames.begin(), kNames.end(), name) - kNames.begin());
    if (found == kNames.size()) {
      const std::string hint = did_you_mean(name, kNames);
      fail(member.value, codes::kBadValue, "unknown role " + quoted(name),
           hint.empty() ? "a role is weight, activation, kv_cache or index" : hint);
      continue;
    }
    graph.roles.push_back(
        {member.key(), kRoles[found], static_cast<std::uint32_t>(member.name.offset())});
    ++call->role_count;
  }
}

std::string_view GraphBuilder::keep(std::string text) {
  return storage_->texts.emplace_back(std::move(text));
}

Result<Graph> GraphBuilder::finish() {
  if (errors_.empty()) {
    if (!keeps_all_notes) drop_unreached_notes();
    return std::move(graph);
  }
  std::stable_sort(errors_.begin(), errors_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.file, a.line, a.column) < std::tie(b.file, b.line, b.column);
  });
  if (is_enough())
    errors_.push_back(plain_error(
        ErrorKind::kInput, codes::kLimit,
        "too many errors in " + quoted(graph.source->name) + "; the rest was not read"));
  return std::move(errors_);
}

std::size_t count_calls(JsonValue composite) {
  const auto count = [](JsonValue object) {
    const JsonValue calls = object.is(JsonKind::kObject) ? object.find("sub_kernels") : JsonValue();
    return calls.exists() ? calls.size() : 0;
  };
  std::size_t calls = count(composite);
  if (!composite.is(JsonKind::kObject)) return calls;
  const JsonValue modes = composite.find("modes");
  if (modes.exists() && modes.is(JsonKind::kObject))
    for (const JsonMember& mode : modes.members()) calls += count(mode.value);
  return calls;
}

}  // namespace lmhost
