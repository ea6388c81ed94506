// Traces: every row's value is what its substituted formula says, and rows add up to the row above.
#include "study/kernel_trace.hpp"

#include <doctest/doctest.h>

#include <optional>

#include "formula/evaluate.hpp"
#include "load/kernel_names.hpp"
#include "report/kernels.hpp"
#include "resolve/composite_call.hpp"
#include "support.hpp"

using namespace lmhost;
using namespace lmhost::test;

namespace {

// Nothing for a formula that calls a function of its plugin.
std::optional<Number> value_of(const std::string& formula) {
  const Result<Expression> expression = parse_expression(formula, "trace");
  REQUIRE_MESSAGE(expression.ok(), formula);
  const FormulaValue value =
      evaluate_formula(*expression, {[](std::string_view) { return nullptr; }, {}});
  if (value.error_text.starts_with("unknown function")) return std::nullopt;
  REQUIRE_MESSAGE(value.ok(), value.error_text << " in " << formula);
  return value.value.number;
}

// What a row says holds in itself and with the rows below.
void check_rows(const KernelTrace& trace) {
  for (std::size_t i = 0; i < trace.rows.size(); ++i) {
    const TraceRow& row = trace.rows[i];
    CAPTURE(row.title);
    const std::optional<Number> value =
        row.substituted.empty() ? std::nullopt : value_of(row.substituted);
    if (value && row.value.is_inexact())
      CHECK(value->to_double() == doctest::Approx(row.value.to_double()).epsilon(1e-12));
    else if (value)
      CHECK(to_string(*value) == to_string(row.value));
    if (!row.formula.empty()) continue;
    Number sum = 0;
    for (std::size_t k = i + 1; k < trace.rows.size() && trace.rows[k].depth > row.depth; ++k)
      if (trace.rows[k].depth == row.depth + 1)
        sum = sum + trace.rows[k].value * trace.rows[k].count;
    CHECK(to_string(sum) == to_string(row.value));
  }
}

KernelTrace trace_of(std::string_view name, const std::string& arguments) {
  const Catalog& catalog = *first_party_catalog();
  const Result<const Kernel*> kernel = find_spelling(catalog, name);
  REQUIRE(kernel.ok());
  const Result<KernelBindings> bindings = parse_bindings(arguments, "<test>", *kernel);
  REQUIRE(bindings.ok());
  Result<KernelTrace> trace = trace_kernel(catalog, Conventions(), **kernel, *bindings);
  REQUIRE_MESSAGE(trace.ok(), render(trace.ok() ? Diagnostics{} : trace.errors()));
  return std::move(*trace);
}

}  // namespace

TEST_CASE("a kernel: formula, values, result, per operand") {
  // 2*2*3*4 = 48; 2*3 elements of 16 bits are 12 bytes, 3*4 are 24, 2*4 are 16.
  TextStyle style;
  style.unicode = false;
  CHECK(write_trace(trace_of("torch.mm", "M=2, K=3, N=4"), style) ==
        "\n"
        "flops of torch.mm(M=2, K=3, N=4) = 2*M*K*N = 2*2*3*4 = 48\n"
        "\n"
        "memory_read of torch.mm(M=2, K=3, N=4) = 36\n"
        "|- input = M*K*input_bits/8 = 2*3*16/8 = 12\n"
        "`- mat2 = K*N*other_bits/8 = 3*4*16/8 = 24\n"
        "\n"
        "memory_write of torch.mm(M=2, K=3, N=4) = 16\n"
        "`- output = M*N*output_bits/8 = 2*4*16/8 = 16\n");
}

