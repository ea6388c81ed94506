// Module databases of every generation: what they become, how formulas are linked, and that every
// mistake has its place.
#include "load/formats/module_database.hpp"

#include <algorithm>

#include "base/codes.hpp"
#include "load/text_file.hpp"
#include "resolve/example.hpp"
#include "support.hpp"

using namespace lmhost;
using namespace lmhost::test;

namespace {

const std::string kInputs = LMHOST_SOURCE_DIR "/tests/inputs/lm-predictor/";

std::string text_of(const std::string& path) {
  const Result<std::shared_ptr<const SourceText>> text = read_text(path);
  REQUIRE_MESSAGE(text.ok(), path);
  return text.value()->text;
}

Result<ModuleDatabase> read(const std::string& text, const Catalog* base = nullptr) {
  const Result<JsonDocument> document = JsonDocument::parse(text_named("db.json", text));
  if (!document) return document.errors();
  return read_module_database(*document, {base});
}

ModuleDatabase database(const std::string& text, const Catalog* base = nullptr) {
  Result<ModuleDatabase> read_back = read(text, base);
  REQUIRE_MESSAGE(read_back.ok(), render(read_back.ok() ? Diagnostics{} : read_back.errors()));
  return std::move(read_back).value();
}

const Kernel& kernel_of(const ModuleDatabase& database, std::string_view name) {
  const auto found = std::find_if(database.plugin.kernels.begin(), database.plugin.kernels.end(),
                                  [&](const Kernel& kernel) { return kernel.name == name; });
  REQUIRE_MESSAGE(found != database.plugin.kernels.end(), std::string(name));
  return *found;
}

// The text of a formula: "flops", or an operand.
std::string formula(const ModuleDatabase& database, std::string_view name, std::string_view what) {
  const Kernel& kernel = kernel_of(database, name);
  if (what == "flops") return kernel.quantities.front().expression->text;
  for (const KernelOperand& operand : kernel.operands)
    if (operand.name == what) return operand.elements->text;
  return "none";
}

// "line:column: message [code]" of each.
std::string lines_of(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& each : diagnostics)
    text += std::to_string(each.line) + ":" + std::to_string(each.column) + ": " + each.message +
            " [" + each.code + "]\n";
  return text;
}

// A v2' entry with these formulas; its parameters are x: int and, of memory, dtype_bytes too.
std::string entry(const std::string& name, const std::string& flops, const std::string& reads = "0",
                  const std::string& parameters = R"({"name":"x","type":"int","description":""})") {
  return "\"" + name + R"(":{"full_class_name":")" + name +
         R"(","code_location":{"file":"f.py","line_start":1,"line_end":2},"flop_analysis":{)"
         R"("thinking_process":"","parameters":[)" +
         parameters + R"(],"calculation_formula":")" + flops +
         R"(","module_depends":[],"breakdown":{}},"memory_analysis":{"thinking_process":"",)"
         R"("parameters":[)" +
         parameters + (parameters.empty() ? "" : ",") +
         R"({"name":"dtype_bytes","type":"int","description":""}],)"
         R"("reads_calculation_formula":")" +
         reads +
         R"(","writes_calculation_formula":"0","intermediates_calculation_formula":"0",)"
         R"("module_depends":[]},"validation":{"human_validated":false}})";
}

std::string modules(const std::string& entries) { return R"({"modules":{)" + entries + "}}"; }

Number evaluated(const ModuleDatabase& database, const std::string& name,
                 const std::string& bindings, std::string_view quantity) {
  Result<Catalog> catalog = Catalog::build({database.plugin});
  REQUIRE(catalog.ok());
  const Result<KernelBindings> bound = parse_bindings(bindings, "bindings");
  REQUIRE(bound.ok());
  const Result<KernelCosts> costs =
      evaluate_kernel(*catalog, Conventions(), *catalog->find(name), *bound);
  REQUIRE_MESSAGE(costs.ok(), render(costs.ok() ? Diagnostics{} : costs.errors()));
  return *expected_quantity(*costs, quantity);
}

}  // namespace

TEST_CASE("v0: a database without modules") {
  const ModuleDatabase empty = database(text_of(kInputs + "module_db.v0.json"));
  CHECK(empty.plugin.kernels.empty());
  CHECK(empty.plugin.version == "1.0");
  CHECK(empty.problems.empty());
  CHECK(plugin_id_of("data/module_db.v0.json") == "module_db_v0");
  CHECK(plugin_id_of("4.46.json") == "db_4_46");
}

