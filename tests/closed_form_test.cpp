// Closed forms: that they read well, that the formula language reads them back to the same numbers, and
// what wins as an input grows.
#include <doctest/doctest.h>

#include <random>

#include "chains.hpp"
#include "formula/evaluate.hpp"
#include "load/model.hpp"
#include "report/formula_text.hpp"
#include "study/asymptotics.hpp"
#include "study/closed_form.hpp"
#include "study/formula_study.hpp"
#include "support.hpp"

using namespace lmhost;
using namespace lmhost::test;

namespace {

constexpr CostWeights kFlops = {1};

bool is_positive(InputName name) { return name != input_name(RuntimeVariable::kCacheLen); }

// batch_size before seq_len before cache_len.
InputSymbol symbol(InputName name) {
  return {std::string(name_of(static_cast<RuntimeVariable>(name.index))), name.index};
}

// In every runtime variable.
struct Forms {
  explicit Forms(const Plan& plan)
      : program(specialize(
            plan.program, [](InputName) { return std::nullopt; }, is_positive)),
        costs(plan, program, is_positive, budget) {}
  ClosedForm of(const CostWeights& weights) {
    const std::optional<Polynomial> total = costs.total(NodePath(), weights);
    REQUIRE(total.has_value());
    Result<ClosedForm> form =
        closed_form(*total, program.program, costs.forms(), costs.facts(), symbol);
    REQUIRE(form.ok());
    REQUIRE(name_parts(*form, {"batch_size", "seq_len", "cache_len"}, budget).ok());
    return std::move(*form);
  }
  SpecializedProgram program;
  SymbolicBudget budget;
  CostForms costs;
};

std::string text_of(std::string_view elements, FormulaLanguage language = FormulaLanguage::kText) {
  const std::string graph =
      R"({"schema": "lmhost.graph/1", "root": "g.R", "kernels": {"g.R": {"sub_kernels": [)"
      R"({"name": "a", "kernel": "torch.nn.functional.relu", "bindings": {"num_elements": ")" +
      std::string(elements) + R"("}}]}}})";
  const std::shared_ptr<const Plan> plan = plan_of(graph);
  const std::optional<FormText> text = form_text(Forms(*plan).of(kFlops), language);
  if (!text) return "none";
  CHECK(text->parts.empty());
  return text->text;
}

Number read_back(const FormText& form, const RuntimePoint& point) {
  std::map<std::string, Value, std::less<>> values;
  for (std::size_t i = 0; i < kRuntimeVariableCount; ++i) {
    const auto variable = static_cast<RuntimeVariable>(i);
    values[std::string(name_of(variable))] = Value::of(point[variable]);
  }
  const FormulaScope scope{[&](std::string_view name) -> const Value* {
                             const auto found = values.find(name);
                             return found == values.end() ? nullptr : &found->second;
                           },
                           {}};
  const auto value_of = [&](const std::string& text) {
    const Result<Expression> expression = parse_expression(text, "a closed form");
    REQUIRE_MESSAGE(expression.ok(), text);
    return evaluate_formula(*expression, scope);
  };
  for (const auto& [name, text] : form.parts) {
    REQUIRE_FALSE(values.contains(name));
    const FormulaValue value = value_of(text);
    REQUIRE_MESSAGE(value.ok(), text << ": " << value.error_text);
    values[name] = value.value;
  }
  const FormulaValue value = value_of(form.text);
  REQUIRE_MESSAGE(value.ok(), form.text << ": " << value.error_text);
  return value.value.number;
}

}  // namespace

// relu is 1 FLOP an element, so the form is that of the elements.
TEST_CASE("forms are collected and factored") {
  const struct {
    std::string_view elements, form;
  } rows[] = {
      {"seq_len", "seq_len"},
      {"12", "12"},
      {"2*seq_len + 4*batch_size", "2*(2*batch_size + seq_len)"},
      {"seq_len*cache_len + seq_len*seq_len", "seq_len*(seq_len + cache_len)"},
      {"(seq_len + 1)*(cache_len + 1) - cache_len - 1", "seq_len*(cache_len + 1)"},
      {"3*batch_size*seq_len + 3*batch_size*cache_len + 1000*batch_size",
       "batch_size*(3*(seq_len + cache_len) + 1000)"},
      {"causal_pairs(seq_len, cache_len)", "seq_len*(seq_len + 2*cache_len + 1)/2"},
      {"seq_len*(8*batch_size // 4)", "2*batch_size*seq_len"},
      {"min(seq_len, 5)*batch_size", "batch_size*min(seq_len, 5)"},
      {"seq_len // 3 + ceil_div(cache_len, 2)", "seq_len//3 + ceil_div(cache_len, 2)"},
      {"seq_len if cache_len > 2 else 7", "seq_len if 2 < cache_len else 7"},
      {"seq_len if cache_len > 0 else 0", "seq_len*(0 < cache_len)"},
      {"(seq_len + cache_len) - seq_len", "cache_len"},
      {"cache_len if cache_len > 0 and seq_len > 0 else 0", "cache_len"},
      {"window_pairs(seq_len, cache_len, 64)", "window_pairs(seq_len, cache_len, 64)"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.elements);
    CHECK(text_of(row.elements) == row.form);
  }
}

