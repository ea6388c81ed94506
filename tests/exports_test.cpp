// Every form of export, read back: by the schema that speedscope ships, by a decoder of profile.proto
// of our own, and by Go's pprof where there is a Go.
#include "report/exports.hpp"

#include <zlib.h>

#include <array>
#include <map>
#include <vector>

#include "command_output.hpp"
#include "report/gzip.hpp"
#include "report/text.hpp"
#include "schema.hpp"
#include "scratch_folder.hpp"
#include "study/training.hpp"
#include "support.hpp"

using namespace lmhost;
using namespace lmhost::test;

namespace {

Analysis analysis_of(const std::string& model, int seq) {
  Workload workload;
  workload.model = model;
  workload.seq_len = Number(seq);
  Result<Analysis> analysis = built_host().analyze(workload);
  REQUIRE_MESSAGE(analysis.ok(), render(analysis.ok() ? Diagnostics{} : analysis.errors()));
  return std::move(*analysis);
}

// RapidJSON's validator knows draft-04; of draft-07 the schema uses "const" besides, which draft-04
// spells as an enum of one.
void spell_as_draft_04(rapidjson::Value& value, rapidjson::Document::AllocatorType& allocator) {
  if (value.IsArray())
    for (rapidjson::Value& element : value.GetArray()) spell_as_draft_04(element, allocator);
  if (!value.IsObject()) return;
  // Its iterators cannot be compared in C++20 without a warning of clang.
  for (rapidjson::SizeType i = 0; i < value.MemberCount(); ++i)
    spell_as_draft_04((value.MemberBegin() + static_cast<std::ptrdiff_t>(i))->value, allocator);
  if (!value.HasMember("const") || value["const"].IsObject()) return;
  rapidjson::Value choices(rapidjson::kArrayType);
  choices.PushBack(rapidjson::Value(value["const"], allocator), allocator);
  value.RemoveMember("const");
  value.AddMember("enum", choices, allocator);
}

bool passes_speedscope_schema(const std::string& text) {
  rapidjson::Document schema =
      schema_at(LMHOST_SOURCE_DIR "/tests/inputs/speedscope/file-format-schema.json");
  spell_as_draft_04(schema, schema.GetAllocator());
  return passes(schema, text);
}

std::string gunzip(const std::string& bytes) {
  z_stream stream = {};
  REQUIRE(inflateInit2(&stream, MAX_WBITS + 16) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string text;
  std::array<char, 4096> buffer;
  int state = Z_OK;
  while (state == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = buffer.size();
    state = inflate(&stream, Z_NO_FLUSH);
    text.append(buffer.data(), buffer.size() - stream.avail_out);
  }
  CHECK(state == Z_STREAM_END);
  CHECK(stream.avail_in == 0);
  inflateEnd(&stream);
  return text;
}

// A protocol buffer message as its fields: numbers, or the bytes of strings and messages.
struct Fields {
  std::map<unsigned, std::vector<std::uint64_t>> numbers;
  std::map<unsigned, std::vector<std::string>> texts;

  std::uint64_t number(unsigned field) const {
    const auto found = numbers.find(field);
    return found == numbers.end() ? 0 : found->second.back();
  }
  const std::vector<std::string>& all(unsigned field) const {
    static const std::vector<std::string> kNone;
    const auto found = texts.find(field);
    return found == texts.end() ? kNone : found->second;
  }
};

std::uint64_t take_varint(std::string_view* bytes) {
  std::uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    REQUIRE_FALSE(bytes->empty());
    REQUIRE(shift < 64);
    const auto byte = static_cast<unsigned char>(bytes->front());
    bytes->remove_prefix(1);
    value |= std::uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return value;
  }
}

std::vector<std::uint64_t> varints(std::string_view bytes) {
  std::vector<std::uint64_t> values;
  while (!bytes.empty()) values.push_back(take_varint(&bytes));
  return values;
}

Fields decode(std::string_view bytes) {
  Fields fields;
  while (!bytes.empty()) {
    const std::uint64_t tag = take_varint(&bytes);
    const auto field = static_cast<unsigned>(tag >> 3);
    if ((tag & 7) == 0) {
      fields.numbers[field].push_back(take_varint(&bytes));
      continue;
    }
    REQUIRE((tag & 7) == 2);
    const std::uint64_t size = take_varint(&bytes);
    REQUIRE(size <= bytes.size());
    fields.texts[field].emplace_back(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  return fields;
}

// What a program prints; fails when it fails.
}  // namespace

TEST_CASE("folded stacks: the weights sum up to the whole") {
  const Analysis analysis = analysis_of("llama-3.1-8b", 64);
  for (const std::string_view key : {"flops", "bytes_read", "parameters"}) {
    std::string_view text;
    const std::string folded = write_folded(analysis, column(key));
    Number sum = 0;
    std::size_t lines = 0;
    for (text = folded; !text.empty(); text.remove_prefix(text.find('\n') + 1), ++lines) {
      const std::string_view line = text.substr(0, text.find('\n'));
      CHECK(line.starts_with("LlamaForCausalLM;"));
      sum = sum + *parse_number(line.substr(line.rfind(' ') + 1));
    }
    CHECK(lines > 3);
    const CostTree& tree = *analysis.tree;
    CHECK(to_string(sum) == to_string(column(key).value(tree.total(tree.nodes[0]))));
  }
}

TEST_CASE("speedscope: its own schema, and weights that sum up") {
  for (const std::string model : {"llama-2-7b", "gpt2"}) {
    const Analysis analysis = analysis_of(model, 33);
    const std::string text = write_speedscope(analysis, column("bytes_written"));
    CHECK(passes_speedscope_schema(text));
    rapidjson::Document document;
    document.Parse(text.c_str());
    const auto& profiles = document["profiles"];
    REQUIRE(profiles.Size() == 4);
    CHECK(std::string(profiles[0]["name"].GetString()) == "bytes_written");
    CHECK(std::string(profiles[0]["unit"].GetString()) == "bytes");
    const rapidjson::SizeType frames = document["shared"]["frames"].Size();
    CHECK(frames == analysis.tree->nodes.size());
    for (const auto& profile : profiles.GetArray()) {
      double sum = 0;
      for (const auto& weight : profile["weights"].GetArray()) sum += weight.GetDouble();
      CHECK(sum == profile["endValue"].GetDouble());  // whole numbers below 2^53
      REQUIRE(profile["samples"].Size() == profile["weights"].Size());
      for (const auto& sample : profile["samples"].GetArray()) {
        CHECK(sample[0].GetUint() == 0);
        for (const auto& frame : sample.GetArray()) CHECK(frame.GetUint() < frames);
      }
    }
  }
  // The schema is not one that anything passes.
  CHECK_FALSE(passes_speedscope_schema("{}"));
  CHECK_FALSE(passes_speedscope_schema(
      R"({"$schema": "elsewhere", "shared": {"frames": []}, "profiles": []})"));
  CHECK(passes_speedscope_schema(
      R"({"$schema": "https://www.speedscope.app/file-format-schema.json", "shared": {"frames": []}, "profiles": []})"));
}

TEST_CASE("pprof: field by field") {
  const Analysis analysis = analysis_of("llama-2-7b", 2048);
  const CostTree& tree = *analysis.tree;
  const Costs whole = tree.total(tree.nodes[0]);
  const Fields profile = decode(gunzip(write_pprof(analysis, column("bytes_read"))));
  const std::vector<std::string>& strings = profile.all(6);
  REQUIRE(strings.size() > 10);
  CHECK(strings[0].empty());
  const std::vector<std::pair<std::string, std::string>> kinds = {{"flops", "FLOP"},
                                                                  {"matmul_flops", "FLOP"},
                                                                  {"bytes_read", "bytes"},
                                                                  {"bytes_written", "bytes"},
                                                                  {"intermediate_bytes", "bytes"}};
  REQUIRE(profile.all(1).size() == kinds.size());
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const Fields type = decode(profile.all(1)[i]);
    CHECK(strings.at(type.number(1)) == kinds[i].first);
    CHECK(strings.at(type.number(2)) == kinds[i].second);
  }
  CHECK(strings.at(profile.number(14)) == "bytes_read");

  std::map<std::uint64_t, Fields> functions, locations;
  for (const std::string& bytes : profile.all(5)) {
    const Fields function = decode(bytes);
    functions[function.number(1)] = function;
  }
  for (const std::string& bytes : profile.all(4)) {
    const Fields location = decode(bytes);
    CHECK(location.number(2) == 1);
    locations[location.number(1)] = location;
  }
  std::vector<Number> sums(kinds.size());
  bool has_q_proj = false;
  for (const std::string& bytes : profile.all(2)) {
    const Fields sample = decode(bytes);
    const std::vector<std::uint64_t> values = varints(sample.all(2).at(0));
    REQUIRE(values.size() == kinds.size());
    for (std::size_t i = 0; i < values.size(); ++i) sums[i] = sums[i] + Number(values[i]);
    const std::vector<std::uint64_t> stack = varints(sample.all(1).at(0));
    for (const std::uint64_t id : stack) {
      REQUIRE(locations.contains(id));
      CHECK(functions.contains(decode(locations[id].all(4).at(0)).number(1)));
    }
    // The leaf is first: q_proj is called in line 243 of modeling_llama.py (graphs/llama.json).
    const Fields line = decode(locations[stack.front()].all(4).at(0));
    const Fields& function = functions[line.number(1)];
    if (strings.at(function.number(2)) != "q_proj") continue;
    has_q_proj = true;
    CHECK(line.number(2) == 243);
    CHECK(function.number(5) == 205);
    CHECK(strings.at(function.number(3)) == "torch.nn.functional.linear");
    CHECK(strings.at(function.number(4)) == "transformers/models/llama/modeling_llama.py");
    // 2 * 2048 * 4096 * 4096 in each of 32 layers.
    CHECK(values[0] == 2'199'023'255'552);
    CHECK(stack.size() == 5);  // q_proj, self_attn, layers, model, the root
  }
  CHECK(has_q_proj);
  for (std::size_t i = 0; i < kinds.size(); ++i)
    CHECK(to_string(sums[i]) == to_string(column(kinds[i].first).value(whole)));
}

TEST_CASE("pprof: more than 63 bits are in a unit of thousands") {
  Analysis analysis = analysis_of("llama-2-7b", 64);
  // 10^6 copies of every sum: beyond 2^63 FLOP, as a long training is.
  CostTree tree = *analysis.tree;
  for (const CostNode& node : analysis.tree->nodes) {
    tree.sums.push_back(analysis.tree->total(node));
    for (Number& value : tree.sums.back().values) value = value * Number(std::int64_t{100'000'000});
  }
  const Number flops = tree.sums[0][Quantity::kFlops];
  REQUIRE(compare(flops, Number(INT64_MAX)) == 1);
  analysis.tree = std::make_shared<const CostTree>(std::move(tree));
  const Fields profile = decode(gunzip(write_pprof(analysis, column("flops"))));
  const std::vector<std::string>& strings = profile.all(6);
  CHECK(strings.at(decode(profile.all(1)[0]).number(2)) == "kFLOP");
  double sum = 0;
  for (const std::string& bytes : profile.all(2)) {
    const std::uint64_t value = varints(decode(bytes).all(2).at(0))[0];
    CHECK(value <= INT64_MAX);
    sum += static_cast<double>(value);
  }
  CHECK(sum * 1e3 == doctest::Approx(flops.to_double()).epsilon(1e-12));
  std::string comments;
  for (const std::uint64_t comment : varints(profile.all(13).at(0)))
    comments += strings.at(comment) + "\n";
  CHECK(comments.find("flops is in units of 1000, rounded\n") != std::string::npos);
}

TEST_CASE("pprof: read by Go's pprof") {
  const bool has_go = std::system("command -v go > /dev/null 2>&1") == 0;
  // Not skipped in silence: without Go the decoder above is all that has read it.
  if (!has_go) {
    MESSAGE("no go on this machine: `go tool pprof` has not read the profile");
    return;
  }
  const ScratchFolder scratch;
  const Analysis analysis = analysis_of("llama-2-7b", 2048);
  const std::string path = scratch.write("m.pb.gz", write_pprof(analysis, column("flops")));
  const std::string raw =
      output_of("HOME=" + scratch.path() + " go tool pprof -raw " + path + " 2>&1");
  CHECK(raw.find("flops/FLOP[dflt] matmul_flops/FLOP bytes_read/bytes bytes_written/bytes") !=
        std::string::npos);
  CHECK(raw.find("q_proj transformers/models/llama/modeling_llama.py:243") != std::string::npos);
  const std::string top =
      output_of("HOME=" + scratch.path() + " go tool pprof -top -nodecount=3 " + path + " 2>&1");
  const CostTree& tree = *analysis.tree;
  const Number flops = tree.total(tree.nodes[0])[Quantity::kFlops];
  CHECK(top.find("of " + to_string(flops) + "FLOP total") != std::string::npos);
}

TEST_CASE("gzip holds what it was given, and nothing of the machine") {
  std::string bytes;
  for (int i = 0; i < 200'000; ++i) bytes += static_cast<char>(static_cast<long>(i) * i >> 3);
  CHECK(gunzip(gzip(bytes)) == bytes);
  CHECK(gunzip(gzip("")).empty());
  CHECK(gzip(bytes) == gzip(bytes));
  CHECK(gzip("x").substr(4, 4) == std::string(4, '\0'));  // no time
}

TEST_CASE("diagrams name every large module once, with its share") {
  const Analysis analysis = analysis_of("llama-2-7b", 2048);
  const std::string dot = write_dot(analysis, column("flops"));
  CHECK(dot.starts_with("digraph \"llama-2-7b\" {\n"));
  CHECK(dot.find("[label=\"layers ×32\\n28.76 TFLOP, 98.2 %\", fillcolor=6]") != std::string::npos);
  CHECK(dot.find("input_layernorm") == std::string::npos);  // below 1 %
  const std::string mermaid = write_mermaid(analysis, column("flops"));
  CHECK(mermaid.starts_with("flowchart LR\n  n0[\"LlamaForCausalLM<br/>29.30 TFLOP, 100.0 %\"]\n"));
  CHECK(mermaid.find("\"layers ×32<br/>28.76 TFLOP, 98.2 %\"") != std::string::npos);
}

TEST_CASE("--export: what it says, and what is wrong with it") {
  const Result<ExportRequest> request = parse_export("folded:read=a=b.txt");
  REQUIRE(request.ok());
  CHECK(request->kind->name == "folded");
  CHECK(request->metric->key == "bytes_read");
  CHECK(request->path == "a=b.txt");
  const auto error = [](std::string_view text) {
    const Result<ExportRequest> wrong = parse_export(text);
    return wrong.ok() ? "" : render(wrong.errors());
  };
  CHECK(error("pprf=x") == "lmhost: error: no export 'pprf' [E610]\n  did you mean 'pprof'?\n");
  CHECK(error("excel=x") ==
        "lmhost: error: no export 'excel' [E610]\n"
        "  one of folded, speedscope, pprof, dot, mermaid\n");
  CHECK(error("folded") ==
        "lmhost: error: --export 'folded' names no file [E601]\n"
        "  write --export folded=FILE, or =- for standard output\n");
  CHECK(error("folded:flps=x") ==
        "lmhost: error: unknown metric 'flps' [E601]\n  did you mean 'flops'?\n");
  CHECK(error("folded:intensity=x") ==
        "lmhost: error: a ratio has no shares: no export of 'intensity' [E610]\n");
}

TEST_CASE("LaTeX: what is special is escaped") {
  CHECK(LatexText(std::string("a_b & 50 % of ×3 {x} \\ ~ ^ $ # <≥> ·…")) ==
        "a\\_b \\& 50 \\% of $\\times$3 \\{x\\} \\textbackslash{} \\textasciitilde{} "
        "\\textasciicircum{} \\$ \\# \\textless{}$\\geq$\\textgreater{} $\\cdot$\\dots{}");
}
