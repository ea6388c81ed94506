// The numbers of the seeds, from the seeds' own files: what they printed, what they meant, and what
// is right. catalogs/seeds/NUMBERS.md tells the story; the closed forms stand here.
//
// Llama-2-7b, 16 bit, 4-byte indices. N = B*S, H = 4096, I = 11008, V = 32000, D = 128, 32 layers.
// The seeds' formulas: Linear 2*N*i*o + N*o FLOPs (a bias that no Llama layer has), reads N*i + i*o
// + o, writes N*o; norm 4*N*H + 2*N; rotary 4.5*N*D, owned by every attention and by the model, 33
// times; SiLU 5 per element; the embedding reads the rows that are touched.
#include <cstdint>

#include "load/text_file.hpp"
#include "scratch_folder.hpp"
#include "support.hpp"

using namespace lmhost;
using namespace lmhost::test;

namespace {

const std::string kInputs = LMHOST_SOURCE_DIR "/tests/inputs/lm-predictor/";

struct Totals {
  std::int64_t flops = 0, read = 0, written = 0, intermediates = 0;

  Totals operator+(const Totals& b) const {
    return {flops + b.flops, read + b.read, written + b.written, intermediates + b.intermediates};
  }
  Totals operator*(std::int64_t n) const {
    return {flops * n, read * n, written * n, intermediates * n};
  }
};

constexpr std::int64_t kH = 4096, kI = 11008, kV = 32000, kD = 128, kLayers = 32;

Totals linear(std::int64_t n, std::int64_t i, std::int64_t o) {
  return {2 * n * i * o + n * o, 2 * (n * i + i * o + o), 2 * n * o, 0};
}
Totals norm(std::int64_t n) {
  return {4 * n * kH + 2 * n, 2 * (n * kH + kH), 2 * n * kH, 2 * (2 * n * kH + n)};
}
Totals rotary(std::int64_t n) {
  return {9 * n * kD / 2, 2 * (kD / 2 + n), 2 * 2 * n * kD, 2 * n * kD};
}
Totals silu(std::int64_t n) { return {5 * n * kI, 2 * n * kI, 2 * n * kI, 2 * n * kI}; }
Totals embedding(std::int64_t n) { return {0, 2 * n * kH + 4 * n, 2 * n * kH, 0}; }

Totals fourteen(std::int64_t n) {
  const Totals layer =
      linear(n, kH, kH) * 4 + linear(n, kH, kI) * 2 + linear(n, kI, kH) + norm(n) * 2 + rotary(n);
  return layer * kLayers + embedding(n) + norm(n) + rotary(n) + linear(n, kH, kV);
}
Totals fifteen(std::int64_t n) { return fourteen(n) + silu(n) * kLayers; }

void check(const Costs& costs, const Totals& totals) {
  CHECK(costs[Quantity::kFlops] == Number(totals.flops));
  CHECK(costs.bytes_read() == Number(totals.read));
  CHECK(costs.bytes_written() == Number(totals.written));
  CHECK(costs[Quantity::kIntermediateBytes] == Number(totals.intermediates));
}
void check(const Totals& a, const Totals& b) {
  CHECK(a.flops == b.flops);
  CHECK(a.read == b.read);
  CHECK(a.written == b.written);
  CHECK(a.intermediates == b.intermediates);
}

// The host of the build tree with the seeds' database.
const Host& host() {
  static const Host opened = [] {
    HostOptions options;
    options.prefix = LMHOST_BINARY_DIR;
    options.catalogs = {kInputs + "module_db.v2.json"};
    Result<Host> result = Host::open(options);
    REQUIRE_MESSAGE(result.ok(), render(result.ok() ? Diagnostics{} : result.errors()));
    return std::move(result).value();
  }();
  return opened;
}

Analysis analysis_of(const std::string& model, int seq_len, int w_bits = 16) {
  Workload workload;
  workload.model = model;
  workload.seq_len = Number(seq_len);
  workload.index_bits = Number(32);
  workload.w_bits = Number(w_bits);
  Result<Analysis> analysis = host().analyze(workload);
  REQUIRE_MESSAGE(analysis.ok(), render(analysis.ok() ? Diagnostics{} : analysis.errors()));
  return std::move(analysis).value();
}

Costs totals(const Analysis& analysis) { return analysis.tree->total(analysis.tree->nodes[0]); }

const std::string kPopulated = kInputs + "models/llama-2-7b-hf.populated.json";

std::string populated_text() {
  const Result<std::shared_ptr<const SourceText>> text = read_text(kPopulated);
  REQUIRE(text.ok());
  return text.value()->text;
}

}  // namespace

