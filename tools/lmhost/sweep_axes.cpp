#include "tools/lmhost/sweep_axes.hpp"

#include <algorithm>
#include <set>

#include "base/codes.hpp"
#include "tools/lmhost/values.hpp"

namespace lmhost::tool {
namespace {

constexpr std::size_t kMostValues = std::size_t{1} << 20;
constexpr std::string_view kConfigPrefix = "config.";

Diagnostic axis_error(const std::string& argument, std::string why, std::string hint = {}) {
  return plain_error(ErrorKind::kUsage, codes::kSweepAxis,
                     "-P " + quoted(argument) + " " + std::move(why), std::move(hint));
}

std::string with(std::string_view name, char from, char to) {
  std::string text(name);
  std::replace(text.begin(), text.end(), from, to);
  return text;
}

// The option that sets one value of what the axis varies: its name or another spelling of it.
const OptionSpec* workload_option(const std::string& name) {
  const std::string dashed = with(name, '_', '-');
  for (const OptionSpec& option : all_options()) {
    if ((option.group & kWorkload) == 0) continue;
    if (option.name == dashed) return &option;
    for (const std::string& alias : split(option.aliases, ' '))
      if (alias == dashed) return &option;
  }
  return nullptr;
}

// At the commas outside of quotes and brackets: a list of the config is one value.
std::vector<std::string> items_of(std::string_view text) {
  std::vector<std::string> items(1);
  int depth = 0;
  bool is_quoted = false;
  for (const char c : text) {
    if (c == '"') is_quoted = !is_quoted;
    if (!is_quoted && (c == '[' || c == '{')) ++depth;
    if (!is_quoted && (c == ']' || c == '}')) --depth;
    if (c == ',' && depth == 0 && !is_quoted)
      items.emplace_back();
    else
      items.back() += c;
  }
  return items;
}

bool starts_like_number(std::string_view text) {
  return !text.empty() && (text[0] >= '0' && text[0] <= '9');
}

// Bits may be fractions; everything else counts something.
Result<Number> parse_value(const std::string& axis, const std::string& text, bool is_bits) {
  return is_bits ? parse_bits("-P " + axis, text) : parse_count("-P " + axis, text);
}

// Other tools write 1..8, 1:8 or [1,8].
Diagnostic with_grammar(Diagnostic error) {
  error.hint =
      "values are 1,2,8; a range is FIRST-LAST, FIRST-LAST+STEP or FIRST-LAST*FACTOR: 1-64*2";
  return error;
}

Result<ValueRange> parse_range(const AxisText& axis, const std::string& item, bool is_bits) {
  ValueRange range;
  range.text = item;
  const std::size_t dash = item.find('-', 1);
  const auto number = [&](const std::string& text) {
    return parse_value(axis.name, text, is_bits);
  };
  if (dash == std::string::npos) {
    Result<Number> value = number(item);
    if (!value) return with_grammar(value.errors().front());
    range.first = range.last = *value;
    range.step = Number(1);
    return range;
  }
  const std::string rest = item.substr(dash + 1);
  const std::size_t sign = rest.find_first_of("+*x");
  Result<Number> first = number(item.substr(0, dash)), last = number(rest.substr(0, sign));
  Result<Number> step =
      sign == std::string::npos ? Result<Number>(Number(1)) : number(rest.substr(sign + 1));
  for (const Result<Number>* part : {&first, &last, &step})
    if (!part->ok()) return with_grammar(part->errors().front());
  range.first = *first, range.last = *last, range.step = *step;
  range.is_geometric = sign != std::string::npos && rest[sign] != '+';
  if (compare(range.first, range.last) == 1)
    return axis_error(axis.argument, "has no value: " + to_string(range.first) + " is above " +
                                         to_string(range.last));
  if (!range.is_geometric && range.step.is_zero())
    return axis_error(axis.argument, "has a step of 0");
  if (range.is_geometric && compare(range.step, Number(2)) == -1)
    return axis_error(axis.argument, "has a factor below 2");
  if (range.is_geometric && range.first.is_zero())
    return axis_error(
        axis.argument, "multiplies 0, which stays 0",
        "write 0," + std::string("1-") + to_string(range.last) + "*" + to_string(range.step));
  return range;
}

Number count_of(const ValueRange& range) {
  if (!range.is_number) return 1;
  if (!range.is_geometric) return floor_divide(range.last - range.first, range.step) + Number(1);
  std::int64_t count = 0;
  for (Number value = range.first; compare(value, range.last).value_or(1) != 1;
       value = value * range.step)
    ++count;
  return count;
}

Number last_of(const ValueRange& range) {
  if (range.is_geometric) {
    Number value = range.first;
    while (compare(value * range.step, range.last).value_or(1) != 1) value = value * range.step;
    return value;
  }
  return range.first + range.step * (count_of(range) - Number(1));
}

bool is_one_of(const std::string& choices, const std::string& text) {
  const std::vector<std::string> list = split(choices, ',');
  return std::find(list.begin(), list.end(), text) != list.end();
}

// Without "auto", which comes first.
std::string choices_text(const OptionSpec& option) {
  std::string text;
  const std::vector<std::string> choices = split(option.choices, ',');
  for (std::size_t i = 1; i < choices.size(); ++i) text += (i == 1 ? "" : ", ") + choices[i];
  return text;
}

// A type of --dtype as bits; the values of `auto` are the model's own and known later.
Result<ValueRange> parse_type(const AxisText& axis, const std::string& item,
                              const OptionSpec& option) {
  const std::optional<Number> bits = bits_of_type(item);
  if (!is_one_of(std::string(option.choices), item) || !bits)
    return axis_error(axis.argument, "cannot be " + quoted(item), "one of " + choices_text(option));
  return ValueRange{item, true, *bits, *bits, Number(1), false};
}

Result<AxisText> parse_axis(const std::string& argument) {
  AxisText axis;
  axis.argument = argument;
  const std::size_t equals = argument.find('=');
  if (equals == std::string::npos || equals == 0)
    return axis_error(argument, "is not NAME=VALUES", "for example: -P batch_size=1-256*2");
  std::string name = argument.substr(0, equals);
  const std::string values = argument.substr(equals + 1);
  if (values.empty()) return axis_error(argument, "has no value");
  const OptionSpec* option = workload_option(name);
  const bool is_type = option != nullptr && option->value == "TYPE";
  // --isl is --seq-len by another name, with help of its own.
  const std::string option_name = option == nullptr       ? ""
                                  : option->name == "isl" ? "seq_len"
                                                          : with(option->name, '-', '_');
  const std::optional<RuntimeVariable> variable = runtime_variable_named(option_name);
  if (option != nullptr && !is_type && !variable)
    return axis_error(argument, "cannot vary --" + std::string(option->name));
  if (variable) axis.variables = {*variable};
  if (is_type && option->name == "dtype")
    axis.variables = {RuntimeVariable::kWeightBits, RuntimeVariable::kActivationBits,
                      RuntimeVariable::kKvBits};
  else if (is_type)
    axis.variables = {RuntimeVariable::kKvBits};
  if (option != nullptr) name = option_name;
  if (name == "system") name = "hw";
  axis.is_config = option == nullptr && name != "mode" && name != "hw";
  if (axis.is_config && name.compare(0, kConfigPrefix.size(), kConfigPrefix) == 0)
    name.erase(0, kConfigPrefix.size());
  axis.name = name;
  const bool is_bits =
      axis.variables.size() == 1 && axis.variables[0] >= RuntimeVariable::kWeightBits;
  for (const std::string& item : items_of(values)) {
    if (item.empty()) return axis_error(argument, "has an empty value");
    if (is_type) {
      Result<ValueRange> range = parse_type(axis, item, *option);
      if (!range) return std::move(range).errors();
      axis.ranges.push_back(*range);
      continue;
    }
    const bool is_text =
        name == "mode" || name == "hw" || (axis.is_config && !starts_like_number(item));
    if (is_text) {
      if (name == "mode" && !mode_named(item))
        return axis_error(argument, "cannot be " + quoted(item), "one of eager, sdpa, fused");
      axis.ranges.push_back({item, false, {}, {}, {}, false});
      continue;
    }
    Result<ValueRange> range = parse_range(axis, item, is_bits);
    if (!range) {
      // Of a config a decimal is a value like any other.
      const std::optional<Number> decimal = axis.is_config ? parse_number(item) : std::nullopt;
      if (!decimal) return std::move(range).errors();
      range = ValueRange{item, true, *decimal, *decimal, Number(1), false};
    }
    axis.ranges.push_back(*range);
  }
  axis.count = 0;
  for (const ValueRange& range : axis.ranges) axis.count = axis.count + count_of(range);
  return axis;
}

// What the axis sets, for finding two that set the same.
std::vector<std::string> things_of(const AxisText& axis) {
  std::vector<std::string> things;
  for (RuntimeVariable variable : axis.variables) things.emplace_back(name_of(variable));
  if (things.empty()) things.push_back(axis.is_config ? "config." + axis.name : axis.name);
  return things;
}

}  // namespace

bool AxisText::is_numeric() const {
  return std::all_of(ranges.begin(), ranges.end(),
                     [](const ValueRange& range) { return range.is_number; });
}

Number AxisText::smallest() const {
  Number result = ranges.front().first;
  for (const ValueRange& range : ranges) result = minimum(result, range.first);
  return result;
}

Number AxisText::largest() const {
  Number result = last_of(ranges.front());
  for (const ValueRange& range : ranges) result = maximum(result, last_of(range));
  return result;
}

Result<std::vector<AxisText>> read_axes(const Arguments& arguments) {
  std::vector<AxisText> axes;
  Diagnostics errors;
  std::set<std::string> things;
  for (const std::string& argument : arguments.all("vary")) {
    Result<AxisText> axis = parse_axis(argument);
    if (!axis) {
      errors.push_back(axis.errors().front());
      continue;
    }
    for (const std::string& thing : things_of(*axis)) {
      if (!things.insert(thing).second)
        errors.push_back(axis_error(argument, "varies " + quoted(thing) + " a second time"));
    }
    const bool is_given = !axis->is_config && arguments.has(with(axis->name, '_', '-'));
    if (is_given)
      errors.push_back(axis_error(argument,
                                  "contradicts --" + with(axis->name, '_', '-') + " " +
                                      *arguments.get(with(axis->name, '_', '-')),
                                  "give one of them"));
    for (const std::string& set : arguments.all("set"))
      if (axis->is_config && set.compare(0, axis->name.size() + 1, axis->name + "=") == 0)
        errors.push_back(axis_error(argument, "contradicts --set " + set, "give one of them"));
    axes.push_back(std::move(*axis));
  }
  if (axes.empty() && errors.empty())
    errors.push_back(plain_error(ErrorKind::kUsage, codes::kSweepAxis, "nothing to sweep",
                                 "for example: -P batch_size=1-256*2 -P cache_len=1K,8K,32K"));
  if (!errors.empty()) return errors;
  return axes;
}

Number grid_size(const std::vector<AxisText>& axes) {
  Number size = 1;
  for (const AxisText& axis : axes) size = size * axis.count;
  return size;
}

Result<SweepAxis> expand_axis(const AxisText& text) {
  if (compare(text.count, Number(static_cast<std::uint64_t>(kMostValues))).value_or(1) == 1)
    return plain_error(ErrorKind::kUsage, codes::kSweepSize,
                       "-P " + quoted(text.argument) + " has " + to_grouped_string(text.count) +
                           " values, and an axis at most " +
                           to_grouped_string(Number(static_cast<std::uint64_t>(kMostValues))));
  SweepAxis axis;
  axis.name = text.name;
  axis.variables = text.variables;
  if (text.is_config) axis.config = text.name;
  const bool is_type = !text.variables.empty() && text.ranges.front().text != "" &&
                       !starts_like_number(text.ranges.front().text);
  for (const ValueRange& range : text.ranges) {
    if (!range.is_number) {
      axis.labels.push_back(range.text);
      if (text.name == "mode") axis.modes.push_back(*mode_named(range.text));
      continue;
    }
    for (Number value = range.first; compare(value, range.last).value_or(1) != 1;
         value = range.is_geometric ? value * range.step : value + range.step) {
      axis.labels.push_back(is_type ? range.text : to_string(value));
      axis.numbers.push_back(value);
    }
  }
  if (!text.is_numeric()) axis.numbers.clear();
  std::set<std::string_view> seen;
  for (const std::string& label : axis.labels)
    if (!seen.insert(label).second)
      return axis_error(text.argument, "has " + quoted(label) + " twice");
  return axis;
}

}  // namespace lmhost::tool
