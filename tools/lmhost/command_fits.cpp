// lmhost fits: does it fit, and what would. The exit status is the answer.
#include "base/codes.hpp"
#include "load/config.hpp"
#include "load/device.hpp"
#include "load/graph.hpp"
#include "load/model.hpp"
#include "report/fits.hpp"
#include "resolve/plan.hpp"
#include "tools/lmhost/commands.hpp"
#include "tools/lmhost/output.hpp"
#include "tools/lmhost/session.hpp"
#include "tools/lmhost/values.hpp"

namespace lmhost::tool {
namespace {

using V = RuntimeVariable;

constexpr std::string_view kLogits = "logits_to_keep";

// One whole number of an option, at least 1.
void read_size(const Arguments& arguments, std::string_view name, std::int64_t* size,
               Diagnostics* errors) {
  constexpr std::int64_t kMost = 1'000'000;
  const std::optional<std::string> text = arguments.get(name);
  if (!text) return;
  const std::string option = "--" + std::string(name);
  const Result<Number> number = parse_count(option, *text);
  const std::int64_t value = number.ok() ? number->to_int64().value_or(0) : 0;
  if (value >= 1 && value <= kMost)
    *size = value;
  else
    errors->push_back(number.ok() ? bad_value(option, *text, "must be between 1 and 1,000,000")
                                  : number.errors().front());
}

struct Question {
  Serving serving;
  std::optional<std::int64_t> devices;
  std::optional<Number> length;
  Number utilization;
  std::string solve;
};

// Sizes that the user leaves open: all devices that pipeline and data parallelism leave work side by
// side on each tensor.
Result<Question> read_question(const Arguments& arguments) {
  Question question;
  Diagnostics errors;
  Parallelism& parallel = question.serving.parallelism;
  read_size(arguments, "tensor-parallel-size", &parallel.tensor, &errors);
  read_size(arguments, "pipeline-parallel-size", &parallel.pipeline, &errors);
  read_size(arguments, "data-parallel-size", &parallel.data, &errors);
  read_size(arguments, "expert-parallel-size", &parallel.expert, &errors);
  if (arguments.has("devices")) {
    std::int64_t devices = 1;
    read_size(arguments, "devices", &devices, &errors);
    question.devices = devices;
    const std::int64_t others = parallel.pipeline * parallel.data;
    if (!arguments.has("tensor-parallel-size") && devices % others == 0)
      parallel.tensor = devices / others;
  }
  const auto read_number = [&](std::string_view name, Number* into) {
    const std::optional<std::string> text = arguments.get(name);
    if (!text) return;
    Result<Number> number = parse_count("--" + std::string(name), *text);
    if (number.ok() && !number->is_zero())
      *into = *number;
    else
      errors.push_back(number.ok()
                           ? bad_value("--" + std::string(name), *text, "must be at least 1")
                           : number.errors().front());
  };
  read_number("batch-size", &question.serving.sequences);
  read_number("max-num-batched-tokens", &question.serving.step_tokens);
  if (arguments.has("max-model-len")) {
    Number length = 1;
    read_number("max-model-len", &length);
    question.length = length;
  }
  question.utilization = Number::ratio(9, 10);
  if (const auto text = arguments.get("gpu-memory-utilization")) {
    const std::optional<Number> share = parse_number(text->starts_with('.') ? "0" + *text : *text);
    const double value = share ? share->to_double() : 0;
    if (value > 0 && value <= 1)
      question.utilization = *share;
    else
      errors.push_back(
          bad_value("--gpu-memory-utilization", *text, "is not a share above 0 and not above 1"));
  }
  question.solve = arguments.get("solve").value_or("");
  // What is asked for cannot be given.
  constexpr struct {
    std::string_view solve, option;
  } kContradictions[] = {{"devices", "devices"},
                         {"devices", "tensor-parallel-size"},
                         {"devices", "pipeline-parallel-size"},
                         {"devices", "expert-parallel-size"},
                         {"max-model-len", "max-model-len"},
                         {"max-num-seqs", "batch-size"},
                         {"dtype", "w-bits"}};
  for (const auto& [solved, option] : kContradictions)
    if (question.solve == solved && arguments.has(option))
      errors.push_back(usage_error(
          "--" + std::string(option) + " and --solve " + question.solve + " contradict each other",
          "leave one of them out"));
  if (!errors.empty()) return errors;
  return question;
}

struct Memory {
  std::string device;
  Number bytes;
};

Result<Memory> read_memory(const Arguments& arguments, const std::string& prefix) {
  Memory memory;
  const std::optional<std::string> name = arguments.get("hw");
  const std::optional<std::string> size = arguments.get("device-memory");
  if (!name && !size)
    return usage_error("'lmhost fits' needs a device",
                       "add --hw NAME (`lmhost devices` lists them), or --device-memory 80GiB");
  memory.device = "device";
  std::optional<Number> capacity;
  if (name) {
    Result<Device> device = load_device(*name, prefix);
    if (!device.ok()) return std::move(device).errors();
    memory.device = device->title;
    if (device->capacity() != nullptr) capacity = device->capacity()->bytes;
  }
  if (size) {
    Result<Number> bytes = parse_size("--device-memory", *size);
    if (!bytes.ok()) return std::move(bytes).errors();
    capacity = *bytes;
  }
  if (!capacity)
    return plain_error(ErrorKind::kInput, codes::kIncompleteDevice,
                       "device '" + *name + "' has no memory of its own",
                       "--device-memory says how much there is: --device-memory 512GiB");
  memory.bytes = *capacity;
  return memory;
}

bool names_logits(const Graph& graph) {
  for (const Expression& expression : graph.expressions)
    for (const auto& name : expression.names)
      if (name == "config." + std::string(kLogits)) return true;
  return false;
}

// A serving engine computes the logits of each sequence's last token only; a graph of the framework
// computes all unless it is told. Gives what was assumed.
Result<std::string> keep_last_logits(Model* model) {
  if (model->config.find(kLogits) != nullptr || !names_logits(*model->graph)) return std::string();
  if (Result<bool> set = model->config.set(std::string(kLogits) + "=1"); !set.ok())
    return std::move(set).errors();
  return std::string(
      "logits of the last token only, as engines do; --set logits_to_keep=0 keeps all");
}

Result<Number> model_limit(const Config& config) {
  for (const std::string_view name :
       {"max_position_embeddings", "n_positions", "text_config.max_position_embeddings"})
    if (const Config::Entry* entry = config.find(name);
        entry != nullptr && entry->value.kind == Value::Kind::kNumber &&
        entry->value.number.is_integer() && !entry->value.number.is_zero())
      return entry->value.number;
  return usage_error("the config names no limit of the model's context", "add --max-model-len N");
}

// One changed option, and how many sequences fit then; only what is better than now.
class Suggestions {
 public:
  Suggestions(const Fits& fits, const FitsReport& report) : fits_(fits), report_(report) {}

