#include "report/fits.hpp"

#include "report/json_writer.hpp"
#include "report/units.hpp"

namespace lmhost {
namespace {

std::string plural(const Number& count, std::string_view noun) {
  return to_grouped_string(count) + " " + std::string(noun) + (count == Number(1) ? "" : "s");
}

std::string amount(const Number& bytes, const TextStyle& style) {
  return style.exact ? to_grouped_string(bytes) + " B" : format_capacity(bytes);
}

Text label(std::string_view text, const TextStyle& style) {
  return painted(text, Ink::kDim, style) +
         std::string(text.size() < 11 ? 11 - text.size() : 1, ' ');
}

// A labelled line, broken at blanks with the text below itself.
Text lines_of(std::string_view name, const std::string& content, const TextStyle& style) {
  constexpr std::size_t kIndent = 11;
  Text text;
  Text start = label(name, style);
  for (const std::string& part : wrapped(content, style.width - kIndent)) {
    text += start + part + "\n";
    start = Text::blanks(kIndent);
  }
  return text;
}

// "4 × NVIDIA H100 SXM5 80 GB (-tp 4)"
std::string devices_text(const FitsReport& report, const TextStyle& style) {
  const Parallelism& parallel = report.serving.parallelism;
  const auto number = [](std::int64_t value) { return to_grouped_string(Number(value)); };
  std::string text =
      number(parallel.devices()) + " " + std::string(Signs(style).times()) + " " + report.device;
  std::string sizes;
  const auto add = [&](std::string_view option, std::int64_t size) {
    if (size != 1)
      sizes += (sizes.empty() ? "" : " ") + std::string(option) + " " + std::to_string(size);
  };
  add("-tp", parallel.tensor);
  add("-pp", parallel.pipeline);
  add("-dp", parallel.data);
  add("-ep", parallel.expert);
  return sizes.empty() ? text : text + " (" + sizes + ")";
}

Text headline(const FitsReport& report, const TextStyle& style) {
  const Serving& serving = report.serving;
  const std::string each =
      plural(serving.sequences, "sequence") + " of " + plural(serving.length, "token");
  const std::string on = devices_text(report, style);
  if (report.solve.empty()) {
    if (report.fits)
      return Text("YES  ") + each + (serving.sequences == Number(1) ? " fits on " : " fit on ") +
             on + "; " + to_grouped_string(report.most_sequences) + " would\n";
    const std::string least = report.most_sequences.is_zero()
                                  ? "not even 1 fits"
                                  : to_grouped_string(report.most_sequences) + " fit";
    return Text("NO   ") + each + " on " + on + ": " + least + "\n";
  }
  if (report.solution.empty())
    return Text("NO   no ") + report.solve + " makes " + each + " fit on " + report.device + "\n";
  return Text("YES  ") + report.solve + " " + report.solution + ": " + each + " on " + on + "\n";
}

}  // namespace

std::optional<Number> FitsReport::room_tokens() const {
  const Number& cache = footprint.storage.kv_cache;
  if (cache.is_zero()) return std::nullopt;
  const Number left = room();
  if (left.is_negative()) return Number(0);
  return floor_divide(left * serving.sequences * serving.length, cache);
}

Text write_fits(const FitsReport& report, const TextStyle& style) {
  const Footprint& needed = report.footprint;
  const RankStorage& storage = needed.storage;
  const std::string dot(Signs(style).dot());
  const auto size = [&](const Number& bytes) { return amount(bytes, style); };
  Text text = Text(headline(report, style)) + "\n";
  text += label("model", style) + report.model + dot + "mode " + report.mode + "\n";
  text += label("per rank", style) + size(report.serving.usable) +
          " usable = " + to_string(report.utilization) + " of " + size(report.capacity) + "\n";
  text += label("needed", style) + size(storage.weights) + " weights + " + size(storage.kv_cache) +
          " KV cache + " + size(needed.activations) + " activations = " + size(needed.total()) +
          "\n";
  if (report.serving.parallelism.pipeline > 1)
    text += label("", style) + "of stage " + std::to_string(storage.stage + 1) + " with " +
            std::to_string(storage.layers) + " layers, the fullest\n";
  if (const std::optional<Number> tokens = report.room_tokens()) {
    text += label("room", style);
    if (report.room().is_negative())
      text += "none for a cache: weights and activations alone are too much\n";
    else
      text += Text(size(report.room())) + " for KV cache = " + plural(*tokens, "token") + " at " +
              size(divide(storage.kv_cache, report.serving.sequences * report.serving.length)) +
              "\n";
  }
  if (!needed.activations.is_zero())
    text += lines_of(
        "peak",
        "activations at " + needed.activations_path + ", " +
            (needed.is_prefill_peak ? "in a step of " + plural(minimum(report.serving.step_tokens,
                                                                       report.serving.sequences *
                                                                           report.serving.length),
                                                               "new token")
                                    : "when every sequence gets one token") +
            (report.serving.parallelism.tensor == 1 ? ""
             : needed.is_split_peak                 ? "; divided by -tp there"
                                                    : "; not divided by -tp there"),
        style);
  if (!report.suggestions.empty()) {
    std::string tries;
    for (const FitsSuggestion& suggestion : report.suggestions) {
      tries += (tries.empty() ? "" : dot) + suggestion.option;
      if (!suggestion.sequences.is_zero()) tries += ": " + plural(suggestion.sequences, "sequence");
    }
    text += lines_of("try", tries, style);
  }
  for (const std::string& note : report.notes) text += lines_of("note", note, style);
  return text;
}

std::string write_fits_json(const FitsReport& report) {
  const Serving& serving = report.serving;
  const Footprint& needed = report.footprint;
  JsonWriter json;
  json.begin_object();
  json.member("schema", "lmhost.fits/1");
  json.member("model", report.model);
  json.member("mode", report.mode);
  json.member("fits", report.fits);
  if (!report.solve.empty()) {
    json.member("solve", report.solve);
    json.key("solution");
    if (report.solution.empty())
      json.null();
    else if (report.solution_number)
      json.value(*report.solution_number);
    else
      json.value(report.solution);
  }
  json.quantity("max_num_seqs", serving.sequences);
  json.quantity("max_model_len", serving.length);
  json.quantity("max_num_batched_tokens", serving.step_tokens);
  json.quantity("most_sequences", report.most_sequences);
  json.line();
  json.key("hardware");
  json.begin_object();
  json.member("name", report.device);
  const auto count = [&](std::string_view key, std::int64_t value) {
    json.member(key, Number(value));
  };
  count("devices", serving.parallelism.devices());
  count("tensor_parallel_size", serving.parallelism.tensor);
  count("pipeline_parallel_size", serving.parallelism.pipeline);
  count("data_parallel_size", serving.parallelism.data);
  count("expert_parallel_size", serving.parallelism.expert);
  json.quantity("capacity_bytes", report.capacity);
  json.member("utilization", report.utilization);
  json.end_object();
  json.line();
  json.key("per_rank");
  json.begin_object();
  json.quantity("usable_bytes", serving.usable);
  json.quantity("weight_bytes", needed.storage.weights);
  json.quantity("kv_cache_bytes", needed.storage.kv_cache);
  json.quantity("activation_bytes", needed.activations);
  json.quantity("total_bytes", needed.total());
  count("fullest_stage", needed.storage.stage);
  if (const std::optional<Number> tokens = report.room_tokens())
    json.quantity("room_tokens", *tokens);
  json.member("activation_peak", needed.activations_path);
  json.member("activation_peak_divided", needed.is_split_peak);
  json.end_object();
  json.line();
  json.key("try");
  json.begin_array();
  for (const FitsSuggestion& suggestion : report.suggestions) {
    json.begin_object();
    json.member("option", suggestion.option);
    if (!suggestion.sequences.is_zero()) json.quantity("max_num_seqs", suggestion.sequences);
    json.end_object();
  }
  json.end_array();
  json.key("notes");
  json.begin_array();
  for (const std::string& note : report.notes) json.value(note);
  json.end_array();
  json.end_object();
  return json.take();
}

}  // namespace lmhost
