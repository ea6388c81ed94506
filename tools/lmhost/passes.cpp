#include "tools/lmhost/passes.hpp"

#include <utility>

#include "base/codes.hpp"
#include "load/graph.hpp"
#include "report/units.hpp"
#include "study/generation.hpp"
#include "study/measurement.hpp"
#include "study/profile.hpp"
#include "tools/lmhost/output.hpp"
#include "tools/lmhost/session.hpp"
#include "tools/lmhost/values.hpp"

namespace lmhost::tool {
namespace {

Diagnostic contradiction(std::string message, std::string hint = {}) {
  return plain_error(ErrorKind::kUsage, codes::kPhase, std::move(message), std::move(hint));
}

// Options of another phase, each an error.
void refuse(const Arguments& arguments, std::string_view phase,
            std::initializer_list<std::string_view> options, std::string_view hint,
            Diagnostics* errors) {
  for (const std::string_view option : options)
    if (arguments.has(option))
      errors->push_back(
          contradiction("--" + std::string(option) + " does not go with " + std::string(phase),
                        std::string(hint)));
}

void read_generation(const Arguments& arguments, const Workload& workload, Passes* passes,
                     Diagnostics* errors) {
  constexpr std::string_view kPhase = "--phase generate";
  refuse(arguments, kPhase, {"seq-len", "cache-len"},
         "--isl N is the prompt, --osl N what is generated after it", errors);
  refuse(arguments, kPhase, {"optimizer", "mfu-convention"}, "it belongs to --phase train", errors);
  passes->phase = Phase::kGenerate;
  // As long as one pass is when nobody says.
  passes->prompt_tokens = workload.seq_len.value_or(RuntimePoint()[RuntimeVariable::kSeqLen]);
  if (arguments.has("isl") && passes->prompt_tokens.is_zero())
    errors->push_back(bad_value("--isl", *arguments.get("isl"), "must be at least 1"));
  const std::optional<std::string> text = arguments.get("osl");
  if (!text) {
    errors->push_back(
        contradiction("--phase generate needs the number of tokens to generate", "add --osl N"));
    return;
  }
  const Result<Number> generated = parse_count("--osl", *text);
  if (!generated.ok())
    errors->push_back(generated.errors().front());
  else if (generated->is_zero())
    errors->push_back(
        bad_value("--osl", *text, "must be at least 1", "the prefill alone is --phase prefill"));
  else
    passes->generated_tokens = *generated;
}

void read_training(const Arguments& arguments, const Workload& workload, Passes* passes,
                   Diagnostics* errors) {
  constexpr std::string_view kPhase = "--phase train";
  refuse(arguments, kPhase, {"cache-len", "osl"}, "a training step starts without a cache", errors);
  if (workload.mode == Mode::kFused)
    errors->push_back(contradiction("--mode fused does not go with --phase train",
                                    "it is what a serving engine executes; --mode sdpa or eager"));
  passes->phase = Phase::kTrain;
  passes->optimizer = &optimizers().front();
  if (const auto name = arguments.get("optimizer")) passes->optimizer = find_optimizer(*name);
  passes->mfu_convention = &mfu_conventions().front();
  if (const auto name = arguments.get("mfu-convention"))
    passes->mfu_convention = find_mfu_convention(*name);
}

std::string traffic_text(const Costs& costs, std::string_view separator) {
  return format_flops(costs[Quantity::kFlops]) + std::string(separator) +
         format_bytes(costs.bytes_read()) + " read" + std::string(separator) +
         format_bytes(costs.bytes_written()) + " written";
}

void add_costs(ReportSection* section, const std::string& prefix, const Costs& costs) {
  section->facts.push_back({prefix + "_flops", costs[Quantity::kFlops], ""});
  section->facts.push_back({prefix + "_matmul_flops", costs[Quantity::kMatmulFlops], ""});
  section->facts.push_back({prefix + "_bytes_read", costs.bytes_read(), ""});
  section->facts.push_back({prefix + "_bytes_written", costs.bytes_written(), ""});
}

ReportSection section_of(const Generation& generation) {
  ReportSection section;
  section.key = "generation";
  const Number steps = generation.analysis.generated_tokens - Number(1);
  add_costs(&section, "prefill", generation.prefill);
  add_costs(&section, "decode", generation.decode);
  section.facts.push_back({"decode_steps", steps, ""});
  section.facts.push_back({"closed_form_steps", Number(generation.closed_steps), ""});
  section.lines.push_back(
      {"prefill", traffic_text(generation.prefill, ", ") + ": the first token"});
  std::string decode = to_grouped_string(steps) + (steps == Number(1) ? " step" : " steps");
  if (!steps.is_zero()) decode += ": " + traffic_text(generation.decode, ", ");
  if (generation.closed_steps != 0)
    decode += "; " + to_grouped_string(Number(generation.closed_steps)) + " in closed form";
  section.lines.push_back({"decode", std::move(decode)});
  return section;
}

ReportSection section_of(const Training& training, const Passes& passes) {
  ReportSection section;
  section.key = "training";
  add_costs(&section, "forward", training.forward);
  add_costs(&section, "backward", training.backward);
  section.facts.push_back({"tokens", training.tokens, ""});
  section.facts.push_back({"optimizer", {}, std::string(passes.optimizer->name)});
  section.facts.push_back({"weight_bytes", training.weight_bytes, ""});
  section.facts.push_back({"gradient_bytes", training.gradient_bytes, ""});
  section.facts.push_back({"optimizer_bytes", training.optimizer_bytes, ""});
  section.facts.push_back({"master_weight_bytes", training.master_bytes, ""});
  section.facts.push_back({"mfu_convention", {}, std::string(passes.mfu_convention->name)});
  std::string others;
  for (const MfuConvention& convention : mfu_conventions()) {
    const Number flops = training.model_flops(convention);
    std::string key = "model_flops_" + std::string(convention.name);
    for (char& c : key) c = c == '-' ? '_' : c;
    section.facts.push_back({std::move(key), flops, ""});
    if (&convention == passes.mfu_convention) continue;
    others +=
        (others.empty() ? "" : ", ") + std::string(convention.name) + " " + format_flops(flops);
  }
  section.lines.push_back({"forward", traffic_text(training.forward, ", ")});
  section.lines.push_back({"backward", traffic_text(training.backward, ", ") +
                                           "; the optimizer's step is not counted"});
  std::string kept = std::string(passes.optimizer->name) + ": weights " +
                     format_capacity(training.weight_bytes) + " + gradients " +
                     format_capacity(training.gradient_bytes) + " + states " +
                     format_capacity(training.optimizer_bytes);
  Number all = training.weight_bytes + training.gradient_bytes + training.optimizer_bytes;
  if (!training.master_bytes.is_zero()) {
    kept += " + fp32 master " + format_capacity(training.master_bytes);
    all = all + training.master_bytes;
  }
  section.lines.push_back({"optimizer", kept + " = " + format_capacity(all) + ", and activations"});
  section.lines.push_back(
      {"model FLOP", std::string(passes.mfu_convention->name) + " (" +
                         std::string(passes.mfu_convention->formula) + ") " +
                         format_flops(training.model_flops(*passes.mfu_convention)) + "; " +
                         others});
  return section;
}

}  // namespace

Result<Passes> read_passes(const Arguments& arguments, const Workload& workload) {
  Passes passes;
  Diagnostics errors;
  std::string phase = arguments.get("phase").value_or("");
  // Who says how many tokens to generate asks for a generation.
  if (phase.empty() && arguments.has("osl")) phase = "generate";
  if (phase == "generate") {
    read_generation(arguments, workload, &passes, &errors);
  } else if (phase == "train") {
    read_training(arguments, workload, &passes, &errors);
  } else {
    const std::string one_pass = phase.empty() ? "a single pass" : "--phase " + phase;
    refuse(arguments, one_pass, {"osl"}, "it belongs to --phase generate", &errors);
    refuse(arguments, one_pass, {"optimizer", "mfu-convention"}, "it belongs to --phase train",
           &errors);
  }
  if (!errors.empty()) return errors;
  return passes;
}

Result<PassesResult> analyze_passes(const Host& host, const Workload& workload,
                                    const Passes& passes) {
  PassesResult result;
  if (passes.phase == Phase::kGenerate) {
    Result<Analysis> planned = host.plan(workload);
    if (!planned.ok()) return std::move(planned).errors();
    Result<Generation> generation = generate(std::move(*planned), passes.prompt_tokens,
                                             passes.generated_tokens, workload.threads);
    if (!generation.ok()) return std::move(generation).errors();
    result.sections.push_back(section_of(*generation));
    result.analysis = std::move(generation->analysis);
    return result;
  }
  Result<Analysis> analysis = host.analyze(workload);
  if (!analysis.ok()) return std::move(analysis).errors();
  if (passes.phase == Phase::kTrain) {
    Result<Training> training = train(std::move(*analysis), *passes.optimizer);
    if (!training.ok()) return std::move(training).errors();
    result.sections.push_back(section_of(*training, passes));
    result.model_flops = training->model_flops(*passes.mfu_convention);
    result.analysis = std::move(training->analysis);
  } else {
    result.analysis = std::move(*analysis);
  }
  return result;
}

Result<std::shared_ptr<const DeviceBounds>> bound_passes(const Arguments& arguments,
                                                         const Host& host,
                                                         const Analysis& analysis) {
  using Bounds = std::shared_ptr<const DeviceBounds>;
  Result<std::optional<Roof>> roof = read_roof(arguments, host.prefix(), analysis);
  if (!roof.ok()) return std::move(roof).errors();
  if (!*roof) return Bounds();
  if (analysis.phase == Phase::kTrain)
    return Bounds(std::make_shared<DeviceBounds>(bound_training(analysis, std::move(**roof))));
  if (analysis.phase == Phase::kPass)
    return Bounds(std::make_shared<DeviceBounds>(bound(*analysis.tree, std::move(**roof))));
  // The prefill's share of the device may be another.
  Analysis prefill = analysis;
  prefill.phase = Phase::kPass;
  prefill.point[RuntimeVariable::kSeqLen] = analysis.prompt_tokens;
  prefill.point[RuntimeVariable::kCacheLen] = Number(0);
  Analysis decode = analysis;
  decode.phase = Phase::kPass;
  Result<std::optional<Roof>> first = read_roof(arguments, host.prefix(), prefill);
  Result<std::optional<Roof>> later = read_roof(arguments, host.prefix(), decode);
  if (!first.ok()) return std::move(first).errors();
  if (!later.ok()) return std::move(later).errors();
  Result<DeviceBounds> bounds = bound_generation(analysis, **first, std::move(**later));
  if (!bounds.ok()) return std::move(bounds).errors();
  return Bounds(std::make_shared<DeviceBounds>(std::move(*bounds)));
}

Result<bool> add_bound_sections(const Arguments& arguments, const Passes& passes,
                                const Number& model_flops, const Analysis& analysis,
                                Summary* summary) {
  const std::optional<std::string> price_text = arguments.get("price-per-hour");
  if (arguments.has("devices") && !price_text)
    return contradiction("--devices is how many devices --price-per-hour is paid for",
                         "add --price-per-hour X");
  if (summary->device == nullptr) {
    if (!price_text) return true;
    return usage_error("--price-per-hour needs a device",
                       "add --hw NAME, or both --peak and --bandwidth");
  }
  const double seconds = summary->device->whole().seconds;
  const Roof& roof = summary->device->roof;
  if (passes.phase == Phase::kTrain && summary->measured && seconds > 0) {
    const Costs total = analysis.tree->total(analysis.tree->nodes[0]);
    const double share =
        share_of_roof(*summary->measured, seconds, work_of(total, tokens_of(analysis)));
    // Of the nominal peak, whatever share of it a profile grants.
    const double peak = roof.matrix_peak / roof.efficiency.compute.of(false);
    const double mfu = model_flops.to_double() * share / (seconds * peak);
    ReportSection section;
    section.key = "mfu";
    section.facts = {{"convention", {}, std::string(passes.mfu_convention->name)},
                     {"model_flops", model_flops, ""},
                     {"peak_flops_per_second", Number::inexact(peak), ""},
                     {"mfu", Number::inexact(mfu), ""}};
    section.lines = {{"MFU", format_fixed(100 * mfu, 1) + " % by " +
                                 std::string(passes.mfu_convention->name) + ", of " +
                                 format_count(Number::inexact(peak)).substr(1) + "FLOP/s"}};
    summary->sections.push_back(std::move(section));
  }
  if (!price_text) return true;
  const std::optional<Number> price = parse_number(*price_text);
  if (!price || price->is_negative() || price->is_zero())
    return bad_value("--price-per-hour", *price_text, "is not an amount above 0", "write 2.49");
  Number devices = 1;
  if (const auto text = arguments.get("devices")) {
    const Result<Number> count = parse_count("--devices", *text);
    if (!count.ok()) return count.errors();
    if (count->is_zero()) return bad_value("--devices", *text, "must be at least 1");
    devices = *count;
  }
  const double tokens = tokens_of(analysis).to_double();
  if (!(seconds > 0) || !(tokens > 0)) return true;
  constexpr double kSecondsPerHour = 3600, kMillion = 1e6;
  // At best the devices share the work: each pass takes 1/devices of the time at devices the price.
  const double rate = tokens / seconds * devices.to_double();
  const double cost = (*price * devices).to_double() / kSecondsPerHour / rate * kMillion;
  const std::string_view at_least = Signs(text_style(arguments)).at_least();
  ReportSection section;
  section.key = "price";
  section.facts = {{"price_per_device_hour", *price, ""},
                   {"devices", devices, ""},
                   {"tokens_per_second_bound", Number::inexact(rate), ""},
                   {"price_per_million_tokens_bound", Number::inexact(cost), ""}};
  section.lines = {
      {"price", std::string(at_least) + " " + format_fixed(cost, 4) + " per million " +
                    (analysis.phase == Phase::kGenerate ? "generated tokens" : "tokens") + ", " +
                    to_string(*price) + " an hour for each of " + to_string(devices) +
                    (devices == Number(1) ? " device" : " devices")}};
  summary->sections.push_back(std::move(section));
  return true;
}

}  // namespace lmhost::tool