TEST_CASE("v2': the real database, with both spellings of parameters in one file") {
  const ModuleDatabase real = database(text_of(kInputs + "module_db.v2.json"));
  CHECK(real.plugin.kernels.size() == 9);
  const std::string llama = "transformers.models.llama.modeling_llama.";

  const Kernel& linear = kernel_of(real, "torch.nn.modules.linear.Linear");
  CHECK(linear.aliases == std::vector<std::string>{"torch_Linear", "torch.nn.Linear"});
  CHECK(linear.source == "pytorch/torch/nn/modules/linear.py:50-129");
  REQUIRE(linear.provenance != nullptr);
  CHECK_FALSE(linear.provenance->human_validated);
  CHECK(linear.provenance->breakdown.size() == 2);
  CHECK(formula(real, linear.name, "flops") == "2*N*in_features*out_features + N*out_features");

  // FLOPs take one parameter, memory four: a call needs the four.
  const Kernel& embedding = kernel_of(real, "torch.nn.modules.sparse.Embedding");
  std::string names;
  for (const KernelParameter& parameter : embedding.parameters)
    names += parameter.name +
             (parameter.default_value != nullptr ? "=" + parameter.default_value->text + " " : " ");
  CHECK(names == "num_indices embedding_dim dtype_bytes=a_bytes index_dtype_bytes=index_bytes ");

  // Four linears in place: q, k, v and o, each 2*N*i*o + N*o.
  CHECK(formula(real, llama + "LlamaSdpaAttention", "flops") ==
        "2*(B*S)*hidden_size*(num_heads*head_dim) + B*S*(num_heads*head_dim) + "
        "(2*(B*S)*hidden_size*(num_key_value_heads*head_dim) + "
        "B*S*(num_key_value_heads*head_dim)) + "
        "(2*(B*S)*hidden_size*(num_key_value_heads*head_dim) + "
        "B*S*(num_key_value_heads*head_dim)) + 3*B*num_heads*S*head_dim + "
        "3*B*num_key_value_heads*S*head_dim + 2*B*num_heads*S*S*head_dim + "
        "(2*(B*S)*hidden_size*hidden_size + B*S*hidden_size)");
  const Kernel& attention = kernel_of(real, llama + "LlamaSdpaAttention");
  REQUIRE(attention.links.size() == 4);
  CHECK(attention.links[1].text ==
        "${torch.nn.Linear}({B} * {S}, {hidden_size}, {num_key_value_heads} * {head_dim})");
  CHECK(attention.links[1].kernel == "torch.nn.modules.linear.Linear");
  REQUIRE(attention.links[1].arguments.size() == 3);
  CHECK(attention.links[1].arguments[2].first == "out_features");
  CHECK(attention.links[1].arguments[2].second->text == "num_key_value_heads*head_dim");
}

TEST_CASE("v2': what the real database gets wrong is said, and spoils nothing else") {
  const ModuleDatabase real = database(text_of(kInputs + "module_db.v2.json"));
  const std::string llama = "transformers.models.llama.modeling_llama.";
  // LlamaRMSNorm takes (B, S, hidden_size) and is called with (B * S, hidden_size); LlamaMLP takes
  // (B, S, hidden_size, intermediate_size); LlamaAttention is in no entry; LlamaDecoderLayer is
  // called with three of its seven parameters, and once by name of the metric only.
  CHECK(lines_of(real.problems) ==
        "221:33: the call gives '" + llama + "LlamaRMSNorm' no 'hidden_size' [E302]\n" +
            "221:121: no module '" + llama + "LlamaAttention' [E101]\n" +
            "221:300: the call gives '" + llama + "LlamaRMSNorm' no 'hidden_size' [E302]\n" +
            "221:387: the call gives '" + llama + "LlamaMLP' no 'intermediate_size' [E302]\n" +
            "406:119: the call gives '" + llama + "LlamaDecoderLayer' no 'num_attention_heads', " +
            "'num_key_value_heads', 'head_dim', 'intermediate_size' [E302]\n" +
            "406:210: the call gives '" + llama + "LlamaRMSNorm' no 'hidden_size' [E302]\n" +
            "456:160: the call gives '" + llama + "LlamaDecoderLayer' no 'num_key_value_heads', " +
            "'head_dim', 'intermediate_size' [E302]\n");
  CHECK(real.warnings.empty());
  CHECK(
      formula(real, llama + "LlamaDecoderLayer", "flops").starts_with("unknown(\"db.json:221:121"));
  // Its bytes do not call anything and are good.
  CHECK(formula(real, llama + "LlamaDecoderLayer", "write") == "B*S*hidden_size*dtype_bytes");
}

