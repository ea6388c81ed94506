// A comparison for people (text, Markdown) and for programs (JSON, CSV). All return the whole text.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "report/columns.hpp"
#include "report/layout.hpp"
#include "study/comparison.hpp"
#include "study/condition.hpp"

namespace lmhost {

// What became of a --fail-if, for one pair.
struct Verdict {
  std::string condition;  // as written
  std::size_t pair = 0;   // into ComparisonReport::pairs
  bool is_met = false;    // the condition holds: the answer is no
  Number base, now;
  Number measured;  // as measured() gives it
  bool is_percent = false;
};

// Several new ones against one base or each against its own; without a base against the best.
struct ComparisonReport {
  std::vector<Profile> bases;
  std::vector<Profile> news;
  std::vector<Comparison> pairs;  // one for each of `news`, or none without a base
  std::vector<Verdict> verdicts;
};

struct ComparisonOptions {
  const Column* metric = nullptr;  // of the rows by node; none: bytes_read of a decode, else flops
  std::optional<unsigned> depth;   // none: as deep as it matters
  std::size_t rows = 10;           // of each composite; 0: all
};

const Column& metric_of(const ComparisonReport& report, const ComparisonOptions& options);

Text write_comparison(const ComparisonReport& report, const ComparisonOptions& options,
                      const TextStyle& style);
MarkdownText write_comparison_markdown(const ComparisonReport& report,
                                       const ComparisonOptions& options, const TextStyle& style);
// A line a pair, a node and a metric: every metric, or the one of the options.
CsvText write_comparison_csv(const ComparisonReport& report, const ComparisonOptions& options);
// lmhost.comparison/1 (catalogs/schemas/comparison.schema.json).
std::string write_comparison_json(const ComparisonReport& report);

}  // namespace lmhost
