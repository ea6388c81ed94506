// The registry of the C API: kernels by name, what they cost, and which plugins they come from.
#include "api/c_calls.hpp"
#include "resolve/assignments.hpp"

namespace lmhost::v0 {
namespace {

static_assert(LMH_PLUGIN_SHADOWED == static_cast<int>(PluginState::kShadowed));

// One a line, as names have no line ends.
char* lines_of(const std::vector<std::string>& list) {
  std::string lines;
  for (const std::string& name : list) lines += (lines.empty() ? "" : "\n") + name;
  return copied(lines);
}

// "M=1, K=2" as the arguments of the C++ API.
Result<Costs> kernel_costs(const Host& host, const char* kernel, const char* text) {
  const SourceText source{"<arguments>", text};
  const Result<std::vector<Assignment>> assigned = parse_assignments(source);
  if (!assigned) return assigned.errors();
  Arguments arguments;
  for (const Assignment& row : *assigned) {
    if (row.value.kind == Value::Kind::kString)
      arguments.emplace_back(std::string(row.name), row.value.string);
    else
      arguments.emplace_back(std::string(row.name), row.value.number);
  }
  return host.compute_costs(kernel, arguments);
}

}  // namespace
}  // namespace lmhost::v0

using namespace lmhost::v0;  // NOLINT: the functions below belong to no namespace

int32_t lmh_compute_costs(const lmh_context* context, const char* kernel, const char* arguments,
                          lmh_costs* costs, lmh_error** error) {
  if (context == nullptr || kernel == nullptr || arguments == nullptr || costs == nullptr)
    return refuse_null("lmh_compute_costs", error);
  return guarded(
      error, [&] { return kernel_costs(context->value, kernel, arguments); },
      [&](const lmhost::Costs& value) { *costs = to_c(value); });
}

int32_t lmh_compute_flops(const lmh_context* context, const char* kernel, const char* arguments,
                          lmh_number* flops, lmh_error** error) {
  if (context == nullptr || kernel == nullptr || arguments == nullptr || flops == nullptr)
    return refuse_null("lmh_compute_flops", error);
  return guarded(
      error, [&] { return kernel_costs(context->value, kernel, arguments); },
      [&](const lmhost::Costs& value) { *flops = to_c(value[lmhost::Quantity::kFlops]); });
}

int32_t lmh_compute_memory(const lmh_context* context, const char* kernel, const char* arguments,
                           lmh_memory* memory, lmh_error** error) {
  if (context == nullptr || kernel == nullptr || arguments == nullptr || memory == nullptr)
    return refuse_null("lmh_compute_memory", error);
  return guarded(
      error, [&] { return kernel_costs(context->value, kernel, arguments); },
      [&](const lmhost::Costs& value) {
        *memory = {to_c(value.bytes_read()), to_c(value.bytes_written()),
                   to_c(value[lmhost::Quantity::kIntermediateBytes])};
      });
}

int32_t lmh_required_parameters(const lmh_context* context, const char* kernel, char** names,
                                lmh_error** error) {
  if (context == nullptr || kernel == nullptr || names == nullptr)
    return refuse_null("lmh_required_parameters", error);
  return guarded(
      error, [&] { return context->value.required_parameters(kernel); },
      [&](const std::vector<std::string>& list) { *names = lines_of(list); });
}

int32_t lmh_kernel_names(const lmh_context* context, char** names, lmh_error** error) {
  if (context == nullptr || names == nullptr) return refuse_null("lmh_kernel_names", error);
  return guarded(
      error,
      [&] { return lmhost::Result<std::vector<std::string>>(context->value.kernel_names()); },
      [&](const std::vector<std::string>& list) { *names = lines_of(list); });
}

int32_t lmh_model_names(const lmh_context* context, char** names, lmh_error** error) {
  if (context == nullptr || names == nullptr) return refuse_null("lmh_model_names", error);
  return guarded(
      error, [&] { return lmhost::Result<std::vector<std::string>>(context->value.model_names()); },
      [&](const std::vector<std::string>& list) { *names = lines_of(list); });
}

size_t lmh_plugin_count(const lmh_context* context) {
  try {
    return context == nullptr ? 0 : context->plugins().list.size();
  } catch (...) {
    return 0;
  }
}

int32_t lmh_plugin_info_at(const lmh_context* context, size_t index, lmh_plugin_info* info,
                           lmh_error** error) {
  if (context == nullptr || info == nullptr) return refuse_null("lmh_plugin_info_at", error);
  return guarded(
      error,
      [&]() -> lmhost::Result<lmh_plugin_info> {
        if (info->struct_size < sizeof(lmh_plugin_info))
          return misuse("lmh_plugin_info.struct_size is not set",
                        "write info.struct_size = sizeof info");
        const lmh_context::Plugins& all = context->plugins();
        if (index >= all.list.size()) return misuse("there is no plugin " + std::to_string(index));
        const PluginInfo& plugin = all.list[index];
        return lmh_plugin_info{info->struct_size,         static_cast<int32_t>(plugin.state),
                               plugin.id.c_str(),         plugin.version.c_str(),
                               plugin.path.c_str(),       plugin.fingerprint.c_str(),
                               all.reasons[index].c_str()};
      },
      [&](const lmh_plugin_info& filled) { std::memcpy(info, &filled, sizeof filled); });
}