TEST_CASE("the list of examples: a call with an argument too few") {
  const ModuleDatabase examples = database(text_of(kInputs + "module_db_examples.json"));
  CHECK(examples.plugin.kernels.size() == 2);
  CHECK(kernel_of(examples, "torch.nn.Linear").provenance->human_validated);
  // Its Linear takes (B, S, input_features, output_features) and is called as (B * S, H, H).
  CHECK(lines_of(examples.problems) ==
        "56:35: the call gives 'torch.nn.Linear' no 'output_features' [E302]\n"
        "56:175: the call gives 'torch.nn.Linear' no 'output_features' [E302]\n");
}

TEST_CASE("v1: the worked example of the first design") {
  const ModuleDatabase example =
      database(text_of(LMHOST_SOURCE_DIR "/catalogs/seeds/worked_example.json"));
  CHECK(example.problems.empty());
  CHECK(example.warnings.empty());
  CHECK(kernel_of(example, "Linear").provenance->validator == "manual");
  const std::string at =
      "B=1, S=2048, hidden_size=4096, num_heads=32, intermediate_size=11008, dtype_bytes=2";
  const std::int64_t s = 2048, h = 4096, i = 11008;
  // Q, K, V, O; the scores alone, as the design counts; two norms at 5; up, 1 per element, down.
  const std::int64_t attention = 4 * 2 * s * h * h + 2 * 32 * s * s * 128;
  const std::int64_t mlp = 2 * 2 * s * h * i + s * i;
  CHECK(attention == 309'237'645'312);
  CHECK(mlp == 369'389'731'840);  // the design prints 369,793,695,744
  CHECK(attention + mlp + 2 * 5 * s * h == 678'711'263'232);
  CHECK(evaluated(example, "TransformerBlock", at, "flops") == Number(678'711'263'232));
  // In a formula of reads the same calls mean reads: weights and inputs of six linears, two norms.
  const std::int64_t reads =
      2 * (4 * (h * h + s * h) + (h * i + s * h) + (i * h + s * i) + 2 * (s * h + 2 * h));
  CHECK(evaluated(example, "TransformerBlock", at, "read") == Number(reads));
  CHECK(evaluated(example, "TransformerBlock", at, "scratch") == Number(2 * (32 * s * s + s * i)));
}

TEST_CASE("the bare inner map, one entry, lmhost's own form") {
  const std::string one = entry("m.A", "2*{x}");
  CHECK(database("{" + one + "}").plugin.kernels.size() == 1);
  CHECK(database(one.substr(one.find(':') + 1)).plugin.kernels.front().name == "m.A");
  CHECK(database("[" + one.substr(one.find(':') + 1) + "]").plugin.kernels.size() == 1);
  CHECK(
      database(R"({"schema":"lmhost.modules/1","modules":{)" + one + "}}").plugin.kernels.size() ==
      1);
}

TEST_CASE("linking: spellings, named arguments, swaps, a base catalogue") {
  const std::string two =
      R"({"name":"a","type":"int","description":""},{"name":"b","type":"int","description":""})";
  const ModuleDatabase db = database(
      modules(entry("pkg.mod.Sub", "{a} - 2*{b}", "{a}*dtype_bytes", two) + "," +
              entry("m.Swap", "{pkg__mod__Sub}({b}, {a})", "${Sub}(b={a}, a={b} + 1)", two) + "," +
              entry("m.Plug", "{torch.nn.functional.linear}({a}, {b}, 3)",
                    "{torch.nn.functional.linear}(N={a}, M={b}, K=5)", two)),
      first_party_catalog().get());
  CHECK(lines_of(db.problems) == "");
  CHECK(formula(db, "m.Swap", "flops") == "b - 2*a");  // at once, not one after the other
  // Nobody passes dtype_bytes: it is the caller's own.
  CHECK(formula(db, "m.Swap", "read") == "(b + 1)*dtype_bytes");
  // 2*M*K*N without a bias; M*K inputs and N*K weights, each in its own precision.
  CHECK(evaluated(db, "m.Plug", "a=7, b=11", "flops") == Number(2 * 7 * 11 * 3));
  CHECK(evaluated(db, "m.Plug", "a=7, b=11, a_bits=16, w_bits=4", "read") ==
        Number(11 * 5 * 2) + divide(Number(7 * 5), Number(2)));
}

TEST_CASE("linking: what cannot be linked") {
  const std::string typed =
      R"({"name":"x","type":"int","description":""},{"name":"kind","type":"str","description":""})";
  const auto problems = [&](const std::string& flops) {
    const ModuleDatabase db = database(
        modules(entry("m.A", flops) + "," + entry("m.T", "{x}", "0", typed) + "," +
                entry("p.Same", "1") + "," + entry("q.Same", "1") + "," +
                entry("m.Loop", "{m.Ring}({x})") + "," + entry("m.Ring", "{m.Loop}({x} + 1)")));
    std::string text;
    for (const Diagnostic& each : db.problems)
      if (each.context.front() == "m.A") text += each.message + " [" + each.code + "] " + each.hint;
    return text;
  };
  CHECK(problems("{m.Nobody}(1)") == "no module 'm.Nobody' [E101] ");
  CHECK(problems("{Same}({x})") ==
        "'Same' is the end of several modules' names [E119] write one of 'p.Same', 'q.Same'");
  CHECK(problems("{p.Same}(1, 2)") == "'p.Same' is called with 2 arguments [E118] it takes (x)");
  CHECK(problems("{p.Same}()") == "the call gives 'p.Same' no 'x' [E302] it takes (x)");
  CHECK(problems("{p.Same}(y=1)") == "'p.Same' has no parameter 'y' [E301] it takes (x)");
  CHECK(problems("{p.Same}(1, x=2)") == "parameter 'x' of 'p.Same' is given twice [E110] ");
  CHECK(problems("{p.Same}(1.5)") == "parameter 'x' of 'p.Same' is an int, not 1.5 [E304] ");
  CHECK(problems("{p.Same}('a')") == "parameter 'x' of 'p.Same' is an int, not 'a' [E304] ");
  CHECK(problems("{m.T}({x}, 3)") == "parameter 'kind' of 'm.T' is a str, not 3 [E304] ");
  CHECK(problems("{m.T}({x}, {x})") == "parameter 'kind' of 'm.T' is a str, not a number [E304] ");
  CHECK(problems("{m.T}({x}, 'causal')") == "");
  CHECK(problems("{m.A}({x})") == "FLOPs of 'm.A' depend on themselves: m.A > m.A [E109] ");

  const ModuleDatabase ring =
      database(modules(entry("m.Loop", "{m.Ring}({x})") + "," + entry("m.Use", "{m.Loop}(1)") +
                       "," + entry("m.Ring", "{m.Loop}({x} + 1)")));
  REQUIRE(ring.problems.size() == 1);
  CHECK(ring.problems[0].message ==
        "FLOPs of 'm.Loop' depend on themselves: m.Loop > m.Ring > m.Loop");
  for (const char* name : {"m.Loop", "m.Ring", "m.Use"})
    CHECK(formula(ring, name, "flops").starts_with("unknown("));
}

TEST_CASE("a kernel that cannot be linked fails where it is used, with the reason") {
  const ModuleDatabase db = database(modules(entry("m.A", "{m.Nobody}(1)")));
  Result<Catalog> catalog = Catalog::build({db.plugin});
  REQUIRE(catalog.ok());
  const Result<KernelBindings> bound = parse_bindings("x=1", "bindings");
  const Result<KernelCosts> costs =
      evaluate_kernel(*catalog, Conventions(), *catalog->find("m.A"), *bound);
  REQUIRE_FALSE(costs.ok());
}

TEST_CASE("formulas that double with every call are refused before they are built") {
  std::string entries = entry("m.L0", "{x} + {x}");
  for (int i = 1; i < 40; ++i) {
    const std::string below = "{m.L" + std::to_string(i - 1) + "}({x})";
    entries += "," + entry("m.L" + std::to_string(i), below + " + " + below);
  }
  const ModuleDatabase db = database(modules(entries));
  REQUIRE(db.problems.size() == 1);
  CHECK(db.problems[0].code == codes::kLimit);
}

TEST_CASE("a breakdown that does not sum to its formula is a warning") {
  std::string text = entry("m.A", "5*{x}");
  const std::string none = R"("breakdown":{})";
  const auto with = [&](const std::string& breakdown) {
    std::string changed = text;
    changed.replace(changed.find(none), none.size(), R"("breakdown":)" + breakdown);
    return lines_of(database(modules(changed)).warnings);
  };
  CHECK(with(R"({"a":"{x}","b":"4*{x}"})") == "");
  CHECK(with(R"({"a":"{x}","b":"3*{x}"})")
            .find("the breakdown of 'm.A' sums to 28, its formula gives 35 [E120]") !=
        std::string::npos);
  CHECK(with(R"j({"a":"{m.Nobody}(1)"})j").find("no module 'm.Nobody'") != std::string::npos);
}

TEST_CASE("sentinels are no formulas, and no zeros") {
  const ModuleDatabase db = database(modules(entry("m.A", "varies")));
  CHECK(db.problems.empty());
  CHECK(formula(db, "m.A", "flops") ==
        "unknown(\"the analysis of 'm.A' says 'varies' for its FLOPs\")");
}

TEST_CASE("mistakes of form, each at its place") {
  const std::string good = modules(entry("m.A", "2*{x}"));
  const auto error = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    const std::size_t at = text.find(from);
    REQUIRE_MESSAGE(at != std::string::npos, std::string(from));
    text.replace(at, from.size(), to);
    const Result<ModuleDatabase> result = read(text);
    REQUIRE_FALSE(result.ok());
    const Diagnostic& first = result.errors().front();
    CHECK(first.line == 1);
    CHECK(first.column > 1);
    return first.message + " [" + first.code + "]";
  };
  CHECK(error("full_class_name", "full_class") == "the module has no 'full_class_name' [E106]");
  CHECK(error("2*{x}", "2*{y}") == "the module has no parameter 'y' [E203]");
  CHECK(error("2*{x}", "2*{x") == "'{' is never closed [E201]");
  CHECK(error("2*{x}", "open({x})") == "unknown function 'open' [E202]");
  CHECK(error("2*{x}", "max({x}") == "'(' is never closed [E201]");
  CHECK(error("\"2*{x}\"", "2") == "'calculation_formula' must be a string, not a number [E105]");
  CHECK(error("\"type\":\"int\"", "\"type\":\"integer\"") == "unknown type 'integer' [E108]");
  CHECK(error("\"type\":\"int\",", "") == "the parameter has no 'type' [E106]");
  CHECK(error("\"name\":\"x\"", "\"name\":\"2x\"") == "'2x' is no name of a parameter [E108]");
  CHECK(error("\"line_start\":1", "\"line_start\":0") ==
        "'line_start' must be a line number from 1 [E108]");
  CHECK(error("\"line_end\":2", "\"line_end\":0.5") ==
        "'line_end' must be a line number from 1 [E108]");
  CHECK(error("\"breakdown\":{}", "\"breakdown\":[]") ==
        "'breakdown' must be an object, not an array [E105]");
  CHECK(error("\"human_validated\":false", "\"human_validated\":0") ==
        "'human_validated' must be a boolean, not a number [E105]");
  CHECK(error("\"human_validated\":false", "\"status\":\"done\"") ==
        "unknown status 'done' [E108]");
  CHECK(error("\"module_depends\":[]", "\"function_code\":\"def f(): pass\"") ==
        "the FLOP analysis has no 'module_depends' [E106]");
  CHECK(error("\"full_class_name\"", "\"function_code\":\"import os\",\"full_class_name\"") ==
        "'function_code' is code, and data carries none [E104]");
}

// Every key of the real file taken away, every value made one of another type: the reader refuses
// the result and says where, or it was not needed.
TEST_CASE("malformed variants of the real database") {
  const std::string text = text_of(kInputs + "module_db.v2.json");
  const Result<JsonDocument> document = JsonDocument::parse(text_named("db.json", text));
  REQUIRE(document.ok());
  const JsonValue entry = document->root().find("modules").find("torch_Linear");
  std::vector<JsonMember> members;
  const auto collect = [&](JsonValue object) {
    for (const JsonMember& member : object.members()) members.push_back(member);
  };
  collect(entry);
  for (const char* part : {"code_location", "flop_analysis", "memory_analysis", "validation"})
    collect(entry.find(part));
  collect(*entry.find("flop_analysis").find("parameters").elements().begin());
  CHECK(members.size() == 5 + 3 + 5 + 6 + 1 + 3);
  for (const JsonMember& member : members) {
    CAPTURE(std::string(member.key()));
    std::string renamed = text;
    renamed.insert(member.name.offset() + 1, "zz");
    const Result<ModuleDatabase> without = read(renamed);
    REQUIRE_FALSE(without.ok());
    CHECK(without.errors().front().line > 1);
    std::string retyped = text;
    if (member.value.is(JsonKind::kObject) || member.value.is(JsonKind::kArray))
      retyped.insert(member.value.offset(), "17,\"spare\":");
    else
      retyped.replace(member.value.offset(), member.value.length(), "[]");
    const Result<ModuleDatabase> other = read(retyped);
    REQUIRE_FALSE(other.ok());
    CHECK(other.errors().front().line > 1);
  }
}
