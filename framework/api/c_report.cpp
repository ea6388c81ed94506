// Reports of the C API.
#include "api/c_calls.hpp"

namespace lmhost::v0 {
namespace {

Result<std::string> text_of(const Report& report, int32_t format) {
  switch (format) {
    case LMH_TEXT:
      return report.to_text();
    case LMH_JSON:
      return report.to_json();
    case LMH_JSON_LINES:
      return report.to_json_lines();
    case LMH_CSV:
      return report.to_csv();
    case LMH_MARKDOWN:
      return report.to_markdown();
    default:
      return misuse("there is no format " + std::to_string(format));
  }
}

// A text of a node; NULL beyond the last.
char* text_of_node(const lmh_report* report, std::size_t node, std::string ReportNode::*text) {
  try {
    if (report == nullptr || node >= report->value.size()) return nullptr;
    return copied(report->value.node(node).*text);
  } catch (...) {
    return nullptr;
  }
}

Result<ReportNode> node_at(const lmh_report& report, std::size_t node) {
  if (node >= report.value.size()) return misuse("there is no node " + std::to_string(node));
  return report.value.node(node);
}

}  // namespace
}  // namespace lmhost::v0

using namespace lmhost::v0;  // NOLINT: the functions below belong to no namespace

void lmh_report_free(lmh_report* report) { delete report; }

size_t lmh_report_node_count(const lmh_report* report) {
  return report == nullptr ? 0 : report->value.size();
}

int32_t lmh_report_node_costs(const lmh_report* report, size_t node, lmh_costs* costs,
                              lmh_error** error) {
  if (report == nullptr || costs == nullptr) return refuse_null("lmh_report_node_costs", error);
  return guarded(
      error, [&] { return node_at(*report, node); },
      [&](const ReportNode& found) { *costs = to_c(found.total); });
}

char* lmh_report_node_path(const lmh_report* report, size_t node) {
  return text_of_node(report, node, &ReportNode::path);
}

char* lmh_report_node_kernel(const lmh_report* report, size_t node) {
  return text_of_node(report, node, &ReportNode::kernel);
}

int32_t lmh_report_node_executions(const lmh_report* report, size_t node, lmh_number* count,
                                   lmh_number* times, lmh_error** error) {
  if (report == nullptr || count == nullptr || times == nullptr)
    return refuse_null("lmh_report_node_executions", error);
  return guarded(
      error, [&] { return node_at(*report, node); },
      [&](const ReportNode& found) {
        *count = to_c(found.count);
        *times = to_c(found.times);
      });
}

int32_t lmh_report_text(const lmh_report* report, int32_t format, char** text, lmh_error** error) {
  if (report == nullptr || text == nullptr) return refuse_null("lmh_report_text", error);
  return guarded(
      error, [&] { return text_of(report->value, format); },
      [&](const std::string& whole) { *text = copied(whole); });
}

int32_t lmh_report_explain(const lmh_report* report, const char* node, const char* metric,
                           char** text, lmh_error** error) {
  if (report == nullptr || node == nullptr || text == nullptr)
    return refuse_null("lmh_report_explain", error);
  return guarded(
      error, [&] { return report->value.explain(node, text_or(metric)); },
      [&](const std::string& whole) { *text = copied(whole); });
}
