// The form of `lmhost.kernels/1` as tables: which keys each object has, of which kind, and the words
// that stand for the ABI's enums. catalogs/schemas/kernels.schema.json says the same to editors.
#pragma once

#include <string_view>

#include "load/json.hpp"

namespace lmhost::kernel_catalog {

struct Key {
  std::string_view name;
  JsonKind kind;
  bool is_required = false;
};

inline constexpr JsonKind kText = JsonKind::kString;
inline constexpr Key kRootKeys[] = {{"schema", kText, true},
                                    {"language", JsonKind::kNumber},
                                    {"plugin", JsonKind::kObject, true},
                                    {"constants", JsonKind::kArray},
                                    {"functions", JsonKind::kArray},
                                    {"kernels", JsonKind::kArray, true}};
inline constexpr Key kPluginKeys[] = {
    {"id", kText, true}, {"version", kText, true}, {"doc", kText}, {"license", kText}};
inline constexpr Key kConstantKeys[] = {
    {"name", kText, true}, {"value", kText, true}, {"doc", kText}, {"source", kText}};
inline constexpr Key kFunctionKeys[] = {{"name", kText, true},
                                        {"kind", kText, true},
                                        {"arity", JsonKind::kNumber, true},
                                        {"doc", kText}};
inline constexpr Key kKernelKeys[] = {{"name", kText, true},
                                      {"revision", JsonKind::kNumber, true},
                                      {"doc", kText},
                                      {"source", kText},
                                      {"aliases", JsonKind::kArray},
                                      {"parameters", JsonKind::kArray},
                                      {"lets", JsonKind::kArray},
                                      {"quantities", JsonKind::kArray, true},
                                      {"operands", JsonKind::kArray},
                                      {"examples", JsonKind::kArray}};
inline constexpr Key kParameterKeys[] = {{"name", kText, true},
                                         {"type", kText, true},
                                         {"default", kText},
                                         {"optional", JsonKind::kBoolean},
                                         {"not_monotone", JsonKind::kBoolean},
                                         {"doc", kText}};
inline constexpr Key kFormulaKeys[] = {
    {"name", kText, true}, {"expression", kText, true}, {"doc", kText}};
inline constexpr Key kOperandKeys[] = {{"name", kText, true},
                                       {"direction", kText, true},
                                       {"role", kText, true},
                                       {"elements", kText, true},
                                       {"stored_elements", kText},
                                       {"bits", kText},
                                       {"doc", kText}};
inline constexpr Key kExampleKeys[] = {
    {"bindings", kText, true}, {"expected", kText, true}, {"source", kText}};

// In the order of the ABI's enums, which start at 1.
inline constexpr std::string_view kTypes[] = {"int", "float", "bool", "string"};
inline constexpr std::string_view kDirections[] = {"read", "write", "scratch"};
inline constexpr std::string_view kRoles[] = {"weight", "activation", "kv_cache", "index"};
inline constexpr std::string_view kFunctionKinds[] = {"macro", "scalar"};

}  // namespace lmhost::kernel_catalog