// Whatever order the model asks for its inputs in.
TEST_CASE("what is printed stands in the order of the symbols") {
  const std::string_view form = "batch_size*(batch_size + seq_len) + seq_len**2 + cache_len + 1";
  CHECK(text_of("1 + cache_len + seq_len**2 + seq_len*batch_size + batch_size**2") == form);
  CHECK(text_of("batch_size*seq_len + cache_len + batch_size**2 + 1 + seq_len**2") == form);
  // Opaque parts stand behind symbols, and among themselves by what they are made of.
  const std::string_view product = "batch_size*cache_len*min(seq_len, 5)*min(seq_len, 7)";
  CHECK(text_of("min(seq_len, 7)*cache_len*min(seq_len, 5)*batch_size") == product);
  CHECK(text_of("batch_size*min(seq_len, 5)*min(seq_len, 7)*cache_len") == product);
}

TEST_CASE("every language says it") {
  const char* const elements = "causal_pairs(seq_len, cache_len)*batch_size + min(seq_len, 5) // 2";
  CHECK(text_of(elements, FormulaLanguage::kPython) ==
        "(batch_size*seq_len*(seq_len + 2*cache_len + 1) + 2*(min(seq_len, 5)//2))//2");
  CHECK(text_of(elements, FormulaLanguage::kC) ==
        "(batch_size*seq_len*(seq_len + 2LL*cache_len + 1LL) + 2LL*floor_div(min(seq_len, 5LL), "
        "2LL))/2LL");
  CHECK(text_of("seq_len**2*batch_size", FormulaLanguage::kLatex) ==
        "\\mathrm{batch\\_size} \\cdot \\mathrm{seq\\_len}^{2}");
  // 2^80 = 1208925819614629174706176 has no literal in C.
  CHECK(text_of("2**80*seq_len", FormulaLanguage::kC) ==
        "((__int128)1208925LL * 1000000000000000000LL + 819614629174706176LL)*seq_len");
  // An expectation is no integer.
  CHECK(text_of("seq_len*floor(log2(seq_len))", FormulaLanguage::kC) == "none");
}

TEST_CASE("the formula language reads the text back to the costs of every graph") {
  std::mt19937 random(11);
  std::vector<std::string> models = built_host().model_names();
  models.push_back(LMHOST_SOURCE_DIR "/graphs/tiny.json");
  for (const std::string& model : models) {
    for (Mode mode : {Mode::kEager, Mode::kSdpa, Mode::kFused}) {
      Workload workload;
      workload.model = model;
      workload.mode = mode;
      const Result<Analysis> analysis = built_host().plan(workload);
      REQUIRE(analysis.ok());
      Forms forms(*analysis->plan);
      for (std::size_t q = 0; q < kQuantityCount; ++q) {
        CostWeights weights{};
        weights[q] = 1;
        const std::optional<FormText> text = form_text(forms.of(weights), FormulaLanguage::kText);
        REQUIRE(text.has_value());
        for (int i = 0; i < 4; ++i) {
          RuntimePoint point = point_at(1 + static_cast<int>(random() % 99),
                                        1 + static_cast<int>(random() % (i < 2 ? 3 : 9999)),
                                        static_cast<int>(random() % (i % 2 == 0 ? 3 : 99999)));
          point[RuntimeVariable::kWeightBits] = Number::ratio(33, 8);
          point[RuntimeVariable::kKvBits] = Number(8);
          CAPTURE(model);
          CHECK(to_string(read_back(*text, point)) ==
                to_string(totals_of(*analysis->plan, point).values[q]));
        }
      }
    }
  }
}

