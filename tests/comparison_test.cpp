// Two profiles side by side, saved reports, and the conditions of --fail-if.
#include "study/comparison.hpp"

#include "report/json.hpp"
#include "scratch_folder.hpp"
#include "study/condition.hpp"
#include "support.hpp"

using namespace lmhost;
using namespace lmhost::test;

namespace {

using Q = Quantity;

Analysis analysis_of(const std::string& model, int seq, int cache, Mode mode = Mode::kSdpa) {
  Workload workload;
  workload.model = model;
  workload.mode = mode;
  workload.seq_len = Number(seq);
  workload.cache_len = Number(cache);
  Result<Analysis> analysis = built_host().analyze(workload);
  REQUIRE_MESSAGE(analysis.ok(), render(analysis.ok() ? Diagnostics{} : analysis.errors()));
  return std::move(*analysis);
}

// A profile from "name kernel flops" lines, two blanks of indentation a level; composites have no
// kernel but one that starts with a capital.
Profile profile_from(std::string_view text) {
  Profile profile;
  profile.phase = "prefill";
  std::vector<std::uint32_t> open;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::size_t depth = line.find_first_not_of(' ') / 2;
    line.remove_prefix(2 * depth);
    const std::size_t first = line.find(' '), second = line.rfind(' ');
    ProfileNode& node = profile.nodes.emplace_back();
    node.name = line.substr(0, first);
    node.kernel = line.substr(first + 1, second - first - 1);
    node.is_composite = node.kernel[0] >= 'A' && node.kernel[0] <= 'Z';
    node.total[Q::kFlops] = *parse_number(line.substr(second + 1));
    node.depth = static_cast<std::uint32_t>(depth);
    const auto index = static_cast<std::uint32_t>(profile.nodes.size() - 1);
    open.resize(depth);
    if (depth > 0) {
      node.parent = open.back();
      const std::string& above = profile.nodes[node.parent].path;
      node.path = above.empty() ? node.name : above + "." + node.name;
    }
    for (const std::uint32_t parent : open) ++profile.nodes[parent].descendants;
    open.push_back(index);
  }
  return profile;
}

// "change base-path>new-path" a line.
std::string aligned(const Profile& base, const Profile& now) {
  const Comparison comparison = compare_profiles(base, now);
  std::string text;
  for (const ComparedNode& node : comparison.nodes) {
    text += std::string(name_of(node.change)) + " ";
    if (node.base) text += base.nodes[*node.base].path;
    text += ">";
    if (node.now) text += now.nodes[*node.now].path;
    text += "\n";
  }
  return text;
}

std::string condition_error(std::string_view text) {
  const Result<Condition> condition = parse_condition(text);
  return condition ? "" : render(condition.errors());
}

bool met(std::string_view text, const Number& base, const Number& now) {
  const Result<Condition> condition = parse_condition(text);
  REQUIRE_MESSAGE(condition.ok(), condition_error(text));
  return is_met(*condition, base, now);
}

}  // namespace

TEST_CASE("alignment: names first, then kernels, then composites that are alike") {
  const Profile base = profile_from(
      "root Root 10\n"
      "  attn OldAttention 6\n"
      "    q mm 2\n"
      "    k mm 2\n"
      "    norm rms 2\n"
      "  ffn OldMlp 3\n"
      "    up linear 1\n"
      "    down linear 2\n"
      "  drop dropout 1\n");
  const Profile now = profile_from(
      "root Root 12\n"
      "  attn NewAttention 7\n"
      "    q mm 2\n"
      "    key mm 3\n"
      "    rope rotary 2\n"
      "  mlp NewMlp 4\n"
      "    up linear 1\n"
      "    down linear 2\n"
      "    gate linear 1\n"
      "  head linear 1\n");
  CHECK(aligned(base, now) ==
        "kept >\n"
        "kept attn>attn\n"
        "kept attn.q>attn.q\n"
        "renamed attn.k>attn.key\n"
        "added >attn.rope\n"
        "removed attn.norm>\n"
        "renamed ffn>mlp\n"
        "kept ffn.up>mlp.up\n"
        "kept ffn.down>mlp.down\n"
        "added >mlp.gate\n"
        "added >head\n"
        "removed drop>\n");
  // What only one side has comes with all below it.
  CHECK(aligned(profile_from("r R 1\n"), profile_from("r R 1\n  a A 1\n    b x 1\n")) ==
        "kept >\nadded >a\nadded >a.b\n");
  // The k-th of a name is the k-th.
  CHECK(aligned(profile_from("r R 1\n  a x 1\n  a y 1\n"),
                profile_from("r R 1\n  a z 1\n  b w 1\n  a y 1\n")) ==
        "kept >\nkept a>a\nadded >b\nkept a>a\n");
}

