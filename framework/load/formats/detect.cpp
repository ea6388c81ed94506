#include "load/formats/detect.hpp"

#include <algorithm>
#include <initializer_list>

namespace lmhost {
namespace {

using Keys = std::initializer_list<std::string_view>;

bool has(JsonValue object, std::string_view key) { return object.find(key).exists(); }

bool has_any(JsonValue object, Keys keys) {
  return std::any_of(keys.begin(), keys.end(), [&](auto key) { return has(object, key); });
}

// How many of the keys are there, when one of many may be missing.
std::size_t count_of(JsonValue object, Keys keys) {
  return static_cast<std::size_t>(
      std::count_if(keys.begin(), keys.end(), [&](auto key) { return has(object, key); }));
}

bool is_kind(JsonValue object, std::string_view key, JsonKind kind) {
  const JsonValue value = object.find(key);
  return value.exists() && value.is(kind);
}

// True when `holds` is true of some member's value that is an object.
template <class Holds>
bool any_object(JsonValue object, Holds holds) {
  for (const JsonMember member : object.members())
    if (member.value.is(JsonKind::kObject) && holds(member.value)) return true;
  return false;
}

InputFormat by_schema(std::string_view schema) {
  if (schema.starts_with("lmhost.kernels/")) return InputFormat::kKernelCatalog;
  if (schema.starts_with("lmhost.modules/")) return InputFormat::kModuleDatabase;
  if (schema.starts_with("lmhost.conventions/")) return InputFormat::kConventions;
  if (schema.starts_with("lmhost.hardware/")) return InputFormat::kDevice;
  if (schema.starts_with("lmhost.report/")) return InputFormat::kReport;
  return InputFormat::kGraph;
}

bool is_json_schema(JsonValue root) {
  return has(root, "$schema") &&
         (is_kind(root, "type", JsonKind::kString) ||
          is_kind(root, "properties", JsonKind::kObject) ||
          has_any(root, {"definitions", "$defs", "oneOf", "anyOf", "allOf"}));
}

// The formulas of one kernel, of which one may be missing.
bool is_atomic_kernel(JsonValue object) {
  return count_of(object, {"flops", "memory_read", "memory_write", "parameters"}) >= 2;
}

bool is_model(JsonValue object) { return has_any(object, {"model_id", "layers"}); }

// {"examples": {name: {model_id, layers}, ...}}
bool is_model_list(JsonValue object) {
  const JsonValue list = object.find("examples");
  return list.exists() && list.is(JsonKind::kObject) && any_object(list, is_model);
}

bool is_module_entry(JsonValue object) {
  return has_any(object, {"flop_analysis", "memory_analysis", "full_class_name", "module_path"});
}

// Kernels by name: what costs what, who calls whom, or both.
InputFormat kernel_format(JsonValue root) {
  const bool has_parameters = has_any(root, {"init_params", "forward_params"});
  const bool has_formulas = count_of(root, {"flops", "memory_read", "memory_write"}) >= 2;
  if (has_parameters) return InputFormat::kKernelCost;
  if (has_formulas) return InputFormat::kResolvedTree;
  if (has(root, "children")) return InputFormat::kKernelCost;
  return has_any(root, {"kernel_name", "kernel_type"}) ? InputFormat::kDependencyTree
                                                       : InputFormat::kUnknown;
}

bool is_names(JsonValue root) {
  std::size_t texts = 0;
  for (const JsonMember member : root.members()) texts += member.value.is(JsonKind::kString);
  return root.size() > 0 && 2 * texts > root.size();
}

InputFormat object_format(JsonValue root) {
  if (const JsonValue schema = root.find("schema"); schema.exists())
    return schema.is(JsonKind::kString) ? by_schema(schema.string()) : InputFormat::kGraph;
  if (is_json_schema(root)) return InputFormat::kJsonSchema;
  if (has(root, "class_name") || is_kind(root, "kernels", JsonKind::kArray))
    return InputFormat::kModuleAnalysis;
  if (has(root, "kernels")) return InputFormat::kGraph;
  if (is_model(root) || is_model_list(root)) return InputFormat::kModelRepresentation;
  if (has(root, "modules") || is_module_entry(root)) return InputFormat::kModuleDatabase;
  if (const InputFormat format = kernel_format(root); format != InputFormat::kUnknown)
    return format;
  if (has_any(root, {"architectures", "model_type"})) return InputFormat::kConfig;
  if (any_object(root, is_module_entry)) return InputFormat::kModuleDatabase;
  const auto is_group = [](JsonValue group) { return any_object(group, is_atomic_kernel); };
  if (any_object(root, is_atomic_kernel) || any_object(root, is_group))
    return InputFormat::kAtomicKernels;
  return is_names(root) ? InputFormat::kKernelNames : InputFormat::kUnknown;
}

}  // namespace

InputFormat detect_format(JsonValue root) {
  if (root.is(JsonKind::kObject)) return object_format(root);
  if (!root.is(JsonKind::kArray)) return InputFormat::kUnknown;
  // A database written as a list; of anything else nobody writes one.
  for (const JsonValue element : root.elements())
    if (element.is(JsonKind::kObject) && is_module_entry(element))
      return InputFormat::kModuleDatabase;
  return InputFormat::kUnknown;
}

bool says_no_sizes(InputFormat format) {
  return format == InputFormat::kDependencyTree || format == InputFormat::kModuleAnalysis ||
         format == InputFormat::kModelRepresentation;
}

std::string_view name_of(InputFormat format) {
  switch (format) {
    case InputFormat::kGraph:
      return "a graph";
    case InputFormat::kDependencyTree:
      return "a kernel dependency tree";
    case InputFormat::kKernelCost:
      return "a kernel cost file";
    case InputFormat::kModuleAnalysis:
      return "a module analysis";
    case InputFormat::kModelRepresentation:
      return "a model representation";
    case InputFormat::kModuleDatabase:
      return "a module database";
    case InputFormat::kAtomicKernels:
      return "a catalogue of atomic kernels";
    case InputFormat::kKernelCatalog:
      return "a kernel catalogue";
    case InputFormat::kKernelNames:
      return "a table of kernel names";
    case InputFormat::kResolvedTree:
      return "a resolved tree";
    case InputFormat::kConfig:
      return "a config.json";
    case InputFormat::kConventions:
      return "a set of conventions";
    case InputFormat::kDevice:
      return "a device";
    case InputFormat::kReport:
      return "a report";
    case InputFormat::kJsonSchema:
      return "a JSON Schema";
    case InputFormat::kUnknown:
      break;
  }
  return "no format that lmhost knows";
}

}  // namespace lmhost