TEST_CASE("what wins, and from where") {
  // A linear layer of 2*S*100*100 FLOPs and one of 2*S*S*3: the second is more from S = 3334 on, since
  // 6*S*S > 20000*S is S > 3333.3; and more than all others together from there too.
  const std::shared_ptr<const Plan> plan = plan_of(R"({
    "schema": "lmhost.graph/1", "root": "g.R", "kernels": {"g.R": {"sub_kernels": [
      {"name": "linear", "kernel": "torch.nn.Linear", "bindings": {"M": "seq_len", "K": "100", "N": "100"}},
      {"name": "square", "kernel": "torch.mm", "bindings": {"M": "seq_len", "K": "seq_len", "N": "3"},
       "when": "seq_len > 7"}]}}})");
  const InputName seq = input_name(RuntimeVariable::kSeqLen);
  const auto one = [](InputName) { return true; };
  const SpecializedProgram program = specialize(
      plan->program,
      [&](InputName name) { return name == seq ? std::nullopt : std::optional(Number(16)); }, one);
  SymbolicBudget budget;
  CostForms forms(*plan, program, one, budget, PolynomialForm::Conditionals::kExpand);
  const Asymptotic result = asymptotic_of(forms, NodePath(), kFlops, seq, 1);
  CHECK(result.obstacle == "");
  CHECK(result.degree == 2);
  CHECK(to_string(result.coefficient) == "6");
  CHECK(result.kernel == "torch.mm");
  REQUIRE(result.dominant_from.has_value());
  CHECK(to_string(*result.dominant_from) == "3334");
  REQUIRE(result.crossovers.size() == 1);
  CHECK(result.crossovers[0].loser == "torch.nn.functional.linear");
  CHECK(to_string(result.crossovers[0].at) == "3334");
}

TEST_CASE("Llama-2-7B: attention overtakes the linear layers where the closed form says") {
  Workload workload;
  workload.model = "llama-2-7b";
  const Result<Analysis> analysis = built_host().plan(workload);
  REQUIRE(analysis.ok());
  const InputName seq = input_name(RuntimeVariable::kSeqLen);
  const auto one = [](InputName) { return true; };
  const SpecializedProgram program = specialize(
      analysis->plan->program,
      [&](InputName name) {
        return name == seq
                   ? std::nullopt
                   : std::optional(analysis->point[static_cast<RuntimeVariable>(name.index)]);
      },
      one);
  SymbolicBudget budget;
  CostForms forms(*analysis->plan, program, one, budget, PolynomialForm::Conditionals::kExpand);
  const Asymptotic result = asymptotic_of(forms, NodePath(), kFlops, seq, 1);
  // Attention a layer: 4*32*128*S^2 of products, and 6 FLOP a score for scale and softmax, 32 heads:
  // 32*(16384 + 192)*S^2 = 530432*S^2. Linear layers: 2*6,607,077,376*S (tests/golden/models.txt).
  CHECK(to_string(result.coefficient) == "530432");
  REQUIRE(!result.crossovers.empty());
  CHECK(result.crossovers[0].loser == "torch.nn.functional.linear");
  // 530432*S > 13,214,154,752: S > 24,912.06.
  CHECK(to_string(result.crossovers[0].at) == "24913");
}

// ---- variables that use the one before twice: a tree of them doubles with each ----

TEST_CASE("what is used often is written once, and means the same") {
  std::mt19937 random(5);
  for (const Chain& chain : kChains) {
    for (const int length : {1, 2, 12, 60}) {
      CAPTURE(chain.step);
      CAPTURE(length);
      const std::shared_ptr<const Plan> plan = plan_of(chained(chain, length));
      const std::optional<FormText> form =
          form_text(Forms(*plan).of(kFlops), FormulaLanguage::kText);
      REQUIRE(form.has_value());
      std::size_t characters = form->text.size();
      for (const auto& [name, text] : form->parts) characters += text.size();
      CHECK(characters < 60'000);
      CHECK((length < 60 || chain.may_overflow || !form->parts.empty()));
      CHECK((length > 2 || form->parts.empty()));
      if (chain.may_overflow && length > 2) continue;
      for (int i = 0; i < 5; ++i) {
        const RuntimePoint point =
            point_at(1 + static_cast<int>(random() % 9), 1 + static_cast<int>(random() % 99),
                     static_cast<int>(random() % 99));
        CHECK(to_string(read_back(*form, point)) == to_string(totals_of(*plan, point).values[0]));
      }
    }
  }
}

namespace {

// What `formula --metric flops` says of a graph, under limits.
std::string refusal(const std::string& graph, const SymbolicLimits& limits = {}) {
  Workload workload;
  const Result<Model> model = load_model(
      {"g.json", std::nullopt, {}, built_host().prefix(), text_named("g.json", graph), nullptr});
  REQUIRE(model.ok());
  const Result<Analysis> analysis = built_host().plan(*model, workload);
  REQUIRE(analysis.ok());
  FormulaStudy study(*analysis, {"batch_size", "seq_len", "cache_len"}, limits);
  const Result<ClosedForm> form = study.sum("flops", NodePath(), kFlops);
  REQUIRE_FALSE(form.ok());
  const Diagnostic& error = form.errors().front();
  return error.message + " [" + std::string(error.code) + "]";
}

std::string relu(const std::string& elements, const std::string& more = "") {
  return R"({"schema": "lmhost.graph/1", "root": "g.R", "kernels": {"g.R": {"sub_kernels": [)"
         R"({"name": "a", "kernel": "torch.nn.functional.relu", "bindings": {"num_elements": ")" +
         elements + R"("})" + more + "}]}}}";
}

}  // namespace