// The comparison of decode at 8k context that users ask for first: batch 1, cache of 8,191, fused as
// a serving engine executes it, 16 bit. Per token (LLaMA-2-7B; Llama-3.1-8B):
//   projections  2 B * 32 * (4*4096^2; 2*4096^2 + 2*4096*1024)     = 4,294,967,296; 2,684,354,560
//   K and V      2 B * 32 * 2 * (32; 8) heads * 128 * 8192 tokens  = 4,294,967,296; 1,073,741,824
//   mlp          2 B * 32 * 3*4096*(11,008; 14,336)                = 8,657,043,456; 11,274,289,152
//   lm_head      2 B * 4096 * (32,000; 128,256)                    =   262,144,000; 1,050,673,152
TEST_CASE("Llama-3.1-8B against Llama-2-7B at 8k decode") {
  const Analysis old = analysis_of("llama-2-7b", 1, 8191, Mode::kFused);
  const Analysis young = analysis_of("llama-3.1-8b", 1, 8191, Mode::kFused);
  const Profile base = profile_of(old), now = profile_of(young);
  const auto sum = [](const Profile& profile, std::initializer_list<std::string_view> names,
                      Quantity quantity) {
    Number total = 0;
    for (const ProfileNode& node : profile.nodes)
      for (const std::string_view name : names)
        if (node.name == name) total = total + node.total[quantity];
    return to_string(total);
  };
  const auto weights = Q::kBytesReadWeight;
  CHECK(sum(base, {"q_proj", "k_proj", "v_proj", "o_proj"}, weights) == "4294967296");
  CHECK(sum(now, {"q_proj", "k_proj", "v_proj", "o_proj"}, weights) == "2684354560");
  CHECK(to_string(base.totals()[Q::kBytesReadKvCache]) == "4294967296");
  CHECK(to_string(now.totals()[Q::kBytesReadKvCache]) == "1073741824");
  CHECK(sum(base, {"gate_proj", "up_proj", "down_proj"}, weights) == "8657043456");
  CHECK(sum(now, {"gate_proj", "up_proj", "down_proj"}, weights) == "11274289152");
  CHECK(sum(base, {"lm_head"}, weights) == "262144000");
  CHECK(sum(now, {"lm_head"}, weights) == "1050673152");
  CHECK(to_string(base.totals()[Q::kParameters]) == "6738415616");
  CHECK(to_string(now.totals()[Q::kParameters]) == "8030261248");
  // 2 FLOP a weight read, and 4*32*32*128*8192 of attention in both: all query heads compute.
  CHECK(
      to_string(base.totals()[Q::kMatmulFlops]) ==
      to_string(Number(std::int64_t{4'294'967'296 + 8'657'043'456 + 262'144'000 + 4'294'967'296})));
  CHECK(to_string(now.totals()[Q::kMatmulFlops]) ==
        to_string(
            Number(std::int64_t{2'684'354'560 + 11'274'289'152 + 1'050'673'152 + 4'294'967'296})));
  // A cache of 8,192 tokens: 524,288 and 131,072 bytes a token.
  CHECK(to_string(base.totals()[Q::kStoredBytesKvCache]) == "4294967296");
  CHECK(to_string(now.totals()[Q::kStoredBytesKvCache]) == "1073741824");
  // Node by node the two are one structure.
  for (const ComparedNode& node : compare_profiles(base, now).nodes)
    CHECK(node.change == Change::kKept);
}

TEST_CASE("a saved report is the analysis that it was") {
  const ScratchFolder scratch;
  for (const auto& [model, seq] :
       {std::pair<std::string, int>{"llama-3.1-8b", 4096}, {"gpt2", 3}}) {
    Analysis analysis = analysis_of(model, seq, 2, Mode::kEager);
    const Profile direct = profile_of(analysis);
    const std::string path =
        scratch.write(model + ".json", write_json(analysis, summarize(analysis), ""));
    CHECK(is_saved_report(path));
    const Result<Profile> saved = read_profile(path);
    REQUIRE_MESSAGE(saved.ok(), render(saved.ok() ? Diagnostics{} : saved.errors()));
    CHECK(saved->label == path);
    CHECK(saved->root == direct.root);
    CHECK(saved->phase == direct.phase);
    CHECK(saved->mode == direct.mode);
    CHECK(saved->point.values == direct.point.values);
    REQUIRE(saved->nodes.size() == direct.nodes.size());
    for (std::size_t i = 0; i < direct.nodes.size(); ++i) {
      CHECK(saved->nodes[i].path == direct.nodes[i].path);
      CHECK(saved->nodes[i].parent == direct.nodes[i].parent);
      CHECK(saved->nodes[i].descendants == direct.nodes[i].descendants);
      CHECK(saved->nodes[i].total == direct.nodes[i].total);
    }
  }
}

TEST_CASE("what is no saved report") {
  const ScratchFolder scratch;
  const std::string path = scratch.path() + "/r.json";
  const auto error = [&](const std::string& text) {
    scratch.write("r.json", text);
    const Result<Profile> profile = read_profile(path);
    REQUIRE_FALSE(profile.ok());
    return profile.errors().front().code + " " + profile.errors().front().message;
  };
  CHECK(error("[]") == "E111 not a report: \"schema\" must be \"lmhost.report/1\"");
  CHECK_FALSE(is_saved_report(path));
  CHECK(error(R"({"schema": "lmhost.report/1"})") == "E106 the report lacks \"model\" here");
  CHECK(error(R"({"schema": "lmhost.report/1", "model": 1})") ==
        "E105 \"model\" must be an object, not a number");
  const std::string head =
      R"({"schema": "lmhost.report/1", "model": {"name": "m", "root": "r"}, "workload": {"phase": "prefill", "mode": "sdpa", "batch_size": 1, "seq_len": 1, "cache_len": 0, "w_bits": 16, "a_bits": 16, "kv_bits": 16, "index_bits": 64}, "nodes": )";
  CHECK(error(head + "[]}") == "E108 a report has at least one node");
  CHECK(error(head + "[7]}") == "E105 a node must be an object");
  CHECK(is_saved_report(path));
}

TEST_CASE("conditions: what they say") {
  const Number b = 1000;
  CHECK(met("flops>+1%", b, 1011));
  CHECK_FALSE(met("flops>+1%", b, 1010));
  CHECK(met("flops>=1%", b, 1010));
  CHECK(met("flops<-5%", b, 949));
  CHECK_FALSE(met("flops<-5%", b, 950));
  CHECK(met("flops > +10", b, 1011));
  CHECK_FALSE(met("flops>+10", b, 1010));
  CHECK(met("flops!=+0", b, 1001));
  CHECK_FALSE(met("flops!=+0", b, 1000));
  CHECK(met("flops==+0", b, 1000));
  CHECK(met("flops>=1k", b, 1000));
  CHECK_FALSE(met("flops>1kFLOP", b, 1000));
  CHECK(met("stored_bytes>16GiB", 0, Number(std::int64_t{16} << 30) + Number(1)));
  CHECK_FALSE(met("stored_bytes>16GiB", 0, Number(std::int64_t{16} << 30)));
  CHECK(met("parameters>=8.1G", 0, Number(std::int64_t{8'100'000'000})));
  CHECK(met("flops<+0.5 %", b, 1004));
  // Exact, however large: one FLOP in 10^30.
  const Number huge = power(Number(10), Number(30));
  CHECK(met("flops>+0%", huge, huge + Number(1)));
  // From nothing to something there is no percentage; it is more than any.
  CHECK(met("flops>+900%", 0, 1));
  CHECK_FALSE(met("flops>+0%", 0, 0));
  CHECK_FALSE(met("flops<-1%", 0, 1));
  const Result<Condition> at = parse_condition(" bytes_read @ model.layers >= -2Ki ");
  REQUIRE(at.ok());
  CHECK(at->metric == "bytes_read");
  CHECK(at->node == "model.layers");
  CHECK(to_string(at->limit) == "-2048");
}

TEST_CASE("conditions: what does not parse, and where") {
  const auto place = [](std::string_view text) {
    const Result<Condition> condition = parse_condition(text);
    REQUIRE_FALSE(condition.ok());
    const Diagnostic& error = condition.errors().front();
    CHECK(error.code == "E608");
    CHECK(exit_status(condition.errors()) == 2);
    return std::to_string(error.column) + " " + error.message;
  };
  CHECK(place("") == "1 a metric is expected");
  CHECK(place(">1") == "1 a metric is expected");
  CHECK(place("flops") == "6 the condition lacks a comparison");
  CHECK(place("flops@>1") == "7 the path of a node is expected behind '@'");
  CHECK(place("flops>") == "7 a number is expected");
  CHECK(place("flops>x") == "7 a number is expected");
  CHECK(place("flops>1.2.3") == "7 a number is expected");
  CHECK(place("flops=1") == "6 no comparison");
  CHECK(place("flops>1K") == "8 unknown suffix");
  CHECK(place("flops>1x") == "8 unknown suffix");
  CHECK(place("flops>1% more") == "10 the condition should end here");
  CHECK(condition_error("flops>") ==
        "--fail-if:1:7: error: a number is expected [E608]\n"
        "    1 | flops>\n"
        "      |       ^ write METRIC[@NODE], one of > >= < <= == !=, and a limit: +1% +2G 8.1G "
        "16GiB\n");
}
