// lmhost formula: costs as closed forms in the inputs that somebody chooses.
#include <algorithm>

#include "base/codes.hpp"
#include "load/config.hpp"
#include "load/model.hpp"
#include "report/columns.hpp"
#include "report/explain.hpp"
#include "report/formula_text.hpp"
#include "report/json_writer.hpp"
#include "study/asymptotics.hpp"
#include "study/closed_form.hpp"
#include "tools/lmhost/command_shared.hpp"
#include "tools/lmhost/commands.hpp"
#include "tools/lmhost/output.hpp"
#include "tools/lmhost/session.hpp"

namespace lmhost::tool {
namespace {

constexpr std::string_view kConfigPrefix = "config.";
constexpr std::size_t kMostCrossovers = 3;

// The inputs that stay symbols.
struct Symbols {
  std::vector<std::string> names;          // as given, canonical, in order
  std::vector<RuntimeVariable> variables;  // those that are runtime variables
  std::vector<std::string> config;         // those of the config
};

struct NamedForm {
  const Column* column;
  ClosedForm form;
};

Result<Symbols> read_symbols(const Arguments& arguments) {
  Symbols symbols;
  for (std::string name :
       split(arguments.get("in").value_or("batch_size,seq_len,cache_len"), ',')) {
    std::replace(name.begin(), name.end(), '-', '_');
    if (name.compare(0, kConfigPrefix.size(), kConfigPrefix) == 0)
      name.erase(0, kConfigPrefix.size());
    if (std::find(symbols.names.begin(), symbols.names.end(), name) != symbols.names.end())
      return usage_error("--in names " + quoted(name) + " twice");
    if (const auto variable = runtime_variable_named(name))
      symbols.variables.push_back(*variable);
    else
      symbols.config.push_back(name);
    symbols.names.push_back(std::move(name));
  }
  if (symbols.names.empty()) return usage_error("--in names nothing", "for example: --in seq_len");
  return symbols;
}

Result<bool> check_symbols(const Symbols& symbols, const Model& model) {
  std::vector<std::string> known = config_names(model);
  for (std::size_t i = 0; i < kRuntimeVariableCount; ++i)
    known.emplace_back(name_of(static_cast<RuntimeVariable>(i)));
  const std::vector<std::string_view> candidates(known.begin(), known.end());
  for (const std::string& name : symbols.config) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return usage_error("--in: unknown variable " + quoted(name), did_you_mean(name, candidates));
  }
  return true;
}

Result<std::vector<const Column*>> read_metrics(const Arguments& arguments) {
  std::vector<std::string> names = arguments.all("metric");
  if (names.empty()) names = {"flops", "bytes_read", "bytes_written"};
  std::vector<const Column*> metrics;
  for (const std::string& name : names) {
    Result<const Column*> metric = parse_metric(name);
    if (!metric) return std::move(metric).errors();
    metrics.push_back(*metric);
  }
  return metrics;
}

// A plan with the forms of its costs in the symbols.
class FormulaStudy {
 public:
  FormulaStudy(const Analysis& analysis, Symbols symbols)
      : analysis_(analysis), symbols_(std::move(symbols)) {
    specialized_ = specialize(
        analysis.plan->program, [this](InputName name) { return fixed(name); },
        [this](InputName name) { return is_positive(name); });
    forms_ = std::make_unique<CostForms>(*analysis.plan, specialized_,
                                         [this](InputName name) { return is_positive(name); });
  }

  Result<NamedForm> form(const Column& metric, const NodePath& node) {
    const InputSymbols symbols = [this](InputName name) { return symbol(name); };
    const Program& program = specialized_.program;
    const bool is_ratio = metric.kind == ColumnKind::kRatio;
    const auto above = forms_->total(node, weights_of(is_ratio ? lmhost::column("flops") : metric));
    if (!above) return too_large(metric);
    if (!is_ratio)
      return NamedForm{&metric,
                       closed_form(*above, program, forms_->forms(), forms_->facts(), symbols)};
    const auto below = forms_->total(node, weights_of(lmhost::column("bytes_moved")));
    if (!below) return too_large(metric);
    return NamedForm{
        &metric, closed_ratio(*above, *below, program, forms_->forms(), forms_->facts(), symbols)};
  }