TEST_CASE("a form beyond a limit is refused with the limit that it met") {
  const std::string graph =
      relu("(seq_len + 3)*(cache_len + 7)*(batch_size + 2) + min(seq_len, 9)");
  SymbolicLimits limits;
  limits.steps = 7;
  CHECK(refusal(graph, limits) == "the formulas need more than 7 steps of algebra [E107]");
  limits = {};
  limits.parts = 5;
  CHECK(refusal(graph, limits) == "the formulas need more than 5 terms and factors at once [E107]");
  limits = {};
  limits.terms = 3;
  CHECK(refusal(graph, limits) == "flops has more than 3 terms in these variables [E607]");
  limits = {};
  limits.length = 20;
  limits.whole = 10;
  CHECK(refusal(graph, limits) ==
        "the formulas need more than 20 characters for one formula [E107]");
  // What may fail is not computed ahead, so it is not named: under a condition a part that divides
  // by a length is in the way.
  std::string nested = "seq_len";
  for (int i = 0; i < 30; ++i)
    nested = "(" + std::to_string(i) + " // (cache_len - " + nested + ") if seq_len > 5 else 1)";
  limits = {};
  limits.nesting = 8;
  CHECK(refusal(relu(nested), limits) ==
        "the formulas need more than 16 levels of nesting for one formula [E107]");
}

TEST_CASE("what has no value has no form, and the error is the reason") {
  // 2**126 twice is 2**127.
  CHECK(refusal(R"({"schema": "lmhost.graph/1", "root": "g.R", "kernels": {"g.R": {"sub_kernels": [
          {"name": "a", "kernel": "torch.nn.ReLU", "bindings": {"num_elements": "seq_len"}, "count": "2**126"},
          {"name": "b", "kernel": "torch.nn.ReLU", "bindings": {"num_elements": "seq_len"}, "count": "2**126"}]}}})") ==
        "overflow of 128 bits in the coefficients of flops at call 'b' [E305]");
  CHECK(refusal(R"({"schema": "lmhost.graph/1", "root": "g.R", "kernels": {"g.R": {"sub_kernels": [
          {"name": "a", "kernel": "torch.nn.ReLU", "bindings": {"num_elements": "seq_len"}, "count": "2**126"},
          {"name": "b", "kernel": "torch.nn.GELU", "bindings": {"num_elements": "seq_len"}, "count": "2**124"}]}}})")
            .find("overflow of 128 bits in the ") == 0);
  // Over the product of four primes above a million, 10**24, which is no denominator.
  CHECK(
      refusal(relu("min(seq_len, 5)/1000003 + min(seq_len, 6)/1000033 + min(seq_len, 7)/1000037 + "
                   "min(seq_len, 8)/1000039")) ==
      "overflow of 128 bits in the common denominator of the coefficients [E305]");
  CHECK(refusal(relu("1 if seq_len > 5 else 3 // (cache_len*0)")).ends_with(" [E305]"));
}

// Comparing two chains that differ at their far end only takes as many steps as they are long, although
// each is a tree of 2**60 leaves.
TEST_CASE("parts are put in order without walking them as trees") {
  const Chain& chain = kChains[0];
  const std::shared_ptr<const Plan> plan = plan_of(twin_chains(chain, 60));
  const std::optional<FormText> form = form_text(Forms(*plan).of(kFlops), FormulaLanguage::kText);
  REQUIRE(form.has_value());
  const RuntimePoint point = point_at(3, 5, 7);
  CHECK(to_string(read_back(*form, point)) == to_string(totals_of(*plan, point).values[0]));
}
