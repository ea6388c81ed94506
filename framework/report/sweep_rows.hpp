// Rows of a sweep for programs and pages: CSV, JSON Lines, Markdown. A row a point and node.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lmhost/number.hpp"

namespace lmhost {

enum class SweepFormat { kCsv, kJsonLines, kMarkdown };

struct SweepHeader {
  std::vector<std::string> axes;
  bool has_nodes = false;  // a column that says which node
  std::vector<std::string> columns;
};

// The lines before the first row; "" for JSON Lines.
std::string sweep_header(const SweepHeader& header, SweepFormat format);

// Appends one row, a whole line. REQUIRES: a label an axis, a value a column; `is_number` says of each
// axis whether its labels are numbers in JSON.
class SweepRowWriter {
 public:
  SweepRowWriter(const SweepHeader& header, std::vector<bool> is_number, SweepFormat format);
  void begin(const std::vector<std::string_view>& labels, std::string_view node,
             std::string& out) const;
  void value(std::size_t column, std::int64_t whole, std::string& out) const;
  void value(std::size_t column, const Number& number, std::string& out) const;
  void end(std::string& out) const;

 private:
  void open_cell(std::size_t column, std::string& out) const;

  SweepFormat format_;
  bool has_nodes_;
  std::vector<std::string> keys_;        // of the axes, ready to write
  std::vector<std::string> value_keys_;  // of the columns
  std::vector<std::string> exact_keys_;
  std::vector<bool> is_number_;
};

}  // namespace lmhost
