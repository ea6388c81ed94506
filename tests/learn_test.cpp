// Learning a module: answers judged by themselves, then the whole command with a stand-in for the
// agent, in every way that an agent can fail.
#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <vector>

#include "check/module_answer.hpp"
#include "check/process.hpp"
#include "load/formats/module_database.hpp"
#include "load/text_file.hpp"
#include "resolve/example.hpp"
#include "scratch_folder.hpp"
#include "support.hpp"

using namespace lmhost;

namespace {

constexpr const char* kTests = LMHOST_SOURCE_DIR "/tests/agents";
const std::string kNorm = "tinylm.models.tiny.modeling_tiny.TinyNorm";
const std::string kMlp = "tinylm.models.tiny.modeling_tiny.TinyMLP";

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string answer_text(const std::string& name) {
  return read_file(std::string(kTests) + "/answers/" + name + ".json");
}

// The text with one part replaced.
std::string with(std::string text, std::string_view part, std::string_view by) {
  const std::size_t at = text.find(part);
  REQUIRE_MESSAGE(at != std::string::npos, part);
  return text.replace(at, part.size(), by);
}

// Codes and messages of what is wrong with an answer, one a line.
std::string wrong_with(const std::string& answer, const std::string& module = kNorm) {
  AnswerRules rules;
  rules.module = module;
  rules.known = test::first_party_catalog().get();
  const Result<ModuleAnswer> checked =
      check_module_answer(test::text_named("answer", answer), rules);
  std::string text;
  if (!checked.ok())
    for (const Diagnostic& error : checked.errors())
      text += error.code + " " + std::to_string(error.line) + ": " + error.message + "\n";
  return text;
}

Number cost_of(const ModuleAnswer& answer, const std::string& bindings, std::string_view what) {
  const Result<Catalog> catalog = Catalog::build({answer.plugin});
  REQUIRE(catalog.ok());
  const Result<KernelBindings> point = parse_bindings(bindings, "point");
  REQUIRE(point.ok());
  const Result<KernelCosts> costs =
      evaluate_kernel(*catalog, Conventions(), *catalog->kernels().front(), *point);
  REQUIRE_MESSAGE(costs.ok(), render(costs.ok() ? Diagnostics{} : costs.errors()));
  return expected_quantity(*costs, what).value();
}

}  // namespace

TEST_CASE("a right answer costs what its formulas say") {
  AnswerRules rules;
  rules.module = kMlp;
  rules.known = test::first_party_catalog().get();
  const Result<ModuleAnswer> mlp =
      check_module_answer(test::text_named("answer", answer_text("mlp")), rules);
  REQUIRE_MESSAGE(mlp.ok(), render(mlp.ok() ? Diagnostics{} : mlp.errors()));
  // N=3, hidden 5, intermediate 7, 2 bytes. FLOPs: 2*3*5*7 + 3*7 + 2*3*7*5 = 210 + 21 + 210.
  const std::string point = "N=3, hidden_size=5, intermediate_size=7";
  CHECK(cost_of(*mlp, point, "flops") == Number(441));
  // Elements read: (15 + 35) + 21 + (21 + 35) = 127; written: 21 + 21 + 15 = 57; kept: 2*21.
  CHECK(cost_of(*mlp, point, "read") == Number(254));
  CHECK(cost_of(*mlp, point, "write") == Number(114));
  CHECK(cost_of(*mlp, point, "scratch") == Number(84));
  CHECK(wrong_with(answer_text("norm")).empty());
}

TEST_CASE("a fence around an answer is no part of it, and moves no place") {
  CHECK(wrong_with("```json\n" + answer_text("norm") + "```\n").empty());
  CHECK(wrong_with("\n```\n" + answer_text("norm") + "```").empty());
  CHECK(wrong_with("```json\n" + with(answer_text("norm"), "\"breakdown\"", "\"brakdown\"") + "```")
            .substr(0, 8) == "E104 12:");
  CHECK(wrong_with("Here it is:\n" + answer_text("norm")).substr(0, 7) == "E102 1:");
}