  // What is fixed and what the forms hold for, a line each.
  std::vector<std::string> conditions() const {
    std::string free, fixed_values;
    for (std::size_t i = 0; i < kRuntimeVariableCount; ++i) {
      const auto variable = static_cast<RuntimeVariable>(i);
      const std::string name(name_of(variable));
      if (is_symbol(name))
        free += (free.empty() ? "" : ", ") + name +
                (is_bits(variable)                   ? " > 0"
                 : is_positive(input_name(variable)) ? " >= 1"
                                                     : " >= 0");
      else
        fixed_values += (fixed_values.empty() ? "" : ", ") + name + " = " +
                        to_string(analysis_.point[variable]);
    }
    for (const Symbol& input : analysis_.plan->program.symbols())
      free += (free.empty() ? "" : ", ") + input.name +
              (input.is_length ? (is_above_zero(*input.value) ? " >= 1" : " >= 0") : "");
    std::vector<std::string> lines = {"for " + free};
    if (!fixed_values.empty()) lines.push_back("with " + fixed_values);
    return lines;
  }

  const Symbols& symbols() const { return symbols_; }

  std::optional<Number> fixed(InputName name) const {
    if (name.is_open) return std::nullopt;
    const auto variable = static_cast<RuntimeVariable>(name.index);
    return is_symbol(std::string(name_of(variable))) ? std::nullopt
                                                     : std::optional(analysis_.point[variable]);
  }
  bool is_positive(InputName name) const {
    if (name.is_open) return is_above_zero(*analysis_.plan->program.symbols()[name.index].value);
    return static_cast<RuntimeVariable>(name.index) != RuntimeVariable::kCacheLen;
  }
  // In the order of --in.
  InputSymbol symbol(InputName input) const {
    std::string name = input.is_open
                           ? analysis_.plan->program.symbols()[input.index].name
                           : std::string(name_of(static_cast<RuntimeVariable>(input.index)));
    const auto found = std::find(symbols_.names.begin(), symbols_.names.end(), name);
    return {std::move(name), static_cast<std::size_t>(found - symbols_.names.begin())};
  }

 private:
  static bool is_above_zero(const Number& value) {
    return !value.is_negative() && !value.is_zero();
  }
  static bool is_bits(RuntimeVariable variable) { return variable >= RuntimeVariable::kWeightBits; }
  bool is_symbol(const std::string& name) const {
    return std::find(symbols_.names.begin(), symbols_.names.end(), name) != symbols_.names.end();
  }
  static Diagnostic too_large(const Column& metric) {
    return plain_error(ErrorKind::kInput, codes::kNoForm,
                       std::string(metric.key) + " has more than 4,096 terms in these variables",
                       "ask for a node, or leave variables out of --in");
  }

