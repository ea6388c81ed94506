#include "study/prompt.hpp"

#include <algorithm>
#include <vector>

#include "base/codes.hpp"

namespace lmhost {
namespace {

bool is_field_part(char c) { return (c >= 'A' && c <= 'Z') || c == '_'; }

// Answers that are sent back are cut: the errors say what was wrong with them.
constexpr std::size_t kLongestEcho = std::size_t{32} << 10;

}  // namespace

Result<std::string> fill_prompt(const SourceText& prompt, const PromptFields& fields) {
  Diagnostics errors;
  std::string filled;
  const std::string_view text = prompt.text;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at + 1;
    if (text[at] == '@')
      while (end < text.size() && is_field_part(text[end])) ++end;
    const bool is_field = text[at] == '@' && end > at + 1 && end < text.size() && text[end] == '@';
    if (!is_field) {
      filled += text[at++];
      continue;
    }
    const std::string_view name = text.substr(at + 1, end - at - 1);
    if (const auto field = fields.find(name); field != fields.end()) {
      filled += field->second;
    } else {
      std::vector<std::string_view> names;
      for (const auto& [known, value] : fields) names.push_back(known);
      errors.push_back(error_at(prompt, at, end + 1 - at, codes::kUnknownKey,
                                "unknown field " + quoted(name), did_you_mean(name, names)));
    }
    at = end + 1;
  }
  if (!errors.empty()) return errors;
  return filled;
}

std::string known_kernels(const Catalog& catalog) {
  std::string text;
  std::string_view last;
  for (const Kernel* kernel : catalog.kernels()) {
    if (kernel->name == last || catalog.find(kernel->name) != kernel) continue;
    last = kernel->name;
    text += kernel->name + "(";
    for (std::size_t i = 0; i < kernel->parameters.size(); ++i) {
      const KernelParameter& parameter = kernel->parameters[i];
      text += (i == 0 ? "" : ", ") + parameter.name;
      if (parameter.default_value != nullptr) text += "=" + parameter.default_value->text;
      if (parameter.optional) text += "=None";
    }
    text += ")";
    for (std::size_t i = 0; i < kernel->aliases.size(); ++i)
      text += (i == 0 ? "  also " : ", ") + kernel->aliases[i];
    text += "\n";
  }
  return text;
}

PromptFields prompt_fields(const ModuleSource& source, const Catalog& catalog, std::string schema) {
  return {{"NAME", source.where.name},
          {"FILE", source.where.location},
          {"FIRST_LINE", std::to_string(source.where.first_line)},
          {"LAST_LINE", std::to_string(source.where.last_line)},
          {"SOURCE", source.text},
          {"RELATED", source.related.empty() ? "(nothing)\n" : source.related},
          {"KERNELS", known_kernels(catalog)},
          {"SCHEMA", std::move(schema)}};
}

PromptFields retry_fields(std::size_t attempt, std::string answer, const Diagnostics& errors) {
  if (answer.size() > kLongestEcho) {
    answer.resize(kLongestEcho);
    answer += "\n... (cut)";
  }
  if (answer.empty()) answer = "(nothing)";
  if (answer.back() != '\n') answer += '\n';
  return {{"ATTEMPT", std::to_string(attempt)},
          {"ANSWER", std::move(answer)},
          {"ERRORS", render(errors)}};
}

}  // namespace lmhost