TEST_CASE("every example of every kernel: its trace holds") {
  const Catalog& catalog = *first_party_catalog();
  std::size_t rows = 0;
  for (const Kernel* kernel : catalog.kernels()) {
    for (const KernelExample& example : kernel->examples) {
      const Result<KernelBindings> bindings = parse_bindings(example.bindings, "<test>", kernel);
      REQUIRE(bindings.ok());
      const Result<KernelTrace> trace = trace_kernel(catalog, Conventions(), *kernel, *bindings);
      CAPTURE(kernel->name);
      REQUIRE_MESSAGE(trace.ok(), render(trace.ok() ? Diagnostics{} : trace.errors()));
      check_rows(*trace);
      rows += trace->rows.size();
    }
  }
  CHECK(rows > 1'000);
}

TEST_CASE("a composite: the recursion down to the formulas") {
  Result<Model> model =
      load_model({"llama-2-7b", std::nullopt, {}, built_host().prefix(), nullptr, nullptr});
  REQUIRE(model.ok());
  const Result<CompositeCall> call =
      call_composite(*model, "LlamaMLP",
                     {{"seq_len", Value::of(Number(2048))}, {"batch_size", Value::of(Number(1))}});
  REQUIRE_MESSAGE(call.ok(), render(call.ok() ? Diagnostics{} : call.errors()));
  Workload workload;
  call->set_point(workload);
  Result<Analysis> analysis = built_host().plan(call->model, workload);
  REQUIRE_MESSAGE(analysis.ok(), render(analysis.ok() ? Diagnostics{} : analysis.errors()));
  const Schedule schedule = make_schedule(*analysis->plan);
  analysis = Host::evaluate(std::move(*analysis), schedule, 1u);
  REQUIRE(analysis.ok());
  const KernelTrace trace = trace_composite(*analysis->tree);
  check_rows(trace);
  // Seed 001's MLP as Llama has it: three linear layers of 2*2048*4096*11008 FLOP (the seed prints
  // 184,885,575,680 for one, an arithmetic slip), SiLU, and the product of gate and up.
  REQUIRE(trace.rows.size() > 4);
  CHECK(trace.rows[0].title == "flops of transformers.models.llama.modeling_llama.LlamaMLP");
  std::size_t linears = 0;
  for (const TraceRow& row : trace.rows) {
    if (row.formula.find("2*M*K*N") != 0 || row.depth != 1) continue;
    CHECK(row.value == Number(std::int64_t{184'683'593'728}));
    ++linears;
  }
  CHECK(linears == 3);
}

TEST_CASE("arguments of a composite that are none of its names") {
  Result<Model> model =
      load_model({"llama-2-7b", std::nullopt, {}, built_host().prefix(), nullptr, nullptr});
  REQUIRE(model.ok());
  const auto error = [&](std::string_view name,
                         const std::vector<std::pair<std::string, Value>>& arguments) {
    const Result<CompositeCall> call = call_composite(*model, name, arguments);
    return call.ok() ? std::string("ok") : render(call.errors());
  };
  CHECK(error("LlamaMlp", {}) ==
        "lmhost: error: the graph has no kernel 'LlamaMlp' [E101]\n"
        "  did you mean 'transformers.models.llama.modeling_llama.LlamaMLP'?\n");
  CHECK(error("LlamaMLP", {{"seq", Value::of(Number(1))}}) ==
        "lmhost: error: 'transformers.models.llama.modeling_llama.LlamaMLP' has no parameter 'seq' "
        "[E301]\n  did you mean 'seq_len'?\n");
  CHECK(error("LlamaMLP", {{"seq_len", Value::of(std::string("long"))}}) ==
        "lmhost: error: 'seq_len' must be an exact number of 0 or more, not 'long' [E304]\n");
  CHECK(error("LlamaMLP", {{"bytes", Value::of(Number(1))}}) == "ok");
}

TEST_CASE("a module database: the recursion of the ancestor's worked example") {
  HostOptions options;
  options.prefix = LMHOST_BINARY_DIR;
  options.catalogs = {LMHOST_SOURCE_DIR "/catalogs/seeds/worked_example.json"};
  const Result<Host> host = Host::open(options);
  REQUIRE_MESSAGE(host.ok(), render(host.ok() ? Diagnostics{} : host.errors()));
  const Result<const Kernel*> kernel = find_spelling(host->catalog(), "TransformerBlock");
  REQUIRE_MESSAGE(kernel.ok(), render(kernel.ok() ? Diagnostics{} : kernel.errors()));
  const Result<KernelBindings> bindings = parse_bindings(
      "B=1, S=2048, hidden_size=4096, num_heads=32, intermediate_size=11008, dtype_bytes=2",
      "<test>", *kernel);
  REQUIRE_MESSAGE(bindings.ok(), render(bindings.ok() ? Diagnostics{} : bindings.errors()));
  const Result<KernelTrace> trace =
      trace_kernel(host->catalog(), host->conventions(), **kernel, *bindings);
  REQUIRE_MESSAGE(trace.ok(), render(trace.ok() ? Diagnostics{} : trace.errors()));

  // Seed 001 section 4, its MLP lines corrected (2*2048*4096*11008 = 184,683,593,728):
  // MHA 4*2*2048*4096^2 + 2*32*2048^2*128 (one product, as the seed has it), LayerNorm
  // 5*2048*4096, MLP 2*2*2048*4096*11008 + 2048*11008, LayerNorm.
  const std::int64_t parts[] = {309'237'645'312, 41'943'040, 369'389'731'840, 41'943'040};
  REQUIRE(trace->rows.size() > 5);
  CHECK(trace->rows[0].depth == 0);
  CHECK(trace->rows[0].value == Number(std::int64_t{678'711'263'232}));
  std::size_t part = 0, linears = 0;
  for (std::size_t i = 1; i < trace->rows.size() && trace->rows[i].depth > 0; ++i) {
    const TraceRow& row = trace->rows[i];
    CAPTURE(row.title);
    if (row.depth == 1) {
      REQUIRE(part < std::size(parts));
      CHECK(row.value == Number(parts[part++]));
    }
    if (row.depth == 2 && row.title.find("Linear(") != std::string::npos) ++linears;
    if (!row.substituted.empty()) CHECK(value_of(row.substituted) == row.value);
  }
  CHECK(part == 4);
  CHECK(linears == 4);  // the projections, counted thrice in one call, o, up and down
}