  const Analysis& analysis_;
  Symbols symbols_;
  SpecializedProgram specialized_;
  std::unique_ptr<CostForms> forms_;
};

Diagnostic not_in_language(const Column& metric, const std::string& language) {
  return plain_error(ErrorKind::kInput, codes::kNoForm,
                     std::string(metric.key) + " is no whole number everywhere, which " + language +
                         " cannot say exactly",
                     "-o python or -o text");
}

std::string indented(const std::string& text, std::string_view mark) {
  return std::string(mark) + text + "\n";
}

// Every form in one language, with what a reader or compiler needs around it.
Result<std::string> write_forms(const std::vector<NamedForm>& forms, FormulaLanguage language,
                                const std::vector<std::string>& notes,
                                const std::vector<std::string>& symbols) {
  std::vector<const ClosedForm*> all;
  for (const NamedForm& named : forms) all.push_back(&named.form);
  std::string parameters;
  for (const std::string& symbol : symbols)
    parameters += (parameters.empty() ? "" : ", ") +
                  std::string(language == FormulaLanguage::kC ? "__int128 " : "") +
                  form_name(symbol, language);
  std::string text;
  const std::string_view mark = language == FormulaLanguage::kC       ? "// "
                                : language == FormulaLanguage::kLatex ? "% "
                                                                      : "# ";
  for (const std::string& note : notes) text += indented(note, mark);
  text += form_preamble(all, language);
  for (const NamedForm& named : forms) {
    const std::optional<std::string> body = form_text(named.form, language);
    if (!body) return not_in_language(*named.column, "C");
    const std::string name(named.column->key);
    switch (language) {
      case FormulaLanguage::kText:
        text += name + " = " + *body + "\n";
        break;
      case FormulaLanguage::kLatex:
        text += "\\[ " + form_name(name, language) + " = " + *body + " \\]\n";
        break;
      case FormulaLanguage::kPython:
        text += "\ndef " + name + "(" + parameters + "):\n    return " + *body + "\n";
        break;
      case FormulaLanguage::kC:
        text += "__int128 " + name + "(" + parameters + ") {\n  return " + *body + ";\n}\n";
        break;
    }
  }
  return text;
}

std::string write_json_forms(const std::vector<NamedForm>& forms, const Analysis& analysis,
                             const FormulaStudy& study, const std::string& node) {
  JsonWriter json;
  json.begin_object();
  json.member("schema", "lmhost.formula/1");
  json.member("model", analysis.model_name);
  json.member("mode", name_of(analysis.plan->mode));
  json.member("conventions", analysis.plan->conventions->name);
  json.member("node", node);
  json.line();
  json.key("variables");
  json.begin_array();
  for (const std::string& name : study.symbols().names) json.value(name);
  json.end_array();
  json.key("fixed");
  json.begin_object();
  for (std::size_t i = 0; i < kRuntimeVariableCount; ++i) {
    const auto variable = static_cast<RuntimeVariable>(i);
    if (const auto value = study.fixed(input_name(variable)))
      json.member(name_of(variable), *value);
  }
  json.end_object();
  json.line();
  json.key("formulas");
  json.begin_array();
  for (const NamedForm& named : forms) {
    json.line();
    json.begin_object();
    json.member("metric", named.column->key);
    json.member("exact", !named.form.is_inexact);
    constexpr std::pair<std::string_view, FormulaLanguage> kLanguages[] = {
        {"text", FormulaLanguage::kText},
        {"python", FormulaLanguage::kPython},
        {"c", FormulaLanguage::kC},
        {"latex", FormulaLanguage::kLatex}};
    for (const auto& [key, language] : kLanguages) {
      json.key(key);
      if (const auto text = form_text(named.form, language))
        json.value(*text);
      else
        json.null();
    }
    const std::string helpers = form_preamble({&named.form}, FormulaLanguage::kPython);
    if (!helpers.empty()) json.member("python_preamble", helpers);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.take();
}

std::string term_text(const Asymptotic& asymptotic, const std::string& variable) {
  std::string text = to_string(asymptotic.coefficient);
  if (asymptotic.degree == 0) return text;
  text += "*" + variable;
  return asymptotic.degree == 1 ? text : text + "**" + std::to_string(asymptotic.degree);
}

// A paragraph a variable: how the metric grows in it alone, the others as the workload has them.
std::string write_asymptotics(const Analysis& analysis, const Symbols& symbols,
                              const std::vector<const Column*>& metrics, const NodePath& node) {
  std::string text;
  for (const std::string& name : symbols.names) {
    const auto variable = runtime_variable_named(name);
    const auto& open = analysis.plan->program.symbols();
    const auto found = std::find_if(open.begin(), open.end(),
                                    [&](const Symbol& input) { return input.name == name; });
    if (!variable && found == open.end()) continue;  // nothing of this mode asks for it
    const InputName input = variable ? input_name(*variable)
                                     : open_name(static_cast<std::uint32_t>(found - open.begin()));
    const std::int64_t least = variable == RuntimeVariable::kCacheLen ? 0 : 1;
    const auto is_positive = [&](InputName) { return least == 1; };
    const SpecializedProgram program = specialize(
        analysis.plan->program,
        [&](InputName other) -> std::optional<Number> {
          if (other == input) return std::nullopt;
          return other.is_open ? open[other.index].value
                               : analysis.point[static_cast<RuntimeVariable>(other.index)];
        },
        is_positive);
    CostForms forms(*analysis.plan, program, is_positive, PolynomialForm::Conditionals::kExpand);
    std::string others;
    for (const std::string& other : symbols.names) {
      if (other == name) continue;
      const auto at = runtime_variable_named(other);
      std::string value = at ? to_string(analysis.point[*at]) : "";
      for (const Symbol& row : open)
        if (row.name == other) value = to_string(*row.value);
      others += (others.empty() ? " (" : ", ") + other + " = " + value;
    }
    text +=
        (text.empty() ? "" : "\n") + name + " alone" + others + (others.empty() ? "" : ")") + "\n";
    for (const Column* metric : metrics) {
      const Asymptotic a = asymptotic_of(forms, node, weights_of(*metric), input, least);
      text += "  " + std::string(metric->key) + " ~ ";
      if (!a.obstacle.empty()) {
        text += "no single term: " + a.obstacle + "\n";
        continue;
      }
      text += term_text(a, name);
      if (!a.kernel.empty()) text += ", most of it " + a.kernel;
      text += "\n";
      if (a.degree != 0)
        text += a.dominant_from ? "    that term is more than all others together from " + name +
                                      " = " + to_grouped_string(*a.dominant_from) + "\n"
                                : "    that term is more than all others together everywhere\n";
      // The last ones: a kernel that loses at once was never in question.
      for (std::size_t i = 0; i < std::min(a.crossovers.size(), kMostCrossovers); ++i) {
        const Crossover& crossover = a.crossovers[i];
        text += "    " + crossover.winner + " overtakes " + crossover.loser + " at " + name +
                " = " + to_grouped_string(crossover.at) + "\n";
      }
    }
  }
  return text;
}

}  // namespace

CostWeights weights_of(const Column& column) {
  CostWeights weights{};
  for (std::size_t q = 0; q < kQuantityCount; ++q) {
    Costs unit;
    unit.values[q] = Number(1);
    weights[q] = static_cast<int>(column.value(unit).to_int64().value_or(0));
  }
  return weights;
}

Result<Outcome> formula_command(const Arguments& arguments) {
  if (Result<bool> checked = check_operands(arguments, 1, 2); !checked)
    return std::move(checked).errors();
  Result<std::string> format = format_of(arguments);
  if (!format) return std::move(format).errors();
  Result<std::vector<const Column*>> metrics = read_metrics(arguments);
  if (!metrics) return std::move(metrics).errors();
  Result<Symbols> symbols = read_symbols(arguments);
  if (!symbols) return std::move(symbols).errors();
  Result<Workload> workload = read_workload(arguments, arguments.operands[0]);
  if (!workload) return std::move(workload).errors();
  Result<Host> host = open_host(arguments);
  if (!host) return std::move(host).errors();
  Result<Model> model = host->load(*workload);
  if (!model) return std::move(model).errors();
  if (Result<bool> known = check_symbols(*symbols, *model); !known)
    return std::move(known).errors();
  for (const std::string& name : symbols->config)
    if (Result<bool> opened = model->config.leave_open(name); !opened)
      return std::move(opened).errors();
  Result<Analysis> analysis = host->plan(*model, *workload);
  if (!analysis) return std::move(analysis).errors();
  const CostTree structure = structure_of(analysis->plan);
  Result<std::uint32_t> found =
      find_node(structure, arguments.operands.size() > 1 ? arguments.operands[1] : std::string());
  if (!found) return std::move(found).errors();
  const NodePath node = path_to(structure, *found);

  Outcome outcome;
  outcome.messages = refused_plugins(*host);
  if (arguments.has("asymptotic")) {
    if (*format != "text")
      return usage_error("--asymptotic is text", "leave -o " + *format + " out");
    for (const Column* metric : *metrics)
      if (metric->kind == ColumnKind::kRatio)
        return usage_error("--asymptotic is of sums, not of " + std::string(metric->key));
    outcome.text = write_asymptotics(*analysis, *symbols, *metrics, node);
    return outcome;
  }
  FormulaStudy study(*analysis, *symbols);
  std::vector<NamedForm> forms;
  for (const Column* metric : *metrics) {
    Result<NamedForm> form = study.form(*metric, node);
    if (!form) return std::move(form).errors();
    forms.push_back(std::move(*form));
  }
  if (*format == "json") {
    outcome.text = write_json_forms(forms, *analysis, study, node.text);
    return outcome;
  }
  std::vector<std::string> notes = {(node.text.empty() ? "" : node.text + " of ") +
                                    analysis->model_name + ", mode " +
                                    std::string(name_of(analysis->plan->mode)) + ", constants " +
                                    analysis->plan->conventions->name};
  for (std::string& line : study.conditions()) notes.push_back(std::move(line));
  const FormulaLanguage language = *format == "python"  ? FormulaLanguage::kPython
                                   : *format == "c"     ? FormulaLanguage::kC
                                   : *format == "latex" ? FormulaLanguage::kLatex
                                                        : FormulaLanguage::kText;
  Result<std::string> text = write_forms(forms, language, notes, symbols->names);
  if (!text) return std::move(text).errors();
  outcome.text = std::move(*text);
  return outcome;
}

}  // namespace lmhost::tool
