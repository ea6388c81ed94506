// pprof's profile.proto, written by hand: a dozen fields of varints, strings and messages. Field
// numbers are those of https://github.com/google/pprof/blob/main/proto/profile.proto.
#include <cstdint>
#include <map>
#include <tuple>
#include <unordered_map>

#include "aggregate/cost_tree.hpp"
#include "report/exports.hpp"
#include "report/gzip.hpp"
#include "report/summary.hpp"

namespace lmhost {
namespace {

// A protocol buffer message under construction.
class Message {
 public:
  // Zero is the default of every scalar and is not written, as canonical encoders have it.
  void integer(unsigned field, std::uint64_t value) {
    if (value == 0) return;
    varint(field << 3);
    varint(value);
  }
  void bytes(unsigned field, std::string_view value) {
    varint(field << 3 | 2);
    varint(value.size());
    bytes_ += value;
  }
  void message(unsigned field, const Message& value) { bytes(field, value.bytes_); }
  void packed(unsigned field, const std::vector<std::uint64_t>& values) {
    Message list;
    for (const std::uint64_t value : values) list.varint(value);
    message(field, list);
  }
  const std::string& take() const { return bytes_; }

 private:
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

class Strings {
 public:
  Strings() { index(""); }  // the first must be empty
  std::uint64_t index(const std::string& text) {
    const auto [slot, is_new] = indices_.emplace(text, list_.size());
    if (is_new) list_.push_back(text);
    return slot->second;
  }
  const std::vector<std::string>& list() const { return list_; }

 private:
  std::unordered_map<std::string, std::uint64_t> indices_;
  std::vector<std::string> list_;
};

// A metric as a kind of sample value.
struct ValueKind {
  const Column* metric;
  std::string unit;
  Number scale = 1;  // 1000^k, so that the total fits 63 bits
};

constexpr std::string_view kMetrics[] = {"flops", "matmul_flops", "bytes_read", "bytes_written",
                                         "intermediate_bytes"};
constexpr std::string_view kPrefixes[] = {"", "k", "M", "G", "T", "P", "E", "Z", "Y", "R", "Q"};

ValueKind value_kind(const Column& metric, const Number& total) {
  const bool is_bytes = metric.kind == ColumnKind::kBytes || metric.kind == ColumnKind::kCapacity;
  const bool is_flops = metric.kind == ColumnKind::kFlop;
  ValueKind kind{&metric, {}, 1};
  std::size_t step = 0;
  const Number most = Number(INT64_MAX);
  while (step + 1 < std::size(kPrefixes) && compare(divide(total, kind.scale), most) > 0) {
    kind.scale = kind.scale * Number(1000);
    ++step;
  }
  // pprof knows "bytes" and its multiples "kilobyte", ... of 1024: those of 1000 must not be taken
  // for them, so a scaled unit is spelled out.
  const std::string unit = is_bytes ? "bytes" : is_flops ? "FLOP" : "count";
  kind.unit = step == 0 ? unit : std::string(kPrefixes[step]) + (is_bytes ? "B(SI)" : unit);
  return kind;
}

class ProfileWriter {
 public:
  ProfileWriter(const Analysis& analysis, const Column& metric)
      : analysis_(analysis), tree_(*analysis.tree), frames_(frames_of(analysis)) {
    const Costs whole = tree_.total(tree_.nodes[0]);
    bool is_known = false;
    for (const std::string_view key : kMetrics) {
      kinds_.push_back(value_kind(column(key), column(key).value(whole)));
      is_known = is_known || &column(key) == &metric;
    }
    if (!is_known) kinds_.push_back(value_kind(metric, metric.value(whole)));
    default_ = std::string(metric.key);
  }

