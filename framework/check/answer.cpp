#include "check/answer.hpp"

#include <algorithm>
#include <memory>

#include "load/json.hpp"

namespace lmhost {
namespace {

constexpr std::size_t kMostFindings = 50;  // of one check

std::string in_quotes(std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string json = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (c == '\n') {
      json += "\\n";
    } else if (byte < 0x20) {
      json += "\\u00";
      json += kDigits[byte >> 4];
      json += kDigits[byte & 15];
    } else {
      json += c;
    }
  }
  return json + "\"";
}

std::string list_of(const std::vector<std::string>& findings) {
  std::string json = "[";
  for (std::size_t i = 0; i < std::min(findings.size(), kMostFindings); ++i)
    json += (i == 0 ? "" : ",") + in_quotes(findings[i]);
  if (findings.size() > kMostFindings)
    json += "," + in_quotes("and " + std::to_string(findings.size() - kMostFindings) + " more");
  return json + "]";
}

// The members that both forms have.
std::string head_of(const CheckReport& report) {
  return "\"file\":" + in_quotes(report.file) + ",\"id\":" + in_quotes(report.id) +
         ",\"version\":" + in_quotes(report.version) + ",\"abi\":" + in_quotes(report.abi) +
         ",\"fingerprint\":" + in_quotes(report.fingerprint) +
         ",\"kernels\":" + std::to_string(report.kernels) +
         ",\"seed\":" + std::to_string(report.seed) +
         ",\"points\":" + std::to_string(report.points);
}

std::string text_member(JsonValue object, std::string_view key) {
  const JsonValue value = object.find(key);
  return value.exists() && value.is(JsonKind::kString) ? std::string(value.string())
                                                       : std::string();
}

std::size_t count_member(JsonValue object, std::string_view key) {
  const JsonValue value = object.find(key);
  if (!value.exists() || !value.is(JsonKind::kNumber)) return 0;
  return static_cast<std::size_t>(value.number().to_int64().value_or(0));
}

}  // namespace

std::string write_answer(const CheckReport& report) {
  std::string json = "{" + head_of(report) +
                     ",\"reached\":" + std::to_string(static_cast<int>(report.reached)) +
                     ",\"is_whole\":" + (report.is_whole ? "true" : "false") + ",\"findings\":{";
  for (auto at = report.findings.begin(); at != report.findings.end(); ++at)
    json += (at == report.findings.begin() ? "" : ",") + in_quotes(at->first) + ":" +
            list_of(at->second);
  return json + "}}\n";
}

std::optional<CheckReport> read_answer(const std::string& text) {
  const auto source = std::make_shared<const SourceText>(SourceText{"answer", text});
  const Result<JsonDocument> document = JsonDocument::parse(source);
  if (!document || !document->root().is(JsonKind::kObject)) return std::nullopt;
  const JsonValue root = document->root();
  const JsonValue findings = root.find("findings");
  if (!findings.exists() || !findings.is(JsonKind::kObject)) return std::nullopt;
  CheckReport report;
  report.file = text_member(root, "file");
  report.id = text_member(root, "id");
  report.version = text_member(root, "version");
  report.abi = text_member(root, "abi");
  report.fingerprint = text_member(root, "fingerprint");
  report.kernels = count_member(root, "kernels");
  report.seed = count_member(root, "seed");
  report.points = count_member(root, "points");
  const std::size_t reached = count_member(root, "reached");
  report.reached =
      static_cast<CheckGroup>(std::min(reached, static_cast<std::size_t>(CheckGroup::kNative)));
  const JsonValue whole = root.find("is_whole");
  report.is_whole = whole.exists() && whole.is(JsonKind::kBoolean) && whole.boolean();
  for (const JsonMember member : findings.members()) {
    if (!member.value.is(JsonKind::kArray)) return std::nullopt;
    for (const JsonValue finding : member.value.elements())
      if (finding.is(JsonKind::kString)) report.add(member.key(), std::string(finding.string()));
  }
  return report;
}

std::string write_checks_json(const std::vector<CheckReport>& reports, bool strict) {
  std::string json = "{\"schema\":\"lmhost.plugin_check/1\",\n\"plugins\":[";
  for (std::size_t i = 0; i < reports.size(); ++i) {
    const CheckReport& report = reports[i];
    json += (i == 0 ? "\n{" : ",\n{") + head_of(report) +
            ",\"passed\":" + (report.has_failed(strict) ? "false" : "true") + ",\"checks\":[";
    bool is_first = true;
    for (const CheckSpec& check : all_checks()) {
      const auto found = report.findings.find(check.id);
      json += (is_first ? "\n{" : ",\n{");
      is_first = false;
      json += "\"id\":" + in_quotes(check.id) + ",\"group\":" + in_quotes(name_of(check.group)) +
              ",\"state\":" + in_quotes(name_of(state_of(report, check, strict))) +
              ",\"findings\":" + (found == report.findings.end() ? "[]" : list_of(found->second)) +
              "}";
    }
    json += "]}";
  }
  return json + "\n]}\n";
}

}  // namespace lmhost
