#include "load/module_edit.hpp"

#include <memory>
#include <vector>

#include "base/codes.hpp"
#include "load/formats/module_database.hpp"
#include "load/json.hpp"
#include "load/json_edit.hpp"

namespace lmhost {
namespace {

Result<JsonDocument> parsed(const SourceText& text) {
  return JsonDocument::parse(std::make_shared<const SourceText>(text));
}

bool is_text(JsonValue object, std::string_view key) {
  const JsonValue value = object.find(key);
  return value.exists() && value.is(JsonKind::kString);
}

Diagnostic wrong_kind(JsonValue value, const std::string& what, JsonKind needed) {
  return error_at(value, codes::kWrongType,
                  what + " must be " + std::string(name_of(needed)) + ", not " +
                      std::string(name_of(value.kind())));
}

// Where the entries are: the object or the list that holds them.
Result<JsonValue> entries_of(JsonValue root) {
  if (root.is(JsonKind::kArray)) return root;
  if (!root.is(JsonKind::kObject)) return wrong_kind(root, "a module database", JsonKind::kObject);
  const JsonValue modules = root.find("modules");
  if (modules.exists()) {
    if (modules.is(JsonKind::kObject) || modules.is(JsonKind::kArray)) return modules;
    return wrong_kind(modules, "'modules'", JsonKind::kObject);
  }
  if (is_text(root, "full_class_name")) return root;  // one entry by itself
  // The inner map alone has entries and nothing else.
  for (const JsonMember member : root.members())
    if (!member.value.is(JsonKind::kObject))
      return error_at(root, codes::kUnknownSchema, "not a module database: no \"modules\"",
                      "only databases of modules can be written to");
  return root;
}

// The entry of that key or full_class_name; one that does not exist when there is none.
JsonValue find_entry(JsonValue entries, std::string_view name) {
  const auto is_named = [&](JsonValue entry) {
    return entry.is(JsonKind::kObject) && is_text(entry, "full_class_name") &&
           entry.find("full_class_name").string() == name;
  };
  if (is_named(entries)) return entries;
  if (entries.is(JsonKind::kObject))
    if (const JsonValue by_key = entries.find(name); by_key.exists()) return by_key;
  if (entries.is(JsonKind::kObject)) {
    for (const JsonMember member : entries.members())
      if (is_named(member.value)) return member.value;
  } else {
    for (const JsonValue element : entries.elements())
      if (is_named(element)) return element;
  }
  return {};
}

std::vector<std::string_view> names_of(JsonValue entries) {
  std::vector<std::string_view> names;
  const auto add = [&](JsonValue entry) {
    if (entry.is(JsonKind::kObject) && is_text(entry, "full_class_name"))
      names.push_back(entry.find("full_class_name").string());
  };
  if (entries.is(JsonKind::kObject)) {
    for (const JsonMember member : entries.members()) {
      names.push_back(member.key());
      add(member.value);
    }
  } else {
    for (const JsonValue element : entries.elements()) add(element);
  }
  return names;
}

std::string new_store() {
  return "{\n  \"schema\": " + json_string(kModuleDatabaseSchema) + ",\n  \"modules\": {}\n}\n";
}

// Sets a member to JSON text, whether it is there or not.
void set(JsonEdit& edit, JsonValue object, std::string_view key, std::string_view json) {
  if (const JsonValue old = object.find(key); old.exists())
    edit.replace(old, json);
  else
    edit.append(object, key, json);
}

struct Remark {
  std::string_view key;
  const std::optional<std::string>& text;
};

// What says who approved, in the spelling of `validation`.
void set_remarks(JsonEdit& edit, JsonValue validation, const Approval& approval, bool has_status) {
  const Remark remarks[] = {
      {"validator", approval.validator}, {"date", approval.date}, {"notes", approval.notes}};
  for (const auto& [key, text] : remarks) {
    const JsonValue old = validation.find(key);
    if (text)
      set(edit, validation, key, json_string(*text));
    else if (!approval.is_approved && old.exists() && has_status)
      edit.replace(old, "null");
    else if (!approval.is_approved && old.exists())
      edit.remove(validation, key);
  }
}

std::string new_validation(const Approval& approval) {
  std::string json =
      std::string("{\"human_validated\": ") + (approval.is_approved ? "true" : "false");
  const auto add = [&](std::string_view key, const std::optional<std::string>& text) {
    if (text) json += ", " + json_string(key) + ": " + json_string(*text);
  };
  add("validator", approval.validator);
  add("date", approval.date);
  add("notes", approval.notes);
  return json + "}";
}

}  // namespace

Result<std::string> add_module(const SourceText& store, const AddModule& module) {
  const Result<JsonDocument> entry =
      parsed({store.name + ": entry " + quoted(module.name), std::string(module.entry)});
  if (!entry) return entry.errors();
  if (!entry->root().is(JsonKind::kObject))
    return wrong_kind(entry->root(), "an entry", JsonKind::kObject);

  const bool is_new = store.text.find_first_not_of(" \t\r\n") == std::string::npos;
  const Result<JsonDocument> document =
      parsed(is_new ? SourceText{store.name, new_store()} : store);
  if (!document) return document.errors();
  const Result<JsonValue> entries = entries_of(document->root());
  if (!entries) return entries.errors();
  JsonEdit edit(*document);
  if (const JsonValue old = find_entry(*entries, module.name); !old.exists()) {
    if (entries->is(JsonKind::kObject))
      edit.append(*entries, module.name, module.entry);
    else
      edit.append(*entries, module.entry);
  } else if (module.replaces) {
    edit.replace(old, module.entry);
  } else {
    return error_at(old, codes::kModuleEntry,
                    "there is an entry " + quoted(module.name) + " already");
  }
  return edit.apply();
}

Result<std::string> set_approval(const SourceText& store, std::string_view name,
                                 const Approval& approval) {
  const Result<JsonDocument> document = parsed(store);
  if (!document) return document.errors();
  const Result<JsonValue> entries = entries_of(document->root());
  if (!entries) return entries.errors();
  const JsonValue entry = find_entry(*entries, name);
  if (!entry.exists())
    return error_at(*entries, codes::kModuleEntry, "no entry " + quoted(name),
                    did_you_mean(name, names_of(*entries)));
  if (!entry.is(JsonKind::kObject)) return wrong_kind(entry, "an entry", JsonKind::kObject);

  JsonEdit edit(*document);
  const JsonValue validation = entry.find("validation");
  if (!validation.exists()) {
    edit.append(entry, "validation", new_validation(approval));
    return edit.apply();
  }
  if (!validation.is(JsonKind::kObject))
    return wrong_kind(validation, "'validation'", JsonKind::kObject);
  if (validation.size() == 0) {
    edit.replace(validation, new_validation(approval));
    return edit.apply();
  }
  const bool has_status = validation.find("status").exists();
  if (has_status)
    edit.replace(validation.find("status"), approval.is_approved ? "\"validated\"" : "\"pending\"");
  if (!has_status || validation.find("human_validated").exists())
    set(edit, validation, "human_validated", approval.is_approved ? "true" : "false");
  set_remarks(edit, validation, approval, has_status);
  return edit.apply();
}

}  // namespace lmhost
