#include "tools/lmhost/session.hpp"

#include <algorithm>
#include <cstdlib>
#include <functional>

#include "base/codes.hpp"
#include "load/catalog.hpp"
#include "load/config.hpp"
#include "load/graph.hpp"
#include "report/kernels.hpp"
#include "study/profile.hpp"
#include "tools/lmhost/guard.hpp"
#include "tools/lmhost/shell_word.hpp"
#include "tools/lmhost/values.hpp"

namespace lmhost::tool {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread
  return value == nullptr ? std::string() : std::string(value);
}

Result<unsigned> thread_count(const Arguments& arguments) {
  constexpr std::int64_t kMost = 4096;
  std::string name = "LMHOST_THREADS";
  std::string text = environment(name.c_str());
  if (const auto given = arguments.get("threads")) {
    name = "--threads";
    text = *given;
  }
  if (text.empty()) return 0u;
  Result<Number> count = parse_count(name, text);
  if (!count.ok()) return std::move(count).errors();
  const std::optional<std::int64_t> number = count->to_int64();
  if (!number || *number < 1 || *number > kMost)
    return bad_value(name, text, "must be between 1 and " + std::to_string(kMost));
  return static_cast<unsigned>(*number);
}

// Fills one length; a bad one adds its error.
void read_length(const Arguments& arguments, std::string_view name, std::optional<Number>* length,
                 Diagnostics* errors) {
  const std::optional<std::string> text = arguments.get(name);
  if (!text) return;
  Result<Number> number = parse_count("--" + std::string(name), *text);
  if (number.ok())
    *length = *number;
  else
    errors->push_back(number.errors().front());
}

void read_bits(const Arguments& arguments, std::string_view name, std::optional<Number>* bits,
               Diagnostics* errors) {
  const std::optional<std::string> text = arguments.get(name);
  if (!text) return;
  Result<Number> number = parse_bits("--" + std::string(name), *text);
  if (number.ok())
    *bits = *number;
  else
    errors->push_back(number.errors().front());
}

// --dtype says it for all three, --kv-cache-dtype for the cache, the --*-bits options last.
void read_precision(const Arguments& arguments, Workload* workload, Diagnostics* errors) {
  if (const auto type = arguments.get("dtype"))
    workload->w_bits = workload->a_bits = workload->kv_bits = bits_of_type(*type);
  if (const auto type = arguments.get("kv-cache-dtype"); type && *type != "auto")
    workload->kv_bits = bits_of_type(*type);
  const std::vector<std::string> types = arguments.all("kv-cache-dtype");
  if (std::adjacent_find(types.begin(), types.end(), std::not_equal_to<>()) != types.end())
    errors->push_back(bad_value("--kv-cache-dtype", types.back(),
                                "contradicts " + quoted(types.front()),
                                "keys and values have one type here: -ctk and -ctv must agree"));
  read_bits(arguments, "w-bits", &workload->w_bits, errors);
  read_bits(arguments, "a-bits", &workload->a_bits, errors);
  read_bits(arguments, "kv-bits", &workload->kv_bits, errors);
  read_bits(arguments, "index-bits", &workload->index_bits, errors);
}

void apply_phase(const Arguments& arguments, Workload* workload, Diagnostics* errors) {
  const std::optional<std::string> phase = arguments.get("phase");
  if (!phase) return;
  if (*phase == "generate" || *phase == "train") {
    // Those of several passes say themselves what contradicts them (passes.cpp).
    if ((arguments.command->groups & kPasses) == 0)
      errors->push_back(plain_error(
          ErrorKind::kUsage, codes::kPhase,
          "'lmhost " + std::string(arguments.command->name) + "' speaks of one pass, not of " +
              (*phase == "train" ? "a training step" : "a generation"),
          *phase == "train" ? "its forward pass is --phase prefill"
                            : "its passes are --phase prefill and --phase decode --cache-len N"));
    return;
  }
  const bool is_decode = *phase == "decode";
  if (is_decode && !workload->seq_len) workload->seq_len = Number(1);
  const bool one_token = workload->seq_len == Number(1);
  const bool has_cache = workload->cache_len && !workload->cache_len->is_zero();
  if (is_decode && !one_token)
    errors->push_back(bad_value(
        "--phase", "decode",
        "means one new token per sequence, and --seq-len is " + to_string(*workload->seq_len)));
  if (is_decode && !has_cache)
    errors->push_back(
        bad_value("--phase", "decode", "needs the length of the cache", "add --cache-len N"));
  if (!is_decode && one_token && has_cache)
    errors->push_back(
        bad_value("--phase", "prefill", "does not fit: one new token on top of a cache is decode"));
}

}  // namespace

Diagnostic usage_error(std::string message, std::string hint) {
  return plain_error(ErrorKind::kUsage, codes::kUsage, std::move(message), std::move(hint));
}

