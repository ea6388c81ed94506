// lmhost sweep: from the command line to a Sweep, and its rows or maps.
#include <algorithm>
#include <set>

#include "base/codes.hpp"
#include "load/config.hpp"
#include "load/model.hpp"
#include "report/columns.hpp"
#include "report/explain.hpp"
#include "report/heat_map.hpp"
#include "report/sweep_rows.hpp"
#include "report/units.hpp"
#include "study/sweep.hpp"
#include "tools/lmhost/commands.hpp"
#include "tools/lmhost/output.hpp"
#include "tools/lmhost/row_sink.hpp"
#include "tools/lmhost/session.hpp"
#include "tools/lmhost/sweep_axes.hpp"
#include "tools/lmhost/sweep_device.hpp"
#include "tools/lmhost/sweep_run.hpp"

namespace lmhost::tool {
namespace {

constexpr std::int64_t kManyPoints = 100'000'000;
constexpr std::int64_t kMapCells = 4096;

// A column as outputs of the sweep: a sum of quantities, or one such sum over another.
struct ShownColumn {
  const Column* column;
  std::size_t output = 0;  // of the first node; the others follow
  std::size_t denominator = 0;
  bool is_ratio = false;
};

// What to compute and how to show it.
struct Question {
  std::vector<AxisText> axes;
  std::vector<ShownColumn> columns;
  std::vector<std::string> nodes;  // whole paths; "" is the root
  bool has_nodes = false;
  bool shows_rate = false;  // maps of what a device bounds instead of columns
  std::vector<SweepOutput> outputs;
};

Result<std::vector<const Column*>> read_columns(const Arguments& arguments, bool is_table) {
  if (arguments.has("metric") && arguments.has("columns"))
    return usage_error("--metric and --columns are two ways to say one thing", "give one of them");
  if (const auto metric = arguments.get("metric")) {
    Result<const Column*> found = parse_metric(*metric);
    if (!found) return std::move(found).errors();
    return std::vector<const Column*>{*found};
  }
  Result<std::vector<const Column*>> columns = parse_columns(arguments.get("columns").value_or(
      is_table ? "flops" : "flops,bytes_read,bytes_written,intermediate_bytes,stored_bytes"));
  if (!columns) return columns;
  for (const Column* column : *columns)
    if (!column->is_cost())
      return usage_error("'" + std::string(column->key) + "' is a column, but no metric");
  return columns;
}

void add_outputs(const std::vector<const Column*>& columns, Question& question) {
  const auto add = [&](const Column& column) {
    const std::size_t first = question.outputs.size();
    for (const std::string& node : question.nodes)
      question.outputs.push_back({node, weights_of(column)});
    return first;
  };
  for (const Column* column : columns) {
    ShownColumn shown{column};
    shown.is_ratio = column->kind == ColumnKind::kRatio;
    shown.output = add(shown.is_ratio ? lmhost::column("flops") : *column);
    if (shown.is_ratio) shown.denominator = add(lmhost::column("bytes_moved"));
    question.columns.push_back(shown);
  }
}

// The arguments with the value of every axis that a workload is most easily refused for, so that all
// points are when one is.
Arguments strictest(const Arguments& arguments, const std::vector<AxisText>& axes) {
  Arguments strict = arguments;
  const bool is_decode = arguments.get("phase").value_or("") == "decode";
  for (const AxisText& axis : axes) {
    if (axis.variables.size() != 1 || axis.variables[0] > RuntimeVariable::kCacheLen) continue;
    const bool wants_largest = axis.variables[0] == RuntimeVariable::kSeqLen     ? is_decode
                               : axis.variables[0] == RuntimeVariable::kCacheLen ? !is_decode
                                                                                 : false;
    std::string name(name_of(axis.variables[0]));
    std::replace(name.begin(), name.end(), '_', '-');
    strict.options.emplace_back(name, to_string(wants_largest ? axis.largest() : axis.smallest()));
  }
  return strict;
}

Diagnostic unknown_variable(const AxisText& axis, const Model& model) {
  std::vector<std::string> names = {"dtype", "kv_cache_dtype", "mode", "hw"};
  for (std::size_t i = 0; i < kRuntimeVariableCount; ++i)
    names.emplace_back(name_of(static_cast<RuntimeVariable>(i)));
  for (std::string& name : config_names(model)) names.push_back(std::move(name));
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  std::string hint = did_you_mean(axis.name, candidates);
  if (hint.empty())
    hint =
        "a variable is batch_size, seq_len, cache_len, w_bits, a_bits, kv_bits, index_bits, dtype, "
        "mode, or a name of the config";
  return plain_error(ErrorKind::kUsage, codes::kSweepAxis,
                     "unknown variable " + quoted(axis.name) + " in -P " + quoted(axis.argument),
                     hint);
}

Result<bool> check_names(const std::vector<AxisText>& axes, const Model& model,
                         const std::string& prefix) {
  const std::vector<std::string> known = config_names(model);
  for (const AxisText& axis : axes) {
    if (!axis.is_config || std::find(known.begin(), known.end(), axis.name) != known.end())
      continue;
    // A name below an object that the config may have.
    ModelRequest request;
    request.prefix = prefix;
    request.set = {axis.name + "=" + axis.ranges.front().text};
    if (!configure_model(model, request)) return unknown_variable(axis, model);
  }
  return true;
}

Planner planner_of(const Host& host, Model model, Workload workload) {
  return [&host, model = std::move(model),
          workload = std::move(workload)](const PlanVariant& variant) -> Result<SweepPlan> {
    ModelRequest request;
    request.prefix = host.prefix();
    request.set = variant.set;
    Result<Model> configured = configure_model(model, request);
    if (!configured) return std::move(configured).errors();
    for (const std::string& name : variant.open)
      if (Result<bool> opened = configured->config.leave_open(name); !opened)
        return std::move(opened).errors();
    Workload how = workload;
    if (variant.mode) how.mode = *variant.mode;
    Result<Analysis> analysis = host.plan(*configured, how);
    if (!analysis) return std::move(analysis).errors();
    return SweepPlan{analysis->plan, analysis->point};
  };
}

Diagnostic too_many(const Number& points) {
  return plain_error(ErrorKind::kUsage, codes::kSweepSize,
                     "the grid has " + to_grouped_string(points) + " points",
                     "--yes if that is meant; --shard 1/N for a part of it");
}

// "2/8" as the points of that shard.
Result<SweepRange> read_shard(const Arguments& arguments, std::size_t size) {
  const std::optional<std::string> text = arguments.get("shard");
  if (!text) return SweepRange{0, size, true};
  const std::size_t slash = text->find('/');
  const auto number = [](const std::string& part) -> std::size_t {
    if (part.empty() || part.size() > 9 || part.find_first_not_of("0123456789") != part.npos)
      return 0;
    return std::stoul(part);
  };
  const std::size_t index = number(text->substr(0, slash));
  const std::size_t count = slash == text->npos ? 0 : number(text->substr(slash + 1));
  if (index == 0 || count == 0 || index > count)
    return usage_error("--shard " + quoted(*text) + " is not I/N with 1 <= I <= N",
                       "for example: --shard 2/8");
  return shard_of(size, index, count);
}

Number value_of(const SweepBlock& block, const ShownColumn& column, std::size_t node,
                std::size_t index) {
  const Number value = block.at(column.output + node, index);
  return column.is_ratio ? divide(value, block.at(column.denominator + node, index)) : value;
}

FormatBlock row_format(const Sweep& sweep, const Question& question, const SweepRowWriter& writer,
                       const SweepDevice* device) {
  return [&sweep, &question, &writer, device](const SweepBlock& block, std::size_t point,
                                              std::size_t count, std::string& text) {
    if (count == 0) return;
    const std::vector<SweepAxis>& axes = sweep.axes();
    std::vector<std::size_t> place = sweep.place(point);
    std::vector<std::string_view> labels(axes.size());
    for (std::size_t i = 0; i < axes.size(); ++i) labels[i] = axes[i].labels[place[i]];
    for (std::size_t i = 0; i < count; ++i) {
      // Of the whole model: a node has no memory of its own.
      const Result<DeviceValues> bounds =
          device == nullptr ? DeviceValues() : device->at(point + i);
      for (std::size_t node = 0; node < question.nodes.size(); ++node) {
        writer.begin(labels, question.nodes[node], text);
        for (std::size_t c = 0; c < question.columns.size(); ++c) {
          const ShownColumn& column = question.columns[c];
          if (block.is_whole && !column.is_ratio)
            writer.value(c, block.whole[column.output + node][i], text);
          else
            writer.value(c, value_of(block, column, node, i), text);
        }
        if (device != nullptr) {
          const Number nothing = Number::error(ArithmeticError::kUnbound);
          const std::size_t first = question.columns.size();
          writer.value(first, bounds ? bounds->seconds : nothing, text);
          writer.value(first + 1, bounds ? bounds->tokens_per_second : nothing, text);
          writer.value(first + 2, bounds ? Number(bounds->fits ? 1 : 0) : nothing, text);
        }
        writer.end(text);
      }
      for (std::size_t axis = axes.size(); axis-- > 0;) {
        place[axis] = place[axis] + 1 == axes[axis].length() ? 0 : place[axis] + 1;
        labels[axis] = axes[axis].labels[place[axis]];
        if (place[axis] != 0) break;
      }
    }
  };
}

std::string cell_text(const Number& value, ColumnKind kind, bool is_exact) {
  if (value.is_error()) return "-";
  if (kind == ColumnKind::kRatio) return format_intensity(value, Number(1));
  if (is_exact) return to_grouped_string(value);
  if (kind == ColumnKind::kBytes) return format_bytes(value);
  if (kind == ColumnKind::kCapacity) return format_capacity(value);
  return format_count(value);
}

// A map for every column, node and place on the axes before the last two.
Result<Outcome> write_maps(const Sweep& sweep, const Question& question, const SweepDevice* device,
                           const TextStyle& style) {
  const std::vector<SweepAxis>& axes = sweep.axes();
  const std::size_t columns = axes.back().length();
  const std::size_t rows = axes.size() > 1 ? axes[axes.size() - 2].length() : 1;
  SweepBlock block;
  if (std::optional<GridFailure> failure = sweep.evaluate(0, sweep.size(), block))
    return std::move(failure->errors);
  std::vector<DeviceValues> bounds;
  for (std::size_t i = 0; device != nullptr && i < sweep.size(); ++i) {
    Result<DeviceValues> values = device->at(i);
    if (!values) return std::move(values).errors();
    bounds.push_back(std::move(*values));
  }
  Outcome outcome;
  for (const ShownColumn& column : question.columns) {
    for (std::size_t node = 0; node < question.nodes.size(); ++node) {
      for (std::size_t first = 0; first < sweep.size(); first += rows * columns) {
        HeatMap map;
        map.title = question.shows_rate ? "tokens/s bound" : std::string(column.column->key);
        if (!question.nodes[node].empty()) map.title += " of " + question.nodes[node];
        const std::vector<std::size_t> place = sweep.place(first);
        for (std::size_t i = 0; i + 2 < axes.size(); ++i)
          map.title += ", " + axes[i].name + "=" + axes[i].labels[place[i]];
        map.column_name = axes.back().name;
        map.columns = axes.back().labels;
        if (axes.size() > 1) {
          map.row_name = axes[axes.size() - 2].name;
          map.rows = axes[axes.size() - 2].labels;
        } else {
          map.rows = {""};
        }
        for (std::size_t i = 0; i < rows * columns; ++i) {
          const bool is_out = device != nullptr && !bounds[first + i].fits;
          if (question.shows_rate) {
            const double rate = bounds[first + i].tokens_per_second.to_double();
            map.cells.push_back({format_fixed(rate, rate < 10 ? 2 : 0), rate, is_out});
            continue;
          }
          const Number value = value_of(block, column, node, first + i);
          map.cells.push_back({cell_text(value, column.column->kind, style.exact),
                               value.is_error() ? 0 : value.to_double(), is_out});
        }
        outcome.text += (outcome.text.empty() ? Text() : Text("\n")) + write_heat_map(map, style);
      }
    }
  }
  return outcome;
}

Result<Outcome> write_rows(const Arguments& arguments, const Sweep& sweep, const Question& question,
                           const SweepDevice* device, SweepFormat format, unsigned threads,
                           const Diagnostics& warnings) {
  Result<SweepRange> range = read_shard(arguments, sweep.size());
  if (!range) return std::move(range).errors();
  const Number points = static_cast<std::uint64_t>(range->end - range->first);
  if (compare(points, Number(kManyPoints)) == 1 && !arguments.has("yes")) return too_many(points);
  SweepHeader header;
  std::vector<bool> is_number;
  for (const SweepAxis& axis : sweep.axes()) {
    header.axes.push_back(axis.name);
    is_number.push_back(!axis.numbers.empty() &&
                        axis.labels.front().find_first_not_of("0123456789.") == std::string::npos);
  }
  header.has_nodes = question.has_nodes;
  for (const ShownColumn& column : question.columns)
    header.columns.emplace_back(column.column->key);
  if (device != nullptr)
    header.columns.insert(header.columns.end(), SweepDevice::columns().begin(),
                          SweepDevice::columns().end());
  const SweepRowWriter writer(header, std::move(is_number), format);

  if (!warnings.empty()) write_message(render(warnings, colour_on_errors(&arguments)));
  Result<RowSink> sink = RowSink::open(arguments.get("output"), arguments.has("resume"));
  if (!sink) return std::move(sink).errors();
  // The shards behind one another are the whole: only the first has the header.
  Result<int> status = run_sweep(sweep, *range, threads,
                                 range->has_header ? sweep_header(header, format) : std::string(),
                                 row_format(sweep, question, writer, device), *sink);
  if (!status) return std::move(status).errors();
  Outcome outcome;
  outcome.status = *status;
  outcome.is_written = true;
  return outcome;
}

}  // namespace

Result<Outcome> sweep_command(const Arguments& arguments) {
  if (Result<bool> checked = check_operands(arguments, 1, 1); !checked)
    return std::move(checked).errors();
  Result<std::string> format = format_of(arguments);
  if (!format) return std::move(format).errors();
  const bool is_table = *format == "table";
  Question question;
  Result<std::vector<const Column*>> columns = read_columns(arguments, is_table);
  if (!columns) return std::move(columns).errors();
  Result<std::vector<AxisText>> axes = read_axes(arguments);
  if (!axes) return std::move(axes).errors();
  question.axes = std::move(*axes);
  Result<Workload> workload =
      read_workload(strictest(arguments, question.axes), arguments.operands[0]);
  if (!workload) return std::move(workload).errors();
  Result<Host> host = open_host(arguments);
  if (!host) return std::move(host).errors();
  Result<Model> model = host->load(*workload);
  if (!model) return std::move(model).errors();
  if (Result<bool> known = check_names(question.axes, *model, host->prefix()); !known)
    return std::move(known).errors();

  const Number size = grid_size(question.axes);
  const bool is_absurd = !size.is_exact() || compare(size, Number(INT64_MAX)) == 1;
  if (is_absurd ||
      (compare(size, Number(kManyPoints)) == 1 && !arguments.has("yes") && !arguments.has("shard")))
    return too_many(size);
  if (is_table && compare(size, Number(kMapCells)) == 1)
    return plain_error(ErrorKind::kUsage, codes::kSweepSize,
                       "a map of " + to_grouped_string(size) + " points is more than anybody reads",
                       "-o csv, jsonl or md writes rows");
  if (is_table)
    for (const std::string_view option : {"shard", "resume"})
      if (arguments.has(option))
        return usage_error("--" + std::string(option) + " needs rows", "add -o csv, jsonl or md");
  std::vector<SweepAxis> expanded;
  for (const AxisText& axis : question.axes) {
    Result<SweepAxis> values = expand_axis(axis);
    if (!values) return std::move(values).errors();
    expanded.push_back(std::move(*values));
  }

  // Nodes are found in the plan of the first point.
  PlanVariant first;
  for (const SweepAxis& axis : expanded) {
    if (!axis.config.empty()) first.set.push_back(axis.config + "=" + axis.labels.front());
    if (!axis.modes.empty()) first.mode = axis.modes.front();
  }
  const auto config = std::make_shared<const Config>(model->config);
  const Planner planner = planner_of(*host, std::move(*model), *workload);
  Result<SweepPlan> plan = planner(first);
  if (!plan) return std::move(plan).errors();
  Analysis analysis;
  analysis.plan = plan->plan;
  analysis.point = plan->point;
  analysis.config = config;
  TreeOptions rows;
  if (!arguments.has("node")) rows.depth = 0;
  const CostTree structure = structure_of(plan->plan, rows);
  for (const std::string& node : arguments.all("node")) {
    Result<std::uint32_t> found = find_node(structure, node);
    if (!found) return std::move(found).errors();
    question.nodes.push_back(structure.path(structure.nodes[*found]));
  }
  question.has_nodes = !question.nodes.empty();
  if (!question.has_nodes) question.nodes.emplace_back();
  add_outputs(*columns, question);
  bool asks_device = false;
  for (const std::string_view option : {"hw", "peak", "bandwidth", "efficiency"})
    asks_device = asks_device || arguments.has(option);
  for (const AxisText& axis : question.axes) asks_device = asks_device || axis.name == "hw";
  Result<std::unique_ptr<Sweep>> sweep =
      Sweep::make(std::move(expanded), question.outputs, planner, asks_device);
  if (!sweep) return std::move(sweep).errors();
  Result<std::unique_ptr<SweepDevice>> device =
      asks_device ? SweepDevice::make(arguments, *host, **sweep, analysis)
                  : std::unique_ptr<SweepDevice>();
  if (!device) return std::move(device).errors();
  question.shows_rate = *device != nullptr && !arguments.has("metric") && !arguments.has("columns");

  if (!is_table) {
    const SweepFormat rows = *format == "csv"     ? SweepFormat::kCsv
                             : *format == "jsonl" ? SweepFormat::kJsonLines
                                                  : SweepFormat::kMarkdown;
    return write_rows(arguments, **sweep, question, device->get(), rows, workload->threads,
                      refused_plugins(*host));
  }
  TextStyle style = text_style(arguments);
  style.exact = arguments.has("exact");
  Result<Outcome> outcome = write_maps(**sweep, question, device->get(), style);
  if (outcome) outcome->messages = refused_plugins(*host);
  return outcome;
}

}  // namespace lmhost::tool