  Result<std::vector<FitsSuggestion>> make() && {
    for (const std::int64_t factor : {2, 4, 8}) {
      Serving serving = report_.serving;
      serving.parallelism.tensor *= factor;
      if (fits_.check(serving, std::nullopt).empty() &&
          try_out("-tp " + std::to_string(serving.parallelism.tensor), serving))
        break;
    }
    const auto narrower = [&](V variable, const Number& bits, const std::string& option) {
      if (compare(report_.serving.precision[variable], bits).value_or(0) <= 0) return;
      Serving serving = report_.serving;
      serving.precision[variable] = bits;
      try_out(option, serving);
    };
    narrower(V::kKvBits, Number(8), "--kv-cache-dtype fp8");
    narrower(V::kWeightBits, Number(8), "--w-bits 8");
    narrower(V::kWeightBits, Number::ratio(33, 8), "--w-bits 4.125");
    if (!errors_.empty()) return std::move(errors_);
    Result<Number> length = fits_.longest(report_.serving);
    if (!length.ok()) return std::move(length).errors();
    if (!length->is_zero() && compare(*length, report_.serving.length).value_or(0) < 0)
      found_.push_back({"--max-model-len " + to_string(*length), report_.serving.sequences});
    return std::move(found_);
  }

 private:
  bool try_out(const std::string& option, const Serving& serving) {
    Result<Number> sequences = fits_.most_sequences(serving);
    if (!sequences.ok()) {
      errors_ = sequences.errors();
      return false;
    }
    if (compare(*sequences, report_.most_sequences).value_or(0) <= 0) return false;
    found_.push_back({option, *sequences});
    return true;
  }