TEST_CASE("Llama-2-7b at 2048 tokens: all 15 layers") {
  check(fifteen(2048), {27'071'266'820'096, 20'448'598'656, 8'285'847'552, 3'641'446'400});
  check(totals(analysis_of(kPopulated, 2048)), fifteen(2048));
}

TEST_CASE("Llama-2-7b at 512 tokens, and at one") {
  check(fifteen(512), {6'767'816'705'024, 15'025'256'064, 2'071'461'888, 910'361'600});
  check(totals(analysis_of(kPopulated, 512)), fifteen(512));
  check(fifteen(1), {13'218'392'002, 13'221'006'022, 4'045'824, 1'778'050});
  check(totals(analysis_of(kPopulated, 1)), fifteen(1));
}

TEST_CASE("without the SiLU row: the totals printed in seed 004") {
  check(fourteen(2048), {27'067'659'718'656, 19'005'758'080, 6'843'006'976, 2'198'605'824});
  std::string text = populated_text();
  const std::size_t name = text.find("\"name\": \"act_fn\"");
  REQUIRE(name != std::string::npos);
  const std::size_t comma = text.rfind(',', name);
  const std::size_t end = text.find("]", name);  // of the MLP's sub-layers; SiLU is the last
  text.erase(comma, end - comma);
  const ScratchFolder folder;
  check(totals(analysis_of(folder.write("m.json", text), 2048)), fourteen(2048));
}

TEST_CASE("every row of the analysis") {
  const Analysis analysis = analysis_of(kPopulated, 2048);
  const std::int64_t n = 2048;
  const std::pair<const char*, Totals> rows[] = {
      {"model.embed_tokens", embedding(n)},
      {"model.decoder_layer.self_attn.q_proj", linear(n, kH, kH) * kLayers},
      {"model.decoder_layer.self_attn.k_proj", linear(n, kH, kH) * kLayers},
      {"model.decoder_layer.self_attn.v_proj", linear(n, kH, kH) * kLayers},
      {"model.decoder_layer.self_attn.o_proj", linear(n, kH, kH) * kLayers},
      {"model.decoder_layer.self_attn.rotary_emb", rotary(n) * kLayers},
      {"model.decoder_layer.mlp.gate_proj", linear(n, kH, kI) * kLayers},
      {"model.decoder_layer.mlp.up_proj", linear(n, kH, kI) * kLayers},
      {"model.decoder_layer.mlp.down_proj", linear(n, kI, kH) * kLayers},
      {"model.decoder_layer.mlp.act_fn", silu(n) * kLayers},
      {"model.decoder_layer.input_layernorm", norm(n) * kLayers},
      {"model.decoder_layer.post_attention_layernorm", norm(n) * kLayers},
      {"model.norm", norm(n)},
      {"model.rotary_emb", rotary(n)},
      {"lm_head", linear(n, kH, kV)}};
  std::size_t found = 0;
  for (const CostNode& node : analysis.tree->nodes)
    for (const auto& [path, row] : rows) {
      if (analysis.tree->path(node) != path) continue;
      CAPTURE(analysis.tree->path(node));
      check(analysis.tree->total(node), row);
      ++found;
    }
  CHECK(found == 15);
  // The SiLU figure that seed 004 prints beside S = 2048 is that of 512 tokens.
  CHECK(silu(512).flops * kLayers == 901'775'360);
  CHECK(silu(2048).flops * kLayers == 3'607'101'440);
}

TEST_CASE("fractions are exact: nothing is truncated") {
  // An odd number of elements: 4.5 * 1 * 3. The seeds' integers would have made it 13.
  std::string text = populated_text();
  const std::string from = "\"head_dim\": 128";
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from))
    text.replace(at, from.size(), "\"head_dim\": 3");
  const ScratchFolder folder;
  const Analysis analysis = analysis_of(folder.write("m.json", text), 1);
  for (const CostNode& node : analysis.tree->nodes)
    if (analysis.tree->path(node) == "model.rotary_emb")
      CHECK(analysis.tree->total(node)[Quantity::kFlops] == divide(Number(27), Number(2)));
}

TEST_CASE("a width below one byte is a fraction, not zero") {
  std::string text = populated_text();
  const Analysis analysis = analysis_of(kPopulated, 512, 4);
  // dtype_bytes is one width for all, that of the activations: the weights' bits change nothing.
  check(totals(analysis), fifteen(512));
  // Named apart, they do: a weight of half a byte. Only what is bound to the name changes.
  const std::string from = "\"dtype_bytes\": \"{dtype_bytes}\"";
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from))
    text.replace(at, from.size(), "\"dtype_bytes\": \"{w_dtype_bytes}\"");
  const ScratchFolder folder;
  const Costs half = totals(analysis_of(folder.write("m.json", text), 512, 4));
  CHECK(half.bytes_written() == Number(fifteen(512).written / 4));
}

TEST_CASE("what the seeds left out: attention") {
  // Our graph counts the two products of attention, 4*S*S*H of each of 32 layers, and no bias.
  Workload workload;
  workload.model = "llama-2-7b";
  workload.seq_len = Number(2048);
  const Result<Analysis> analysis = built_host().analyze(workload);
  REQUIRE(analysis.ok());
  const std::int64_t n = 2048;
  const std::int64_t linears = 2 * n * (kLayers * (4 * kH * kH + 3 * kH * kI) + kH * kV);
  const std::int64_t attention = kLayers * 4 * n * n * kH;
  CHECK(linears == 27'062'588'932'096);
  CHECK(attention == 2'199'023'255'552);
  CHECK(totals(*analysis)[Quantity::kMatmulFlops] == Number(linears + attention));
  CHECK(linears + attention == 29'261'612'187'648);
}

TEST_CASE("the copies that are installed are the seeds' files") {
  const std::string seeds = LMHOST_SOURCE_DIR "/catalogs/seeds/";
  const std::pair<std::string, std::string> copies[] = {
      {"module_db.json", "module_db.v2.json"},
      {"llama-2-7b-hf.json", "models/llama-2-7b-hf.first.json"},
      {"llama-2-7b-hf.populated.json", "models/llama-2-7b-hf.populated.json"}};
  for (const std::pair<std::string, std::string>& copy : copies) {
    CAPTURE(copy.first);
    const auto ours = read_text(seeds + copy.first), theirs = read_text(kInputs + copy.second);
    REQUIRE(ours.ok());
    REQUIRE(theirs.ok());
    CHECK(ours.value()->text == theirs.value()->text + "\n");  // a text file ends a line
  }
}