TEST_CASE("what is wrong with an answer is said at its place") {
  struct Case {
    std::string_view part, by, expected;
  };
  const Case cases[] = {
      // Form.
      {"\"flop_analysis\"", "\"flops\"",
       "E104 3: unknown key 'flops' in the answer\nE106 1: the answer has no 'flop_analysis'\n"},
      {"[],\n    \"breakdown\"", "{},\n    \"breakdown\"",
       "E105 10: 'module_depends' must be an array, not an object\n"},
      {"\"0\"", "0",
       "E105 25: 'intermediates_calculation_formula' must be a string, not a number\n"},
      {"\"0\"", "\"\"", "E108 25: 'intermediates_calculation_formula' is empty\n"},
      {"\"type\": \"int\"", "\"type\": \"integer\"", "E108 6: no type 'integer'\n"},
      {"\"hidden_size\", \"type\"", "\"hidden size\", \"type\"",
       "E108 7: 'hidden size' cannot be the name of a parameter\n"},
      {"false}", "true}", "E108 29: an answer cannot be validated already\n"},
      {"\"line_start\": 1", "\"line_start\": 0",
       "E108 28: 'line_start' must be a whole number from 1\n"},
      // Another module.
      {"TinyNorm", "TinyMLP",
       "E704 2: the answer is about 'tinylm.models.tiny.modeling_tiny.TinyMLP'\n"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.by);
    CHECK(wrong_with(with(answer_text("norm"), one.part, one.by)) == one.expected);
  }
}

TEST_CASE("what an answer means is judged") {
  const auto formula = [](std::string_view text) {
    return wrong_with(with(
        with(answer_text("norm"), "4 * {N} * {hidden_size} + 2 * {N}\"", std::string(text) + "\""),
        "\"square, mean, scale, weight\": \"4 * {N} * {hidden_size}\",\n"
        "      \"add, rsqrt\": \"2 * {N}\"",
        ""));
  };
  CHECK(formula("4 * {N} * {hidden_size}").empty());
  // Formulas that do not compile, names that are not there, calls that do not fit.
  for (const auto& row : std::vector<std::tuple<std::string, std::string, std::string>>{
           {"4 * * {N}", "E201", ""},
           {"4 * {n}", "E203", "'n'"},
           {"__import__('os').system('true')", "E", ""},
           {"${torch.nn.Liner}(M={N}, K=1, N=1)", "E101", "torch.nn.Liner"},
           {"${torch.nn.Linear}(M={N}, K=1)", "E", "N"},
           {"${torch.nn.Linear}(M={N}, K=1, N=1, Q=1)", "E", "Q"},
           {"${" + kNorm + "}(N={N}, hidden_size=1)", "E109", ""},
           // Costs that cannot be.
           {"0 - {N}", "E308", "negative"},
           {"{N} // ({hidden_size} - {hidden_size})", "E305", ""},
           {"10 ** 40 * {N}", "E305", ""},
           {"1000000 // {N}", "E414", "shrink"}}) {
    const auto& [text, code, message] = row;
    CAPTURE(std::get<0>(row));
    const std::string wrong = formula(text);
    CAPTURE(wrong);
    CHECK(wrong.substr(0, code.size()) == code);
    CHECK(wrong.find(message) != std::string::npos);
  }
  // Work without traffic, and nothing at all.
  std::string idle = with(answer_text("norm"),
                          "\"({N} * {hidden_size} + {hidden_size}) * {dtype_bytes}\"", "\"0\"");
  CHECK(wrong_with(idle).find("FLOP and reads no byte at N=") != std::string::npos);
  idle = with(with(idle, "\"{N} * {hidden_size} * {dtype_bytes}\"", "\"0\""),
              "\"4 * {N} * {hidden_size} + 2 * {N}\"", "\"0\"");
  idle = with(with(idle, "\"4 * {N} * {hidden_size}\"", "\"0\""), "\"2 * {N}\"", "\"0\"");
  CHECK(wrong_with(idle).find("no formula uses the parameter 'N'\n") != std::string::npos);
  for (const std::string_view one : {"\"N\"", "\"hidden_size\"", "\"dtype_bytes\""})
    for (std::size_t at; (at = idle.find("{\"name\": " + std::string(one))) != std::string::npos;) {
      const std::size_t end = idle.find('}', at) + 1;
      idle.erase(at, end - at + (idle[end] == ',' ? 1 : 0));
    }
  for (std::size_t at; (at = idle.find(",\n      \n")) != std::string::npos;) idle.erase(at, 1);
  CHECK(wrong_with(idle) == "E414 1: it costs nothing, whatever its parameters are\n");
  // What is declared and not used; what is used and not declared.
  CHECK(wrong_with(with(answer_text("norm"), "{\"name\": \"hidden_size\"",
                        "{\"name\": \"eps\", \"type\": \"float\", \"description\": \"\"},\n"
                        "      {\"name\": \"hidden_size\"")) ==
        "E108 7: no formula uses the parameter 'eps'\n");
  CHECK(wrong_with(with(answer_text("norm"), "[],\n    \"breakdown\"",
                        "[\"torch.nn.Linear\"],\n    \"breakdown\"")) ==
        "E108 10: no formula of this analysis calls 'torch.nn.Linear'\n");
  CHECK(wrong_with(with(answer_text("mlp"), "[\"torch.nn.Linear\"]", "[]"), kMlp) ==
        "E108 11: a formula calls 'torch.nn.functional.linear', which is not listed\n");
  // Parts that are not the whole.
  const std::string parts = wrong_with(with(answer_text("norm"), "\"2 * {N}\"", "\"3 * {N}\""));
  CHECK(parts.substr(0, 4) == "E120");
}