HostOptions host_options(const Arguments& arguments) {
  HostOptions options;
  options.plugin_files = arguments.all("plugin");
  options.plugin_directories = arguments.all("plugin-dir");
  for (std::string& directory : split(environment("LMHOST_PLUGIN_PATH"), ':'))
    if (!directory.empty()) options.plugin_directories.push_back(std::move(directory));
  options.default_plugins = !arguments.has("no-default-plugins");
  options.conventions = arguments.get("conventions").value_or("lmhost");
  options.use = arguments.all("use");
  options.catalogs = arguments.all("catalog");
  return options;
}

Result<Host> open_host(const Arguments& arguments) { return open_host(host_options(arguments)); }

Result<Host> open_host(const HostOptions& options) {
  for (const std::string& directory : split(environment("LMHOST_PLUGIN_PATH"), ':')) {
    if (!directory.empty() && directory.front() != '/')
      return usage_error("LMHOST_PLUGIN_PATH names the relative folder " + quoted(directory),
                         "write the absolute path: it must mean the same from every folder");
  }
  HostOptions watched = options;
  watched.plugin_watch = plugin_watch();
  return Host::open(watched);
}

Result<const Kernel*> find_kernel(const Catalog& catalog, const std::string& name) {
  if (const Kernel* kernel = catalog.find(name); kernel != nullptr) return kernel;
  if (const NameConflict* conflict = catalog.conflict(name))
    return ambiguous_name(catalog, *conflict);
  // A part of one name only is as good as the name.
  const std::vector<const Kernel*> matching = matching_kernels(catalog, name);
  if (matching.size() == 1) return matching.front();
  std::string hint = did_you_mean(name, catalog.names());
  if (hint.empty()) hint = "'lmhost kernels list " + name + "' searches";
  return plain_error(ErrorKind::kUsage, codes::kUnknownKernel, "unknown kernel " + quoted(name),
                     hint);
}

Diagnostics unusable_formulas(const Host& host) {
  Diagnostics warnings;
  for (const NamedCatalog& named : host.catalogs()) {
    if (named.problems.empty()) continue;
    const std::size_t count = named.problems.size();
    Diagnostic& warning = warnings.emplace_back(plain_error(
        ErrorKind::kInput, named.problems.front().code,
        std::to_string(count) + (count == 1 ? " formula" : " formulas") + " cannot be used",
        "'lmhost catalog validate " + named.path + "' says why"));
    warning.file = named.path;
    warning.severity = Severity::kWarning;
  }
  return warnings;
}

Diagnostics refused_plugins(const Host& host) {
  Diagnostics warnings;
  for (const RefusedPlugin& refused : host.catalog().refused()) {
    if (refused.is_foreign) continue;
    warnings.push_back(refused.reason);
    warnings.back().severity = Severity::kWarning;
  }
  return warnings;
}

Diagnostics doubts_of(const Graph& graph) {
  Diagnostics doubts;
  for (const Diagnostic& note : graph.notes)
    if (note.severity == Severity::kWarning) doubts.push_back(note);
  return doubts;
}

Result<Workload> read_workload(const Arguments& arguments, std::string model) {
  Diagnostics errors;
  Workload workload;
  workload.model = std::move(model);
  workload.hf_config = arguments.get("hf-config");
  workload.set = arguments.all("set");
  workload.root = arguments.get("root").value_or("");
  workload.allow_unknown = arguments.has("allow-unknown");
  workload.locked = arguments.get("locked");
  if (const auto mode = arguments.get("mode")) workload.mode = *mode_named(*mode);
  read_length(arguments, "batch-size", &workload.batch_size, &errors);
  read_length(arguments, "seq-len", &workload.seq_len, &errors);
  if (!arguments.has("seq-len")) read_length(arguments, "isl", &workload.seq_len, &errors);
  if (arguments.has("seq-len") && arguments.has("isl") && arguments.get("phase") != "generate")
    errors.push_back(bad_value("--isl", *arguments.get("isl"), "is --seq-len by another name",
                               "leave one of them out"));
  read_length(arguments, "cache-len", &workload.cache_len, &errors);
  // The library computes an empty batch (nothing but constants); somebody who types it means
  // something else.
  if (workload.batch_size && workload.batch_size->is_zero())
    errors.push_back(bad_value("--batch-size", *arguments.get("batch-size"), "must be at least 1"));
  read_precision(arguments, &workload, &errors);
  if (errors.empty()) apply_phase(arguments, &workload, &errors);
  Result<unsigned> threads = thread_count(arguments);
  if (threads.ok())
    workload.threads = *threads;
  else
    errors.push_back(threads.errors().front());
  if (!errors.empty()) return errors;
  return workload;
}