  const Fits& fits_;
  const FitsReport& report_;
  std::vector<FitsSuggestion> found_;
  Diagnostics errors_;
};

// Puts the answer into the report's question. False: there is none.
Result<bool> solve(const Fits& fits, FitsReport* report) {
  Serving& serving = report->serving;
  if (report->solve == "devices") {
    Result<std::optional<Parallelism>> found = fits.fewest_devices(serving);
    if (!found.ok()) return std::move(found).errors();
    if (!*found) return false;
    serving.parallelism = **found;
    report->solution_number = Number(serving.parallelism.devices());
    report->solution = to_grouped_string(*report->solution_number);
    return true;
  }
  if (report->solve == "dtype") {
    Result<std::optional<Fits::WeightType>> found = fits.widest_weights(serving);
    if (!found.ok()) return std::move(found).errors();
    if (!*found) return false;
    serving.precision[V::kWeightBits] = (*found)->bits;
    report->solution =
        std::string((*found)->name) + ", " + to_string((*found)->bits) + " bits per weight";
    return true;
  }
  const bool is_length = report->solve == "max-model-len";
  Result<Number> found = is_length ? fits.longest(serving) : fits.most_sequences(serving);
  if (!found.ok()) return std::move(found).errors();
  if (found->is_zero()) return false;
  (is_length ? serving.length : serving.sequences) = *found;
  report->solution_number = *found;
  report->solution = to_grouped_string(*found);
  return true;
}

Result<FitsReport> answer(const Fits& fits, const Question& question, FitsReport report) {
  if (!report.solve.empty()) {
    Result<bool> solved = solve(fits, &report);
    if (!solved.ok()) return std::move(solved).errors();
  }
  Result<Footprint> footprint = fits.footprint(report.serving);
  if (!footprint.ok()) return std::move(footprint).errors();
  report.footprint = std::move(*footprint);
  report.fits = compare(report.footprint.total(), report.serving.usable).value_or(1) <= 0;
  Result<Number> most = fits.most_sequences(report.serving);
  if (!most.ok()) return std::move(most).errors();
  report.most_sequences = *most;
  if (!report.fits) {
    Result<std::vector<FitsSuggestion>> suggestions = Suggestions(fits, report).make();
    if (!suggestions.ok()) return std::move(suggestions).errors();
    report.suggestions = std::move(*suggestions);
  }
  const Result<Number> limit = model_limit(*fits.analysis().config);
  if (limit.ok() && compare(report.serving.length, *limit).value_or(0) > 0)
    report.notes.push_back("longer than the model's own limit of " + to_grouped_string(*limit) +
                           " tokens");
  if (question.serving.parallelism.data > 1)
    report.notes.push_back("sequences are those of each of " +
                           std::to_string(question.serving.parallelism.data) + " replicas");
  return report;
}

}  // namespace

Result<Outcome> fits_command(const Arguments& arguments) {
  if (Result<bool> checked = check_operands(arguments, 1, 1); !checked.ok())
    return std::move(checked).errors();
  Result<std::string> format = format_of(arguments);
  if (!format.ok()) return std::move(format).errors();
  Result<Question> question = read_question(arguments);
  if (!question.ok()) return std::move(question).errors();
  Result<Workload> workload = read_workload(arguments, arguments.operands[0]);
  if (!workload.ok()) return std::move(workload).errors();
  if (!arguments.has("mode")) workload->mode = Mode::kFused;
  workload->batch_size.reset();
  Result<Host> host = open_host(arguments);
  if (!host.ok()) return std::move(host).errors();
  Result<Memory> memory = read_memory(arguments, host->prefix());
  if (!memory.ok()) return std::move(memory).errors();

  Result<Model> model =
      load_model({workload->model, workload->hf_config, workload->set, host->prefix()});
  if (!model.ok()) return std::move(model).errors();
  Result<std::string> assumed = keep_last_logits(&*model);
  if (!assumed.ok()) return std::move(assumed).errors();
  Result<Analysis> analysis = host->plan(*model, *workload);
  if (!analysis.ok()) return std::move(analysis).errors();

  FitsReport report;
  const Summary summary = summarize(*analysis, assumptions_of(*analysis, *workload));
  report.model = summary.architecture + " (" + summary.model + "), " + summary.precision;
  report.mode = summary.mode;
  report.device = memory->device;
  report.capacity = memory->bytes;
  report.utilization = question->utilization;
  report.solve = question->solve;
  report.notes = summary.assumptions;
  if (!assumed->empty()) report.notes.push_back(*assumed);
  if (!analysis->plan->unknown.empty())
    report.notes.push_back("calls of unknown kernels are left out: it needs at least this");
  report.serving = question->serving;
  report.serving.precision = analysis->point;
  report.serving.usable = floor(memory->bytes * question->utilization);
  if (question->length) {
    report.serving.length = *question->length;
  } else if (report.solve != "max-model-len") {
    Result<Number> limit = model_limit(*analysis->config);
    if (!limit.ok()) return std::move(limit).errors();
    report.serving.length = *limit;
  }

  Result<Fits> fits = Fits::make(std::move(*analysis));
  if (!fits.ok()) return std::move(fits).errors();
  if (Diagnostics errors = fits->check(report.serving, question->devices); !errors.empty())
    return errors;
  Outcome outcome;
  outcome.messages = refused_plugins(*host);
  for (Diagnostic& warning : parallelism_warnings(report.serving.parallelism, fits->shape()))
    outcome.messages.push_back(std::move(warning));
  Result<FitsReport> answered = answer(*fits, *question, std::move(report));
  if (!answered.ok()) return std::move(answered).errors();
  outcome.status = answered->fits ? 0 : 1;
  outcome.text = *format == "json" ? Document::exact(write_fits_json(*answered))
                                   : write_fits(*answered, text_style(arguments));
  return outcome;
}

}  // namespace lmhost::tool
