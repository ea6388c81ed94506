// Writing into a module database, as text: entries added, approvals set. Every other byte stays, so
// that a database under version control shows what was done and nothing else.
//
// All generations: {"modules": {NAME: entry}}, the inner map alone, a list of entries. Reading one is
// load/formats/module_database.hpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/diagnostic.hpp"

namespace lmhost {

struct AddModule {
  std::string_view name;   // the entry's key; of a list its full_class_name
  std::string_view entry;  // one JSON object
  bool replaces = false;   // an entry of that name that is there already
};

// The text with the entry behind the others, indented as they are; of a text without a character an
// lmhost.modules/1 database with this one entry. Errors: E413 there is such an entry already, E102
// to E111 what is wrong with the store or the entry.
Result<std::string> add_module(const SourceText& store, const AddModule& module);

// Who has looked at an entry. Fields that are not said stay as they are.
struct Approval {
  bool is_approved = true;
  std::optional<std::string> validator;
  std::optional<std::string> date;  // as given: "2026-11-21"
  std::optional<std::string> notes;
};

// The text with the entry's "validation" saying so, in the spelling that is there: `status`
// "validated" or "pending", or `human_validated`; an entry without one gets the latter. What is
// revoked loses validator, date and notes: null where the first spelling has them, absent in the
// second. `name` is a key or a full_class_name. Errors: E413 no such entry, with the nearest name;
// E105 what cannot be edited.
Result<std::string> set_approval(const SourceText& store, std::string_view name,
                                 const Approval& approval);

}  // namespace lmhost
