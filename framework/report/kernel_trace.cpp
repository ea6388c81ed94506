// A trace as a tree of lines.
#include "report/kernels.hpp"

namespace lmhost {

Text write_trace(const KernelTrace& trace, const TextStyle& style) {
  const Signs signs(style);
  std::vector<std::uint32_t> depths;
  for (const TraceRow& row : trace.rows) depths.push_back(row.depth);
  const std::vector<std::string> guides = tree_guides(depths, style);
  Text text;
  for (std::size_t i = 0; i < trace.rows.size(); ++i) {
    const TraceRow& row = trace.rows[i];
    const std::string value = (row.value.is_inexact() ? "~" : "") + to_grouped_string(row.value);
    if (row.depth == 0) text += "\n";
    text += painted(guides[i], Ink::kDim, style);
    if (row.count != Number(1))
      text += to_grouped_string(row.count) + " " + std::string(signs.times()) + " ";
    text += row.title;
    // A value that its formula spells out already is not said twice.
    if (!row.formula.empty() && row.formula != to_string(row.value)) text += " = " + row.formula;
    if (!row.substituted.empty() && row.substituted != to_string(row.value))
      text += " = " + row.substituted;
    text += Text(" = ") + painted(value, Ink::kBold, style) + "\n";
  }
  if (trace.is_truncated)
    text += Text("more than ") + std::to_string(KernelTrace::kRowLimit) +
            " rows: the rest is left out\n";
  return text;
}

}  // namespace lmhost