  std::string write() {
    for (const ValueKind& kind : kinds_) {
      Message type;
      type.integer(1, strings_.index(std::string(kind.metric->key)));
      type.integer(2, strings_.index(kind.unit));
      profile_.message(1, type);
    }
    for (const std::uint32_t leaf : leaves_of(analysis_)) add_sample(leaf);
    profile_.message(3, mapping());
    for (const auto& [id, location] : locations_) profile_.message(4, location);
    for (const Message& function : functions_) profile_.message(5, function);
    std::vector<std::uint64_t> comments;
    for (const std::string& comment : comment_lines()) comments.push_back(strings_.index(comment));
    const std::uint64_t default_type = strings_.index(default_);
    for (const std::string& text : strings_.list()) profile_.bytes(6, text);
    profile_.packed(13, comments);
    profile_.integer(14, default_type);
    return profile_.take();
  }

 private:
  void add_sample(std::uint32_t leaf) {
    std::vector<std::uint64_t> values;
    bool is_zero = true;
    const Costs costs = tree_.total(tree_.nodes[leaf]);
    for (const ValueKind& kind : kinds_) {
      const Number value = rounded(divide(kind.metric->value(costs), kind.scale));
      const std::int64_t whole = value.is_exact() ? value.to_int64().value_or(INT64_MAX)
                                                  : static_cast<std::int64_t>(value.to_double());
      is_zero = is_zero && whole == 0;
      values.push_back(static_cast<std::uint64_t>(whole));
    }
    if (is_zero) return;
    std::vector<std::uint64_t> stack;
    const std::vector<std::uint32_t> nodes = stack_of(analysis_, leaf);
    for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) stack.push_back(location(*node));
    Message sample;
    sample.packed(1, stack);  // the leaf first
    sample.packed(2, values);
    profile_.message(2, sample);
  }

  // A location is a line of the model's source; its function the call by that name.
  std::uint64_t location(std::uint32_t node) {
    const Frame& frame = frames_[node];
    const std::uint64_t function = function_of(frame);
    const auto [slot, is_new] =
        location_ids_.emplace(std::pair(function, frame.line), location_ids_.size() + 1);
    if (!is_new) return slot->second;
    Message line;
    line.integer(1, function);
    line.integer(2, frame.line);
    Message message;
    message.integer(1, slot->second);
    message.integer(2, 1);  // of the one mapping
    message.message(4, line);
    locations_.emplace(slot->second, std::move(message));
    return slot->second;
  }

  std::uint64_t function_of(const Frame& frame) {
    const auto [slot, is_new] = function_ids_.emplace(
        std::tuple(frame.name, frame.kernel, frame.file), functions_.size() + 1);
    if (!is_new) return slot->second;
    Message& message = functions_.emplace_back();
    message.integer(1, slot->second);
    message.integer(2, strings_.index(frame.name));
    message.integer(3, strings_.index(frame.kernel));
    message.integer(4, strings_.index(frame.file));
    message.integer(5, frame.start_line);
    return slot->second;
  }

  // pprof wants one; the model stands for the binary.
  Message mapping() {
    Message message;
    message.integer(1, 1);
    message.integer(5, strings_.index(analysis_.model_name));
    for (const unsigned has : {7u, 8u, 9u}) message.integer(has, 1);  // functions, files, lines
    return message;
  }

  std::vector<std::string> comment_lines() const {
    std::vector<std::string> lines = {"lmhost " + std::string(version())};
    for (const ValueKind& kind : kinds_)
      if (!(kind.scale == Number(1)))
        lines.push_back(std::string(kind.metric->key) + " is in units of " + to_string(kind.scale) +
                        ", rounded");
    return lines;
  }

  const Analysis& analysis_;
  const CostTree& tree_;
  const std::vector<Frame> frames_;
  std::vector<ValueKind> kinds_;
  std::string default_;
  Strings strings_;
  Message profile_;
  std::map<std::pair<std::uint64_t, std::size_t>, std::uint64_t> location_ids_;
  std::map<std::uint64_t, Message> locations_;
  std::map<std::tuple<std::string, std::string, std::string>, std::uint64_t> function_ids_;
  std::vector<Message> functions_;
};

}  // namespace

std::string write_pprof(const Analysis& analysis, const Column& metric) {
  return gzip(ProfileWriter(analysis, metric).write());
}

}  // namespace lmhost
