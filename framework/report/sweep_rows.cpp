#include "report/sweep_rows.hpp"

#include <charconv>
#include <optional>

#include "report/json_writer.hpp"
#include "report/table.hpp"
#include "report/text.hpp"

namespace lmhost {
namespace {

// Beyond this a reader that keeps doubles loses digits (report/json_writer.hpp does the same).
constexpr std::int64_t kLargestDouble = std::int64_t{1} << 53;

void append(std::string& out, std::int64_t value) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

std::string csv_text(std::string_view text) {
  std::string cell;
  spell_csv(cell, text);
  return cell;
}

std::string json_text(std::string_view text) {
  JsonWriter json;
  json.value(text);
  std::string quoted = json.take();
  quoted.pop_back();  // the end of the line
  return quoted;
}

std::string markdown_text(std::string_view text) {
  std::string cell;
  spell_markdown(cell, text);
  return cell;
}

}  // namespace

std::string sweep_header(const SweepHeader& header, SweepFormat format) {
  if (format == SweepFormat::kJsonLines) return {};
  std::vector<std::string> names = header.axes;
  if (header.has_nodes) names.emplace_back("node");
  const std::size_t labels = names.size();
  names.insert(names.end(), header.columns.begin(), header.columns.end());
  std::string text;
  if (format == SweepFormat::kCsv) {
    for (const std::string& name : names) text += (text.empty() ? "" : ",") + csv_text(name);
    return text + "\n";
  }
  std::string rule = "|";
  text = "|";
  for (std::size_t i = 0; i < names.size(); ++i) {
    text += " " + markdown_text(names[i]) + " |";
    rule += i < labels ? "---|" : "---:|";
  }
  return text + "\n" + rule + "\n";
}

SweepRowWriter::SweepRowWriter(const SweepHeader& header, std::vector<bool> is_number,
                               SweepFormat format)
    : format_(format), has_nodes_(header.has_nodes), is_number_(std::move(is_number)) {
  for (const std::string& name : header.axes) keys_.push_back(json_text(name) + ":");
  for (const std::string& name : header.columns) {
    value_keys_.push_back(json_text(name) + ":");
    exact_keys_.push_back(json_text(name + "_exact") + ":");
  }
}

void SweepRowWriter::begin(const std::vector<std::string_view>& labels, std::string_view node,
                           std::string& out) const {
  if (format_ == SweepFormat::kMarkdown) out += "|";
  if (format_ == SweepFormat::kJsonLines) out += "{";
  const auto add = [&](std::size_t i, std::string_view label, bool is_number) {
    switch (format_) {
      case SweepFormat::kCsv:
        if (i != 0) out += ',';
        out += is_number ? std::string(label) : csv_text(label);
        break;
      case SweepFormat::kMarkdown:
        out += " " + markdown_text(label) + " |";
        break;
      case SweepFormat::kJsonLines:
        if (i != 0) out += ',';
        out += i < keys_.size() ? keys_[i] : "\"node\":";
        out += is_number ? std::string(label) : json_text(label);
        break;
    }
  };
  for (std::size_t i = 0; i < labels.size(); ++i) add(i, labels[i], is_number_[i]);
  if (has_nodes_) add(labels.size(), node, false);
}

void SweepRowWriter::open_cell(std::size_t column, std::string& out) const {
  if (format_ == SweepFormat::kMarkdown) {
    out += ' ';
  } else {
    if (out.empty() || out.back() != '{') out += ',';
    if (format_ == SweepFormat::kJsonLines) out += value_keys_[column];
  }
}

void SweepRowWriter::value(std::size_t column, std::int64_t whole, std::string& out) const {
  if (format_ == SweepFormat::kJsonLines && (whole > kLargestDouble || whole < -kLargestDouble))
    return value(column, Number(whole), out);
  open_cell(column, out);
  append(out, whole);
  if (format_ == SweepFormat::kMarkdown) out += " |";
}

void SweepRowWriter::value(std::size_t column, const Number& number, std::string& out) const {
  open_cell(column, out);
  // No value, of a ratio over nothing.
  if (number.is_error()) {
    out += format_ == SweepFormat::kJsonLines ? "null" : "";
  } else {
    const std::string text = exact_text(number);
    out += text;
    const std::optional<std::int64_t> small = number.to_int64();
    const bool is_small = small && *small <= kLargestDouble && *small >= -kLargestDouble;
    if (format_ == SweepFormat::kJsonLines && number.is_integer() && !is_small)
      out += "," + exact_keys_[column] + "\"" + text + "\"";
  }
  if (format_ == SweepFormat::kMarkdown) out += " |";
}

void SweepRowWriter::end(std::string& out) const {
  out += format_ == SweepFormat::kJsonLines ? "}\n" : "\n";
}

}  // namespace lmhost
