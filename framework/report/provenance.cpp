#include "report/provenance.hpp"

namespace lmhost {

bool is_not_validated(const Kernel& kernel) {
  return kernel.provenance != nullptr && !kernel.provenance->human_validated;
}

std::string code_text(const Provenance& provenance) {
  std::string text = provenance.file;
  if (provenance.first_line != 0) {
    text += (text.empty() ? "line " : ":") + std::to_string(provenance.first_line);
    if (provenance.last_line > provenance.first_line)
      text += "-" + std::to_string(provenance.last_line);
  }
  const auto add = [&](std::string_view label, const std::string& value) {
    if (!value.empty()) text += (text.empty() ? "" : ", ") + std::string(label) + value;
  };
  add("version ", provenance.source_version);
  add("", provenance.source_hash);
  return text;
}

bool is_told_by_code(const std::string& source, const Provenance* provenance) {
  return provenance != nullptr && code_text(*provenance).starts_with(source);
}

std::string validation_text(const Provenance& provenance) {
  std::string text = provenance.human_validated ? "yes" : "no";
  // What the yes or no says already is not said again.
  const std::string& status = provenance.status;
  if (!status.empty() && status != "validated" && status != "pending") text += ", status " + status;
  if (!provenance.validator.empty()) text += ", by " + provenance.validator;
  if (!provenance.date.empty()) text += " on " + provenance.date;
  if (!provenance.notes.empty()) text += ": " + provenance.notes;
  return text;
}

void write_provenance(JsonWriter* json, const Provenance& provenance, bool whole) {
  const auto text = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) json->member(name, value);
  };
  json->begin_object();
  json->member("human_validated", provenance.human_validated);
  text("status", provenance.status);
  text("validator", provenance.validator);
  text("date", provenance.date);
  text("notes", provenance.notes);
  text("file", provenance.file);
  if (provenance.first_line != 0) {
    json->member("line_start", std::size_t{provenance.first_line});
    json->member("line_end", std::size_t{provenance.last_line});
  }
  text("source_version", provenance.source_version);
  text("source_hash", provenance.source_hash);
  if (whole) {
    text("reasoning", provenance.reasoning);
    if (!provenance.breakdown.empty()) {
      json->key("breakdown");
      json->begin_object();
      for (const auto& [part, formula] : provenance.breakdown) json->member(part, formula);
      json->end_object();
    }
  }
  json->end_object();
}

}  // namespace lmhost
