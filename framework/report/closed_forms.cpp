#include "report/closed_forms.hpp"

#include <algorithm>

#include "base/codes.hpp"
#include "base/visible.hpp"
#include "report/json.hpp"
#include "report/json_writer.hpp"

namespace lmhost {
namespace {

// A kernel that loses at once was never in question: the last ones are shown.
constexpr std::size_t kShownCrossovers = 3;

// What is fixed and what the forms hold for, a line each.
std::vector<std::string> notes_of(const Analysis& analysis, const FormulaStudy& study,
                                  const std::string& node) {
  std::string free, fixed;
  for (const auto& [name, range] : study.domain())
    free += (free.empty() ? "" : ", ") + name + std::string(range);
  for (const auto& [name, value] : study.fixed())
    fixed += (fixed.empty() ? "" : ", ") + std::string(name) + " = " + to_string(value);
  std::vector<std::string> notes = {(node.empty() ? "" : node + " of ") + analysis.model_name +
                                        ", mode " + std::string(name_of(analysis.plan->mode)) +
                                        ", constants " + analysis.plan->conventions->name,
                                    "for " + free};
  if (!fixed.empty()) notes.push_back("with " + fixed);
  // Names of files and conventions: in a program a line of these is a comment, and stays one.
  for (std::string& note : notes) note = visible(note);
  return notes;
}

std::string definition(const std::string& name, const std::string& parameters, const FormText& form,
                       FormulaLanguage language) {
  std::string parts;
  switch (language) {
    case FormulaLanguage::kLatex:
      for (const auto& [part, text] : form.parts)
        parts += "\\[ \\text{where } " + part + " = " + text + " \\]\n";
      return "\\[ " + form_name(name, language) + " = " + form.text + " \\]\n" + parts;
    case FormulaLanguage::kPython:
      for (const auto& [part, text] : form.parts) parts += "    " + part + " = " + text + "\n";
      return "\ndef " + name + "(" + parameters + "):\n" + parts + "    return " + form.text + "\n";
    case FormulaLanguage::kC:
      for (const auto& [part, text] : form.parts)
        parts += "  const __int128 " + part + " = " + text + ";\n";
      return "__int128 " + name + "(" + parameters + ") {\n" + parts + "  return " + form.text +
             ";\n}\n";
    case FormulaLanguage::kText:
      break;
  }
  for (const auto& [part, text] : form.parts) parts += "  where " + part + " = " + text + "\n";
  return name + " = " + form.text + "\n" + parts;
}

// The form in every language, and what its parts are in each.
void write_texts(JsonWriter* json, const ClosedForm& form) {
  constexpr std::pair<std::string_view, FormulaLanguage> kLanguages[] = {
      {"text", FormulaLanguage::kText},
      {"python", FormulaLanguage::kPython},
      {"c", FormulaLanguage::kC},
      {"latex", FormulaLanguage::kLatex}};
  std::vector<std::pair<std::string_view, std::optional<FormText>>> texts;
  for (const auto& [key, language] : kLanguages) {
    texts.emplace_back(key, form_text(form, language));
    json->key(key);
    if (texts.back().second)
      json->value(std::string_view(texts.back().second->text));
    else
      json->null();
  }
  if (form.parts.empty()) return;
  json->key("lets");
  json->begin_array();
  std::size_t at = 0;
  for (const auto& [node, name] : form.parts) {
    json->line();
    json->begin_object();
    json->member("name", std::string_view(name));
    for (const auto& [key, text] : texts) {
      json->key(key);
      if (text)
        json->value(std::string_view(text->parts[at].second));
      else
        json->null();
    }
    json->end_object();
    ++at;
  }
  json->end_array();
}

std::string term_text(const Asymptotic& asymptotic, const std::string& variable) {
  std::string text = to_string(asymptotic.coefficient);
  if (asymptotic.degree == 0) return text;
  text += "*" + variable;
  return asymptotic.degree == 1 ? text : text + "**" + std::to_string(asymptotic.degree);
}

std::string growth_text(const Asymptotic& cost, const std::string& variable) {
  if (!cost.obstacle.empty()) return "no single term: " + cost.obstacle + "\n";
  std::string text = term_text(cost, variable);
  if (!cost.kernel.empty()) text += ", most of it " + cost.kernel;
  text += "\n";
  if (cost.degree != 0)
    text +=
        "    that term is more than all others together " +
        (cost.dominant_from ? "from " + variable + " = " + to_grouped_string(*cost.dominant_from)
                            : std::string("everywhere")) +
        "\n";
  for (std::size_t i = 0; i < std::min(cost.crossovers.size(), kShownCrossovers); ++i) {
    const Crossover& crossover = cost.crossovers[i];
    text += "    " + crossover.winner + " overtakes " + crossover.loser + " at " + variable +
            " = " + to_grouped_string(crossover.at) + "\n";
  }
  return text;
}

void write_asymptotic(JsonWriter* json, const Asymptotic& cost, const std::string& metric) {
  json->line();
  json->begin_object();
  json->member("metric", metric);
  if (!cost.obstacle.empty()) {
    json->member("obstacle", cost.obstacle);
    json->end_object();
    return;
  }
  json->quantity("coefficient", cost.coefficient);
  json->member("degree", Number(std::uint64_t{cost.degree}));
  if (!cost.kernel.empty()) json->member("kernel", cost.kernel);
  json->key("dominant_from");
  if (cost.dominant_from)
    json->value(*cost.dominant_from);
  else
    json->null();
  json->key("crossovers");
  json->begin_array();
  for (const Crossover& crossover : cost.crossovers) {
    json->begin_object();
    json->member("winner", crossover.winner);
    json->member("loser", crossover.loser);
    json->member("at", crossover.at);
    json->end_object();
  }
  json->end_array();
  json->end_object();
}

}  // namespace

Result<std::string> write_forms(const std::vector<NamedForm>& forms, const Analysis& analysis,
                                const FormulaStudy& study, const std::string& node,
                                FormulaLanguage language) {
  const std::string_view mark = language == FormulaLanguage::kC       ? "// "
                                : language == FormulaLanguage::kLatex ? "% "
                                                                      : "# ";
  std::string text;
  for (const std::string& note : notes_of(analysis, study, node))
    text += std::string(mark) + note + "\n";
  std::vector<const ClosedForm*> all;
  for (const NamedForm& named : forms) all.push_back(&named.form);
  text += form_preamble(all, language);
  std::string parameters;
  for (const std::string& symbol : study.symbols())
    parameters += (parameters.empty() ? "" : ", ") +
                  std::string(language == FormulaLanguage::kC ? "__int128 " : "") +
                  form_name(symbol, language);
  for (const NamedForm& named : forms) {
    bool is_too_long = false;
    const std::optional<FormText> body = form_text(named.form, language, &is_too_long);
    if (is_too_long) {
      SymbolicBudget budget;
      budget.fits(budget.limits().length + 1);
      return budget.error();
    }
    if (!body)
      return plain_error(
          ErrorKind::kInput, codes::kNoForm,
          named.metric + " is no whole number everywhere, which C cannot say exactly",
          "-o python or -o text");
    text += definition(named.metric, parameters, *body, language);
  }
  return text;
}

std::string write_forms_json(const std::vector<NamedForm>& forms, const Analysis& analysis,
                             const FormulaStudy& study, const std::string& node) {
  JsonWriter json;
  open_node_json(&json, "lmhost.formula/1", analysis, node);
  json.key("variables");
  json.begin_array();
  for (const std::string& name : study.symbols()) json.value(name);
  json.end_array();
  json.key("fixed");
  json.begin_object();
  for (const auto& [name, value] : study.fixed()) json.member(name, value);
  json.end_object();
  json.line();
  json.key("formulas");
  json.begin_array();
  for (const NamedForm& named : forms) {
    json.line();
    json.begin_object();
    json.member("metric", named.metric);
    json.member("exact", !named.form.is_inexact);
    write_texts(&json, named.form);
    const std::string helpers = form_preamble({&named.form}, FormulaLanguage::kPython);
    if (!helpers.empty()) json.member("python_preamble", helpers);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.take();
}

std::string write_growth(const std::vector<Growth>& growths,
                         const std::vector<std::string>& metrics) {
  std::string text;
  for (const Growth& growth : growths) {
    std::string others;
    for (const auto& [name, value] : growth.others)
      others += (others.empty() ? " (" : ", ") + name + " = " + to_string(value);
    text += (text.empty() ? "" : "\n") + growth.variable + " alone" + others +
            (others.empty() ? "" : ")") + "\n";
    for (std::size_t i = 0; i < metrics.size(); ++i)
      text += "  " + metrics[i] + " ~ " + growth_text(growth.costs[i], growth.variable);
  }
  return text;
}

std::string write_growth_json(const std::vector<Growth>& growths,
                              const std::vector<std::string>& metrics, const Analysis& analysis,
                              const std::string& node) {
  JsonWriter json;
  open_node_json(&json, "lmhost.growth/1", analysis, node);
  json.key("growth");
  json.begin_array();
  for (const Growth& growth : growths) {
    json.line();
    json.begin_object();
    json.member("variable", growth.variable);
    json.key("others");
    json.begin_object();
    for (const auto& [name, value] : growth.others) json.member(name, value);
    json.end_object();
    json.key("costs");
    json.begin_array();
    for (std::size_t i = 0; i < metrics.size(); ++i)
      write_asymptotic(&json, growth.costs[i], metrics[i]);
    json.end_array();
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.take();
}

}  // namespace lmhost
