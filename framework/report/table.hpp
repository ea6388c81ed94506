// An analysis as a table for people (text, Markdown) and for programs (CSV). All return the whole
// text.
#pragma once

#include <string>
#include <vector>

#include "report/rows.hpp"
#include "report/summary.hpp"

namespace lmhost {

// The columns of a view when the user names none: intermediates only where there are any.
// With a device: time and what bounds it.
std::vector<const Column*> default_columns(View view, const CostTree& tree,
                                           const TextStyle& style = {}, bool has_device = false);

// Heading, rows, footer.
Text write_table(const Analysis& analysis, const Summary& summary, const RowOptions& options,
                 const std::vector<const Column*>& columns, const TextStyle& style);
MarkdownText write_markdown(const Analysis& analysis, const Summary& summary,
                            const RowOptions& options, const std::vector<const Column*>& columns,
                            const TextStyle& style);

// A tabular with booktabs rules, the heading as comments: \input it into a table.
LatexText write_latex(const Analysis& analysis, const Summary& summary, const RowOptions& options,
                      const std::vector<const Column*>& columns);

// One header line, then one line per row: raw numbers, no heading or footer. No columns named:
// every quantity.
CsvText write_csv(const Analysis& analysis, const RowOptions& options,
                  const std::vector<const Column*>& columns);

std::string exact_text(
    const Number& number);  // "27062588932096"; a fraction with no finite decimal as its nearest
std::string row_name(const CostTree& tree, const Row& row,
                     const TextStyle& style);  // "layers ×32", "[4 others]"

}  // namespace lmhost