TEST_CASE("an answer cut or changed anywhere is judged, whatever it is then") {
  const std::string whole = answer_text("mlp");
  const std::size_t end = whole.rfind('}');
  for (std::size_t size = 0; size <= end; size += 7)
    CHECK_FALSE(wrong_with(whole.substr(0, size), kMlp).empty());
  // One byte for another: refused or not, never a crash.
  std::size_t refused = 0, tried = 0;
  for (const char c : {'"', '{', '}', '(', '$', '0', '\xff'})
    for (std::size_t at = static_cast<unsigned char>(c) % 5; at < whole.size(); at += 31) {
      std::string changed = whole;
      changed[at] = c;
      refused += !wrong_with(changed, kMlp).empty();
      ++tried;
    }
  CHECK(tried > 400);
  CHECK(refused > tried / 4);
}

// The program, with tests/agents/stand_in for the agent.

namespace {

struct Run {
  int status = 0;
  std::string out, err;
};

class Learning {
 public:
  Learning() : store(folder.path() + "/modules.json") {}

  Run run(const std::vector<std::string>& arguments) const {
    ProcessOptions options;
    options.program = LMHOST_BINARY_DIR "/bin/lmhost";
    options.arguments = {"lmhost"};
    options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
    options.environment = {"PATH=/usr/bin:/bin", "TMPDIR=" + folder.path(),
                           "STAND_IN_PROMPT=" + folder.path() + "/prompt",
                           "STAND_IN_CHILD=" + folder.path() + "/child"};
    options.environment->insert(options.environment->begin(), environment.begin(),
                                environment.end());
    options.kept_errors = 100'000;
    options.timeout = std::chrono::seconds(60);
    Result<ProcessResult> result = run_process(options);
    REQUIRE(result.ok());
    REQUIRE(result->end == ProcessEnd::kExited);
    return {result->status, result->answer, result->errors};
  }