std::vector<std::string> assumptions_of(const Analysis& analysis, const Workload& workload) {
  std::vector<std::string> assumptions;
  const bool has_dtype = analysis.config != nullptr && analysis.config->dtype_bits().has_value();
  std::string assumed;
  auto check = [&](std::string_view what, const std::optional<Number>& given,
                   RuntimeVariable variable) {
    if (given || has_dtype) return;
    assumed += assumed.empty() ? "" : ", ";
    assumed += std::string(what) + " " + to_string(analysis.point[variable]) + " bit";
  };
  check("weights", workload.w_bits, RuntimeVariable::kWeightBits);
  check("activations", workload.a_bits, RuntimeVariable::kActivationBits);
  check("KV cache", workload.kv_bits, RuntimeVariable::kKvBits);
  if (!assumed.empty())
    assumptions.push_back(assumed + ": the config names no type; --dtype says which");
  return assumptions;
}

std::string type_name_of(const Arguments& arguments, const Analysis& analysis) {
  if (const auto type = arguments.get("dtype"); type && *type != "auto") return *type;
  if (analysis.config == nullptr) return {};
  for (const std::string_view key : {"dtype", "text_config.dtype"})
    if (const Config::Entry* entry = analysis.config->find(key);
        entry != nullptr && entry->value.kind == Value::Kind::kString)
      return std::string(entry->value.string);
  return {};
}

Result<std::optional<Roof>> read_roof(const Arguments& arguments, const std::string& prefix,
                                      const Analysis& analysis) {
  RoofOptions options;
  Diagnostics errors;
  const auto read_rate = [&](std::string_view name, std::optional<Number>* rate) {
    const std::optional<std::string> text = arguments.get(name);
    if (!text) return;
    Result<Number> number = parse_rate("--" + std::string(name), *text);
    if (number.ok())
      *rate = *number;
    else
      errors.push_back(number.errors().front());
  };
  read_rate("peak", &options.peak);
  read_rate("bandwidth", &options.bandwidth);
  if (const auto text = arguments.get("efficiency")) {
    Result<Efficiency> efficiency = parse_efficiency(*text, prefix);
    if (efficiency.ok())
      options.efficiency = *efficiency;
    else
      errors.push_back(efficiency.errors().front());
  }
  if (!errors.empty()) return errors;
  options.type_name = type_name_of(arguments, analysis);
  options.is_decode = phase_of(analysis) == "decode";

  const std::optional<std::string> name = arguments.get("hw");
  if (name) {
    Result<Device> device = load_device(*name, prefix);
    if (!device.ok()) return std::move(device).errors();
    Result<Roof> roof = roof_of(*device, analysis.point, options);
    if (!roof.ok()) return std::move(roof).errors();
    return std::optional<Roof>(std::move(*roof));
  }
  if (options.peak && options.bandwidth)
    return std::optional<Roof>(roof_of(analysis.point, options));
  for (const std::string_view option : {"peak", "bandwidth", "efficiency", "measured"})
    if (arguments.has(option))
      return usage_error("--" + std::string(option) + " needs a device",
                         "add --hw NAME, or both --peak and --bandwidth");
  return std::optional<Roof>();
}

std::string model_word(const Arguments& arguments) { return shell_word(arguments.operands[0]); }

std::string repeated_options(const Arguments& arguments) {
  std::string text;
  for (const auto& [name, value] : arguments.options)
    for (const OptionSpec& option : all_options()) {
      const bool is_repeated = (option.group & (kModel | kRoot | kWorkload | kPlugins)) != 0;
      if (option.name != name || !is_repeated || name == "threads") continue;
      text += " --" + name + (option.value.empty() ? "" : " " + shell_word(value));
    }
  return text;
}

Result<bool> check_operands(const Arguments& arguments, std::size_t least, std::size_t most) {
  const std::string command = "lmhost " + std::string(arguments.command->name);
  std::string usage = "usage: " + command + " [OPTION]...";
  if (!arguments.command->operands.empty()) usage += " " + std::string(arguments.command->operands);
  if (arguments.operands.size() < least)
    return usage_error("'" + command + "' lacks an operand", usage);
  if (arguments.operands.size() > most)
    return usage_error("one operand too many: " + quoted(arguments.operands[most]), usage);
  return true;
}

Result<std::string> format_of(const Arguments& arguments) {
  const std::vector<std::string> formats = split(arguments.command->formats, ',');
  std::optional<std::string> format = arguments.get("format");
  if (!format && arguments.has("json")) format = "json";
  if (!format) return formats.front();
  if (*format == "text" && formats.front() != "text") format = formats.front();
  if (*format == "markdown") format = "md";
  if (std::find(formats.begin(), formats.end(), *format) != formats.end()) return *format;
  const std::vector<std::string_view> candidates(formats.begin(), formats.end());
  std::string hint = did_you_mean(*format, candidates);
  if (hint.empty()) {
    hint = "'lmhost " + std::string(arguments.command->name) + "' writes ";
    for (std::size_t i = 0; i < formats.size(); ++i) hint += (i == 0 ? "" : ", ") + formats[i];
  }
  return usage_error("no format " + quoted(*format), hint);
}

}  // namespace lmhost::tool
