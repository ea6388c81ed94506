// How numbers, tables and JSON look, and which rows a report shows.
#include <doctest/doctest.h>

#include <limits>

#include "load/json.hpp"
#include "report/columns.hpp"
#include "report/explain.hpp"
#include "report/json.hpp"
#include "report/json_writer.hpp"
#include "report/layout.hpp"
#include "report/rows.hpp"
#include "report/table.hpp"
#include "report/units.hpp"
#include "support.hpp"

using namespace lmhost;
using namespace lmhost::test;

namespace {

// graphs/tiny.json at 3 tokens; its doc derives every total.
const Analysis& tiny() {
  static const Analysis analysis = [] {
    HostOptions options;
    options.prefix = LMHOST_BINARY_DIR;
    Result<Host> host = Host::open(options);
    REQUIRE_MESSAGE(host.ok(), render(host.ok() ? Diagnostics{} : host.errors()));
    Workload workload;
    workload.model = LMHOST_SOURCE_DIR "/graphs/tiny.json";
    workload.seq_len = Number(3);
    Result<Analysis> result = host->analyze(workload);
    REQUIRE_MESSAGE(result.ok(), render(result.ok() ? Diagnostics{} : result.errors()));
    return std::move(result).value();
  }();
  return analysis;
}

std::vector<std::string> names_of(const Rows& rows) {
  std::vector<std::string> names;
  for (const Row& row : rows.rows) names.push_back(row_name(*tiny().tree, row, {}));
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("counts and bytes in SI units, capacity in binary ones") {
  struct Case {
    Number number;
    const char* count;
    const char* bytes;
    const char* capacity;
  };
  const Case cases[] = {
      {Number(0), "0", "0 B", "0 B"},
      {Number(512), "512", "512 B", "512 B"},
      {Number(999), "999", "999 B", "999 B"},
      {Number(1000), "1.00 k", "1.00 kB", "1000 B"},
      {Number(1024), "1.02 k", "1.02 kB", "1 KiB"},
      {Number(1536), "1.54 k", "1.54 kB", "1.50 KiB"},
      // What would print as 1000.00 takes the next prefix.
      {Number(999'994), "999.99 k", "999.99 kB", "976.56 KiB"},
      {Number(999'996), "1.00 M", "1.00 MB", "976.56 KiB"},
      {Number(std::int64_t{29'261'612'187'648}), "29.26 T", "29.26 TB", "26.61 TiB"},
      {Number(std::int64_t{13'476'831'232}), "13.48 G", "13.48 GB", "12.55 GiB"},
      {Number::ratio(33, 64), "0.52", "0.52 B", "0.52 B"},
      {Number::inexact(7.1991), "~7.20", "~7.20 B", "~7.20 B"},
      {Number::ratio(-3, 2), "-1.50", "-1.50 B", "-1.50 B"},
  };
  for (const Case& c : cases) {
    CHECK(format_count(c.number) == c.count);
    CHECK(format_bytes(c.number) == c.bytes);
    CHECK(format_capacity(c.number) == c.capacity);
  }
  // 2^100 and 10^33: beyond the largest prefix the number grows.
  CHECK(format_count(power(Number(2), Number(100))) == "1.27 Q");
  CHECK(format_count(power(Number(10), Number(33))) == "1000.00 Q");
  CHECK(format_parameters(Number(std::int64_t{6'738'415'616})) == "6.74 B");
}

TEST_CASE("percentages and intensity") {
  CHECK(format_percent(Number(1), Number(3)) == "33.3");
  CHECK(format_percent(Number(1), Number(0)).empty());
  CHECK(format_intensity(Number(1), Number(0)) == "-");
  CHECK(format_intensity(Number(2), Number(3)) == "0.67");
  CHECK(format_intensity(Number(99), Number(4)) == "24.8");
  CHECK(format_intensity(Number(9996), Number(100)) == "100");
}

TEST_CASE("columns have keys and aliases") {
  CHECK(find_column("flops") == &column("flops"));
  CHECK(find_column("read") == &column("bytes_read"));
  CHECK(find_column("bytes-read") == &column("bytes_read"));
  CHECK(find_column("nothing") == nullptr);
  for (const Column& a : all_columns()) CHECK(find_column(a.key) == &a);
  CHECK_FALSE(parse_columns("").ok());
  CHECK_FALSE(parse_metric("kernel").ok());
  CHECK(parse_columns("flops,,read").errors().size() == 1);
  // Every quantity is a column under its own name.
  for (std::size_t i = 0; i < kQuantityCount; ++i)
    CHECK(find_column(name_of(static_cast<Quantity>(i))) != nullptr);
}

TEST_CASE("text has guides, bars and a width") {
  const TextStyle style;
  CHECK(tree_guides({0, 1, 2, 1}, style) == Names{"", "├─ ", "│  └─ ", "└─ "});
  TextStyle ascii;
  ascii.unicode = false;
  CHECK(tree_guides({0, 1, 2, 1}, ascii) == Names{"", "|- ", "|  `- ", "`- "});
  CHECK(bar(1, 4, style) == "████");
  CHECK(bar(0.5, 3, style) == "█▌ ");
  CHECK(bar(2, 2, style) == "██");
  CHECK(bar(-1, 2, style) == "  ");
  CHECK(bar(std::numeric_limits<double>::quiet_NaN(), 2, style) == "  ");
  CHECK(bar(0.5, 4, ascii) == "##  ");
  CHECK(display_width("├─ é×") == 5);
  CHECK(cut_left("abcdef", 6, style) == "abcdef");
  CHECK(cut_left("abcdef", 4, style) == "…def");
  CHECK(cut_left("×××××", 3, style) == "…××");
  CHECK(cut_left("abcdef", 4, ascii) == "..ef");

  Table table({{"A", true, Ink::kPlain}, {"B", false, Ink::kPlain}});
  table.add({"x|y", "1"});
  table.add({"", "22"});
  CHECK(table.text(style) == "A     B\nx|y   1\n     22\n");
  CHECK(table.markdown() == "| A | B |\n| :-- | --: |\n| x\\|y | 1 |\n|  | 22 |\n");
}

TEST_CASE("patterns are globs or parts") {
  CHECK(matches_pattern("", "anything"));
  CHECK(matches_pattern("PROJ", "model.q_proj"));
  CHECK_FALSE(matches_pattern("proj.", "model.q_proj"));
  CHECK(matches_pattern("*.q_*", "model.q_proj"));
  CHECK(matches_pattern("model.?_proj", "model.q_proj"));
  CHECK_FALSE(matches_pattern("q_*", "model.q_proj"));
  CHECK(matches_pattern("*a*a*a*b", "aaaaaaaaaaaaaaaaab"));
  CHECK_FALSE(matches_pattern("*a*a*a*b", "aaaaaaaaaaaaaaaaaa"));
}

TEST_CASE("JSON keeps every digit and stays JSON") {
  JsonWriter json;
  json.begin_object();
  json.member("text", "a\"\\\n\x01é");
  json.quantity("small", Number(12));
  json.quantity("edge", Number(std::int64_t{1} << 53));
  json.quantity("large", power(Number(2), Number(100)));
  json.quantity("decimal", Number::ratio(33, 64));
  json.quantity("third", Number::ratio(1, 3));
  json.quantity("inexact", Number::inexact(7.5));
  json.line();
  json.key("list");
  json.begin_array();
  json.line();
  json.value(true);
  json.line();
  json.null();
  json.end_array();
  json.end_object();
  CHECK(json.take() ==
        "{\"text\":\"a\\\"\\\\\\n\\u0001é\",\"small\":12,\"edge\":9007199254740992,"
        "\"large\":1267650600228229401496703205376,\"large_exact\":"
        "\"1267650600228229401496703205376\",\"decimal\":0.515625,"
        "\"third\":0.3333333333333333,\"third_exact\":\"1/3\",\"inexact\":7.5,\n"
        "\"list\":[\ntrue,\nnull]}\n");
}

TEST_CASE("inexact quantities are listed") {
  Costs costs;
  costs[Quantity::kBytesReadWeight] = Number::inexact(1.5);
  JsonWriter json;
  json.begin_object();
  json.costs("total", costs);
  json.end_object();
  const std::string text = json.take();
  CHECK(text.find("\"inexact\":[\"bytes_read_weight\",\"bytes_read\"]") != std::string::npos);
}

TEST_CASE("rows of the tree: order, depth, sorting, folding, filters") {
  const CostTree& tree = *tiny().tree;
  RowOptions all;
  CHECK(names_of(make_rows(tree, all)) ==
        Names{"Model", "embed", "blocks ×2", "up", "act", "down"});

  RowOptions shallow;
  shallow.depth = 1;
  CHECK(names_of(make_rows(tree, shallow)) == Names{"Model", "embed", "blocks ×2"});

  RowOptions sorted;
  sorted.sort = &column("flops");
  CHECK(names_of(make_rows(tree, sorted)) ==
        Names{"Model", "blocks ×2", "up", "down", "act", "embed"});
  // Products of up and down are as many: what is equal stays in the order of the graph.
  sorted.sort = &column("matmul_flops");
  CHECK(names_of(make_rows(tree, sorted)) ==
        Names{"Model", "blocks ×2", "up", "down", "act", "embed"});

  // The two smallest of three are folded; one alone never is.
  RowOptions folded;
  folded.rows = 1;
  CHECK(names_of(make_rows(tree, folded)) ==
        Names{"Model", "embed", "blocks ×2", "up", "[2 others]"});
  folded.rows = 2;
  CHECK(make_rows(tree, folded).rows.size() == 6);

  RowOptions focus;
  focus.focus = {"ACT"};
  CHECK(names_of(make_rows(tree, focus)) == Names{"Model", "blocks ×2", "act"});
  focus.focus = {"*linear"};
  CHECK(names_of(make_rows(tree, focus)) == Names{"Model", "blocks ×2", "up", "down"});
  RowOptions ignore;
  ignore.ignore = {"blocks"};
  CHECK(names_of(make_rows(tree, ignore)) == Names{"Model", "embed"});
}

TEST_CASE("shown and folded rows of a composite sum to it") {
  const CostTree& tree = *tiny().tree;
  for (const std::size_t count : {1u, 2u, 5u}) {
    RowOptions options;
    options.rows = count;
    const Rows rows = make_rows(tree, options);
    Costs sum;
    for (const Row& row : rows.rows) {
      const Costs costs = costs_of(tree, rows, row);
      if (row.depth == 2)
        for (std::size_t i = 0; i < kQuantityCount; ++i)
          sum.values[i] = sum.values[i] + costs.values[i];
    }
    CHECK(sum == tree.total(tree.nodes[2]));
  }
  RowOptions kernels;
  kernels.view = View::kKernels;
  const Rows rows = make_rows(tree, kernels);
  Costs sum;
  for (std::size_t i = 1; i < rows.rows.size(); ++i)
    for (std::size_t q = 0; q < kQuantityCount; ++q)
      sum.values[q] = sum.values[q] + costs_of(tree, rows, rows.rows[i]).values[q];
  CHECK(sum == tree.total(tree.nodes[0]));
}

TEST_CASE("nodes are found by any tail that is the only one") {
  const CostTree& tree = *tiny().tree;
  CHECK(*find_node(tree, "") == 0);
  CHECK(*find_node(tree, "Model") == 0);
  CHECK(*find_node(tree, "blocks") == 2);
  CHECK(*find_node(tree, "up") == 3);
  CHECK(*find_node(tree, "blocks.up") == 3);
  const Result<std::uint32_t> missing = find_node(tree, "block");
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.errors().front().hint == "did you mean 'blocks'?");
  CHECK_FALSE(find_node(tree, "p").ok());
}

TEST_CASE("an explanation leads from a number to its formula and places") {
  const Explanation up = explain(tiny(), 3, nullptr, LMHOST_SOURCE_DIR);
  CHECK(up.path == "blocks.up");
  CHECK(up.kernel == "torch.nn.functional.linear");
  CHECK(up.called_as == "torch.nn.Linear");
  CHECK(up.graph_place.compare(0, 17, "graphs/tiny.json:") == 0);
  REQUIRE(up.quantities.size() >= 2);
  CHECK(up.quantities[0].key == "flops");
  CHECK(up.quantities[0].times == Number(2));
  CHECK(up.quantities[0].per_call == Number(216));
  CHECK(up.quantities[0].total == Number(432));
  REQUIRE(up.factors.size() == 1);
  CHECK(up.factors[0].expression == "config.num_hidden_layers");

  const Explanation blocks = explain(tiny(), 2, &column("read"), "");
  REQUIRE(blocks.quantities.size() == 1);
  CHECK(blocks.quantities[0].total == Number(528));
  CHECK(blocks.children.size() == 3);
}

TEST_CASE("a report is JSON that lmhost itself can read") {
  const Summary summary = summarize(tiny());
  const std::string text = write_json(tiny(), summary, LMHOST_SOURCE_DIR);
  CHECK(text == write_json(tiny(), summary, LMHOST_SOURCE_DIR));
  const Result<JsonDocument> document = JsonDocument::parse(text_named("report", text));
  REQUIRE_MESSAGE(document.ok(), render(document.ok() ? Diagnostics{} : document.errors()));
  const JsonValue root = document->root();
  CHECK(root.find("schema").string() == "lmhost.report/1");
  CHECK(root.find("totals").find("flops").number() == Number(864));
  CHECK(root.find("nodes").size() == 6);
  CHECK(root.find("inputs").size() == 1);
}