  // lmhost learn NAME with the stand-in in this mode.
  Run learn(const std::string& mode, const std::string& name, const std::string& answer = "norm",
            std::vector<std::string> more = {"--retries", "0"}) const {
    std::vector<std::string> arguments = {"learn",
                                          name,
                                          "--catalog",
                                          store,
                                          "--source",
                                          std::string(kTests) + "/source",
                                          "--progress",
                                          "plain",
                                          "--agent",
                                          std::string("'") + kTests + "/stand_in' " + mode + " " +
                                              kTests + "/answers/" + answer + ".json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }

  std::string quarantine(const std::string& name) const {
    return read_file(store + ".quarantine/" + name);
  }

  // Nothing but what a test has made.
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }

  ScratchFolder folder;
  std::string store;
  std::vector<std::string> environment;  // more of it
};

}  // namespace

TEST_CASE("a module is learned once") {
  const Learning learning;
  const Run first = learning.learn("right", "modeling_tiny.TinyNorm");
  CHECK_MESSAGE(first.status == 0, first.err);
  CHECK(first.err == "[1/1] " + kNorm + ": asking the agent, attempt 1 of 1\n[1/1] " + kNorm +
                         ": learned, " + learning.store + "\n");
  CHECK(first.out.find("0 cached, 1 learned, 0 failed\n") != std::string::npos);
  // Only the database and what the stand-in kept: no lock, no temporary file, no folder of the agent.
  CHECK(learning.files() == std::vector<std::string>{"modules.json", "prompt"});

  const std::string text = read_file(learning.store);
  for (const char* part :
       {"\"human_validated\": false", "\"file\": \"tinylm/models/tiny/modeling_tiny.py\"",
        "\"line_start\": 19", "\"line_end\": 27", "\"source_version\": \"1.2.3\"",
        "\"sha256\": \"sha256:"}) {
    CAPTURE(part);
    CHECK(text.find(part) != std::string::npos);
  }
  const Result<JsonDocument> document = JsonDocument::parse(test::text_named("db", text));
  REQUIRE(document.ok());
  const Result<ModuleDatabase> database = read_module_database(*document);
  REQUIRE(database.ok());
  CHECK(database->problems.empty());
  REQUIRE(database->plugin.kernels.size() == 1);
  CHECK(database->plugin.kernels[0].name == kNorm);
  REQUIRE(database->plugin.kernels[0].provenance != nullptr);
  CHECK_FALSE(database->plugin.kernels[0].provenance->human_validated);

  // Known now: no agent is asked, not even one that is not there.
  const Run again = learning.run({"learn", "TinyNorm", "--catalog", learning.store});
  CHECK_MESSAGE(again.status == 0, again.err);
  CHECK(again.err == "[1/1] " + kNorm + ": cached, " + learning.store + "\n");
  CHECK(again.out.find("1 cached, 0 learned, 0 failed\n") != std::string::npos);
  CHECK(read_file(learning.store) == text);
  // And one of a plugin.
  const Run plugin = learning.run({"learn", "torch.nn.Linear", "--catalog", learning.store});
  CHECK(plugin.status == 0);
  CHECK(plugin.err.find("cached, plugin matmul ") != std::string::npos);
}

TEST_CASE("--force learns again, in its place") {
  const Learning learning;
  REQUIRE(learning.learn("right", kNorm).status == 0);
  const std::string before = read_file(learning.store);
  const Run again = learning.learn("right", kNorm, "norm", {"--force"});
  CHECK_MESSAGE(again.status == 0, again.err);
  CHECK(again.out.find("1 learned") != std::string::npos);
  CHECK(read_file(learning.store) == before);
}

TEST_CASE("answers in a file, in a fence, on the second try") {
  for (const std::string& mode :
       {std::string("output"), std::string("fenced"), std::string("environment")}) {
    CAPTURE(mode);
    const Learning learning;
    const Run run = learning.learn(mode, kNorm);
    CHECK_MESSAGE(run.status == 0, run.err);
    CHECK(read_file(learning.store).find(kNorm) != std::string::npos);
  }
  const Learning learning;
  const Run run = learning.learn("second", kNorm, "norm", {});
  CHECK_MESSAGE(run.status == 0, run.err);
  CHECK(run.err.find("attempt 1 of 3\n") != std::string::npos);
  CHECK(run.err.find("answer 1 of 3 refused\n") != std::string::npos);
  CHECK(run.err.find("attempt 2 of 3\n") != std::string::npos);
  // The errors went with the second question.
  const std::string prompt = read_file(learning.folder.path() + "/prompt");
  CHECK(prompt.find("Your answer number 1 was refused.") != std::string::npos);
  CHECK(prompt.find("'full_class_name' must be a string, not a number [E105]") !=
        std::string::npos);
}

TEST_CASE("whatever an agent does wrong, the database stays as it is") {
  struct Case {
    const char* mode;
    const char* answer;
    const char* reason;  // part of it
  };
  const Case cases[] = {
      {"status", "norm", "the agent ended with status 3"},
      {"crash", "norm", "the agent crashed with signal 11 (SIGSEGV)"},
      {"silent", "norm", "the agent ended without an answer"},
      {"hang", "norm", "the agent gave no answer within 1 s and was killed"},
      {"flood", "norm", "the agent wrote more than 1048576 bytes and was killed"},
      {"flood_output", "norm", "the agent wrote more than 1048576 bytes and was killed"},
      {"partial", "norm", "E102"},
      {"right", "mlp", "the answer is about '"},
      {"right", "wrong_schema", "E104"},
      {"right", "wrong_formula", "E201"},
      {"right", "self_reference", "E109"},
  };
  const Learning learning;
  REQUIRE(learning.learn("right", kMlp, "mlp").status == 0);
  const std::string before = read_file(learning.store);
  for (const Case& one : cases) {
    CAPTURE(one.mode);
    CAPTURE(one.answer);
    const auto start = std::chrono::steady_clock::now();
    const Run run =
        learning.learn(one.mode, kNorm, one.answer, {"--retries", "0", "--timeout", "1"});
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
    CHECK(run.status == 1);
    CHECK_MESSAGE(run.err.find(one.reason) != std::string::npos, run.err);
    CHECK(run.out.find("0 cached, 0 learned, 1 failed\n") != std::string::npos);
    CHECK(read_file(learning.store) == before);
    const std::string diagnostics = learning.quarantine(kNorm + "_diagnostics.json");
    CHECK(diagnostics.find("\"module_analyzed\":\"" + kNorm + "\"") != std::string::npos);
    CHECK(diagnostics.find("\"status\":\"fail\"") != std::string::npos);
    if (std::string(one.mode) == "right")
      CHECK(learning.quarantine(kNorm + "_answer_1.txt") == answer_text(one.answer));
    if (std::string(one.mode) == "status") {
      CHECK(diagnostics.find("\"exit\":3") != std::string::npos);
      CHECK(diagnostics.find("out of credit") != std::string::npos);
    }
  }
  CHECK(learning.files() ==
        std::vector<std::string>{"child", "modules.json", "modules.json.quarantine", "prompt"});
  // Learned after all: nothing of the failures is left.
  CHECK(learning.learn("right", kNorm).status == 0);
  CHECK_FALSE(std::filesystem::exists(learning.store + ".quarantine"));
}

TEST_CASE("one that fails stops no other") {
  const Learning learning;
  const std::string agent =
      std::string(kTests) + "/stand_in right " + kTests + "/answers/norm.json";
  const Run run =
      learning.run({"learn", "TinyMLP", "NoSuchClass", "TinyNorm", kNorm, "--catalog",
                    learning.store, "--source", std::string(kTests) + "/source", "--retries", "0",
                    "--progress", "json", "--agent", agent, "-o", "json"});
  CHECK(run.status == 1);
  CHECK(run.out.find("\"cached\":0,\"learned\":1,\"failed\":3,\"not_tried\":0") !=
        std::string::npos);
  // Every line of the progress is a JSON object.
  std::istringstream lines(run.err);
  std::string line, events;
  while (std::getline(lines, line)) {
    const Result<JsonDocument> event = JsonDocument::parse(test::text_named("line", line));
    REQUIRE_MESSAGE(event.ok(), line);
    events += std::string(event->root().find("event").string()) + " ";
  }
  CHECK(events == "attempt refused failed failed failed attempt learned ");
  CHECK(learning.quarantine("NoSuchClass_diagnostics.json").find("E701") != std::string::npos);
  CHECK(learning.quarantine("TinyNorm_diagnostics.json").find("E702") != std::string::npos);
}

TEST_CASE("a cycle through the database is found before it is written") {
  const Learning learning;
  REQUIRE(learning.learn("right", kNorm).status == 0);
  // An MLP that calls the norm; then a norm that calls the MLP.
  REQUIRE(learning.learn("right", kMlp, "mlp_with_norm").status == 0);
  const std::string before = read_file(learning.store);
  const Run run = learning.learn("right", kNorm, "norm_with_mlp", {"--force", "--retries", "0"});
  CHECK(run.status == 1);
  CHECK_MESSAGE(run.err.find("E109") != std::string::npos, run.err);
  CHECK(read_file(learning.store) == before);
}

TEST_CASE("an interrupt ends the agent and keeps what is learned") {
  const Learning learning;
  REQUIRE(learning.learn("right", kNorm).status == 0);
  const std::string before = read_file(learning.store);
  const auto start = std::chrono::steady_clock::now();
  const Run run = learning.learn("interrupt", kMlp, "mlp", {});
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
  CHECK(run.status == 130);
  CHECK(run.err.find(": stopped\n") != std::string::npos);
  CHECK(run.out.find("0 cached, 0 learned, 0 failed, 1 not tried\n") != std::string::npos);
  CHECK(read_file(learning.store) == before);
  CHECK(learning.files() == std::vector<std::string>{"modules.json", "prompt"});
}

TEST_CASE("a plugin of what is learned") {
  const Learning learning;
  const Run run = learning.learn("right", kNorm, "norm", {"--generate"});
  CHECK_MESSAGE(run.status == 0, run.err);
  const std::string library = learning.folder.path() + "/tinylm_tiny_norm.so";
  CHECK(run.err.find(": built " + library + "\n") != std::string::npos);
  CHECK(read_file(learning.folder.path() + "/tinylm_tiny_norm.cpp").find("LMHOST_DECLARE_NOTE") !=
        std::string::npos);
  // N=2, hidden 3: 4*2*3 + 2*2 FLOPs.
  const Run eval = learning.run({"kernels", "eval", kNorm, "N=2", "hidden_size=3",
                                 "--no-default-plugins", "--plugin", library, "--json"});
  CHECK_MESSAGE(eval.status == 0, eval.err);
  CHECK(eval.out.find("\"flops\":28") != std::string::npos);
}

TEST_CASE("no compiler for a plugin") {
  Learning learning;
  learning.environment.push_back("CXX=no-such-compiler -O2");
  const Run run = learning.learn("right", kNorm, "norm", {"--generate"});
  CHECK(run.status == 5);
  CHECK_MESSAGE(run.err.find("no C++ compiler to build a plugin with: cannot start "
                             "'no-such-compiler' [E705]") != std::string::npos,
                run.err);
  // Learned all the same.
  CHECK(read_file(learning.store).find(kNorm) != std::string::npos);
  learning.environment = {"PATH=/no/such/folder"};
  const Run none = learning.run({"learn", kNorm, "--catalog", learning.store, "--generate"});
  CHECK(none.status == 5);
  CHECK(none.err.find("cannot start 'c++', 'g++', 'clang++' [E705]") != std::string::npos);
}

TEST_CASE("a source that has changed since is said") {
  const Learning learning;
  const std::string source = learning.folder.path() + "/source";
  std::filesystem::copy(std::string(kTests) + "/source", source,
                        std::filesystem::copy_options::recursive);
  REQUIRE(learning.learn("right", kNorm).status == 0);
  const std::vector<std::string> again = {"learn",    kNorm,  "--catalog",  learning.store,
                                          "--source", source, "--progress", "none"};
  CHECK(learning.run(again).err.empty());
  const std::string file = source + "/src/tinylm/models/tiny/modeling_tiny.py";
  const std::string text = with(read_file(file), "keepdim=True", "keepdim=False");
  std::ofstream(file, std::ios::binary) << text;
  const Run changed = learning.run(again);
  CHECK(changed.status == 0);
  CHECK(changed.err.find("has changed since it was analysed [E704]\n  --force learns it again\n") !=
        std::string::npos);
}

TEST_CASE("what a model needs and nobody knows") {
  const Learning learning;
  const std::string model = learning.folder.write(
      "model.json",
      "{\"model_id\": \"tiny\", \"layers\": ["
      "{\"name\": \"norm\", \"class\": \"" +
          kNorm +
          "\", \"repeat\": 3},"
          "{\"name\": \"head\", \"class\": \"torch.nn.modules.linear.Linear\"}]}");
  const Run before = learning.run({"validate", "--missing", model});
  CHECK(before.status == 1);
  CHECK(before.out.find("1 known, 1 missing\n") != std::string::npos);
  const std::string agent =
      std::string(kTests) + "/stand_in right " + kTests + "/answers/norm.json";
  const Run learned = learning.run({"validate", "--missing", model, "--catalog", learning.store,
                                    "--source", std::string(kTests) + "/source", "--agent", agent});
  CHECK_MESSAGE(learned.status == 0, learned.err);
  CHECK(learned.out.find("1 cached, 1 learned, 0 failed\n") != std::string::npos);
  const Run after =
      learning.run({"validate", "--missing", model, "--catalog", learning.store, "--json"});
  CHECK(after.status == 0);
  CHECK(after.out.find("\"known\":2,\"missing\":0") != std::string::npos);
}

TEST_CASE("an entry that cannot be used is learned anew") {
  const Learning learning;
  REQUIRE(learning.learn("right", kNorm).status == 0);
  // Somebody has broken it by hand: a module that nobody has.
  const std::string broken =
      with(read_file(learning.store), "\"4 * {N} * {hidden_size} + 2 * {N}\"",
           "\"${tinylm.Gone}(N={N})\"");
  std::ofstream(learning.store, std::ios::binary) << broken;
  const Run run = learning.learn("right", kNorm);
  CHECK_MESSAGE(run.status == 0, run.err);
  CHECK(run.out.find("0 cached, 1 learned") != std::string::npos);
  CHECK(read_file(learning.store).find("tinylm.Gone") == std::string::npos);
}

TEST_CASE("a database that cannot be written is said before an agent is asked") {
  const Learning learning;
  for (const std::string& store :
       {learning.folder.path() + "/no/folder/modules.json", learning.folder.path() + "/prompt/x"}) {
    CAPTURE(store);
    const Run run =
        learning.run({"learn", kNorm, "--catalog", store, "--source",
                      std::string(kTests) + "/source", "--agent", "touch " + learning.store});
    CHECK(run.status == 5);
    CHECK_MESSAGE(run.err.find("cannot write '" + store + "'") != std::string::npos, run.err);
    CHECK(run.err.find("no agent was asked") != std::string::npos);
    CHECK(learning.files().empty());
  }
}

TEST_CASE("an agent that is not there") {
  const Learning learning;
  const auto run = [&](const std::string& agent) {
    return learning.run({"learn", kNorm, "--catalog", learning.store, "--source",
                         std::string(kTests) + "/source", "--progress", "none", "--agent", agent});
  };
  CHECK(run("no-such-agent --fast").status == 2);
  CHECK(run("no-such-agent --fast").err ==
        "lmhost: error: --agent: cannot start 'no-such-agent': No such file or directory [E601]\n"
        "  it is looked for in PATH; the command is run without a shell; a shell is 'sh -c "
        "\"...\"'\n");
  CHECK(run("agent 'open").status == 2);
  CHECK(run("  ").status == 2);
  CHECK(learning.files().empty());
}
