// The layout of error texts, places, and the nearest name.
#include "base/diagnostic.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/codes.hpp"

using namespace lmhost;

namespace {

// The text of an error under `mark`'s only occurrence in `text`.
std::string rendered(std::string_view text, std::string_view mark, std::string hint = {}) {
  const SourceText source{"x.json", std::string(text)};
  const std::size_t offset = source.text.find(mark);
  REQUIRE(offset != source.text.npos);
  return render(error_at(source, offset, mark.size(), "E101", "wrong", std::move(hint)));
}

}  // namespace

TEST_CASE("places") {
  const std::string text = "ab\n\ncd\r\ne";
  struct {
    std::size_t offset, line, column;
  } const rows[] = {{0, 1, 1}, {1, 1, 2}, {2, 1, 3}, {3, 2, 1}, {4, 3, 1},
                    {6, 3, 3}, {7, 3, 4}, {8, 4, 1}, {9, 4, 2}, {99, 4, 2}};
  PlaceFinder ascending(text), jumping(text);
  for (const auto& row : rows) {
    CAPTURE(row.offset);
    CHECK(line_column(text, row.offset).line == row.line);
    CHECK(line_column(text, row.offset).column == row.column);
    CHECK(ascending.find(row.offset).line == row.line);
    jumping.find(9);
    CHECK(jumping.find(row.offset).line == row.line);
    CHECK(jumping.find(row.offset).column == row.column);
  }
}

TEST_CASE("an error with its line, caret, hint and path") {
  const SourceText source{"graphs/x.json", "{\n  \"kernel\": \"torch.liner\",\n}\n"};
  Diagnostic error = error_at(source, 14, 13, codes::kUnknownKernel, "unknown kernel 'torch.liner'",
                              "did you mean 'torch.linear'?");
  error.context = {"LlamaForCausalLM", "layers", "mlp"};
  CHECK(render(error) ==
        "graphs/x.json:2:13: error: unknown kernel 'torch.liner' [E101]\n"
        "    2 |   \"kernel\": \"torch.liner\",\n"
        "      |             ^~~~~~~~~~~~~ did you mean 'torch.linear'?\n"
        "  at LlamaForCausalLM > layers > mlp\n");
}

TEST_CASE("errors without a quoted line") {
  CHECK(
      render(plain_error(ErrorKind::kUsage, codes::kUsage, "no model given", "see lmhost help")) ==
      "lmhost: error: no model given [E601]\n"
      "  see lmhost help\n");
  Diagnostic warning = plain_error(ErrorKind::kPlugin, {}, "old");
  warning.severity = Severity::kWarning;
  warning.file = "a.so";
  CHECK(render(warning) == "a.so: warning: old\n");
  CHECK(render(warning, true) ==
        "\x1b[1ma.so: \x1b[0m\x1b[1;35mwarning: \x1b[0m\x1b[1mold\x1b[0m\n");
}

TEST_CASE("what a quoted line may hold") {
  CHECK(rendered("\t\"a\":\tbad", "bad") ==
        "x.json:1:7: error: wrong [E101]\n"
        "    1 |   \"a\":  bad\n"
        "      |         ^~~\n");
  CHECK(rendered("\"\xC3\xA4\xE2\x82\xAC\" bad", "bad") ==
        "x.json:1:9: error: wrong [E101]\n"
        "    1 | \"\xC3\xA4\xE2\x82\xAC\" bad\n"
        "      |      ^~~\n");
  CHECK(rendered("a\x1b[2J\xFF\xE2\x80\xAE bad\r\n", "bad") ==
        "x.json:1:11: error: wrong [E101]\n"
        "    1 | a\\x1b[2J\\xff\\u202e bad\n"
        "      |                    ^~~\n");
  CHECK(rendered("x\nend", "end", "h") ==
        "x.json:2:1: error: wrong [E101]\n"
        "    2 | end\n"
        "      | ^~~ h\n");
  // The underline ends with the line, and a place behind the line is marked there.
  const SourceText source{"x", "ab\ncd"};
  CHECK(render(error_at(source, 1, 4, "E1", "m")) ==
        "x:1:2: error: m [E1]\n    1 | ab\n      |  ^\n");
  CHECK(render(error_at(source, 5, 1, "E1", "m")) ==
        "x:2:3: error: m [E1]\n    2 | cd\n      |   ^\n");
  CHECK(render(error_at(source, 2, 1, "E1", "m")) ==
        "x:1:3: error: m [E1]\n    1 | ab\n      |   ^\n");
  CHECK(render(error_at({"x", ""}, 0, 1, "E1", "m", "h")) == "x:1:1: error: m [E1]\n  h\n");
}

TEST_CASE("long lines are cut to a window around the caret") {
  const std::string a(200, 'a'), b(200, 'b');
  CHECK(rendered(a + "bad" + b, "bad") ==
        "x.json:1:201: error: wrong [E101]\n"
        "    1 | ..." +
            a.substr(0, 60) + "bad" + b.substr(0, 37) +
            "...\n"
            "      | " +
            std::string(63, ' ') + "^~~\n");
  CHECK(rendered("bad" + b, "bad") ==
        "x.json:1:1: error: wrong [E101]\n"
        "    1 | bad" +
            b.substr(0, 97) +
            "...\n"
            "      | ^~~\n");
  CHECK(rendered(a + "bad", "bad") ==
        "x.json:1:201: error: wrong [E101]\n"
        "    1 | ..." +
            a.substr(0, 60) +
            "bad\n"
            "      | " +
            std::string(63, ' ') + "^~~\n");
  // Characters of two bytes, before and behind the part that a diagnostic keeps.
  std::string umlauts;
  for (int i = 0; i < 3000; ++i) umlauts += "\xC3\xA4";
  for (const std::string shift : {"", "x"}) {
    const std::string text = rendered(shift + umlauts + "bad" + umlauts, "bad");
    CHECK(text.find("\\x") == text.npos);
    CHECK(text.find("\n      | " + std::string(63, ' ') + "^~~\n") != text.npos);
  }
  // A diagnostic of a line of 10 MB is small.
  const SourceText source{"x", std::string(10'000'000, 'x')};
  CHECK(error_at(source, 5'000'000, 1, "E1", "m").source_line.size() == 2 * kQuotedBefore);
}

TEST_CASE("repeated errors are counted") {
  Diagnostics errors;
  for (int i = 0; i < 5; ++i)
    errors.push_back(plain_error(ErrorKind::kInput, "E1", std::to_string(i)));
  errors.push_back(plain_error(ErrorKind::kInput, "E2", "other"));
  CHECK(render(errors, false, 2) ==
        "lmhost: error: 0 [E1]\n"
        "lmhost: error: 1 [E1]\n"
        "... and 3 more like this\n"
        "lmhost: error: other [E2]\n");
}

TEST_CASE("a long path is shown without its middle") {
  Diagnostic error = plain_error(ErrorKind::kInput, "E1", "m");
  for (int i = 0; i < 100; ++i) error.context.push_back(std::to_string(i));
  CHECK(render(error) ==
        "lmhost: error: m [E1]\n"
        "  at 0 > 1 > 2 > 3 > 4 > 5 > (88 more) > 94 > 95 > 96 > 97 > 98 > 99\n");
}

TEST_CASE("exit status") {
  const auto status = [](std::vector<ErrorKind> kinds) {
    Diagnostics errors;
    for (const ErrorKind kind : kinds) errors.push_back(plain_error(kind, "E1", "m"));
    return exit_status(errors);
  };
  CHECK(status({}) == 0);
  CHECK(status({ErrorKind::kUsage}) == 2);
  CHECK(status({ErrorKind::kInput, ErrorKind::kUsage}) == 3);
  CHECK(status({ErrorKind::kPlugin, ErrorKind::kIo, ErrorKind::kInput}) == 5);
  CHECK(status({ErrorKind::kInternal, ErrorKind::kIo}) == 70);
  Diagnostic warning = plain_error(ErrorKind::kIo, "E1", "m");
  warning.severity = Severity::kWarning;
  CHECK(exit_status({warning}) == 0);
}

TEST_CASE("the nearest name") {
  const std::vector<std::string_view> names = {"F.linear",
                                               "torch.nn.functional.linear",
                                               "torch.nn.Linear",
                                               "torch.nn.functional.relu",
                                               "torch.matmul",
                                               "torch.nn.functional.pad",
                                               "torch.nn.functional.silu",
                                               "hidden_size",
                                               "num_hidden_layers",
                                               "num_attention_heads",
                                               "M",
                                               "K",
                                               "has_bias"};
  struct {
    std::string_view name, nearest;
  } const rows[] = {
      {"torch.nn.functional.liner", "torch.nn.functional.linear"},
      {"torch.nn.functonal.linear", "torch.nn.functional.linear"},
      {"torch.nn.functional.foobar", ""},
      {"torch.nn.functional.ReLU", "torch.nn.functional.relu"},
      {"torch.nn.linear", "torch.nn.Linear"},
      {"nn.Linear", "torch.nn.Linear"},
      {"torch.nn.modules.linear.Linear", "torch.nn.Linear"},
      {"linear", "F.linear"},
      {"torch.mamtul", "torch.matmul"},
      {"hiden_size", "hidden_size"},
      {"num_hiden_layers", "num_hidden_layers"},
      {"m", "M"},
      {"has_bais", "has_bias"},
      {"vocab_size", ""},
      {"", ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    CHECK(nearest_name(row.name, names) == row.nearest);
  }
  CHECK(did_you_mean("hiden_size", names) == "did you mean 'hidden_size'?");
  CHECK(did_you_mean("zzz", names).empty());
  const std::vector<std::string_view> ties = {"ab", "aB", "ac"};
  CHECK(nearest_name("aB", ties) == "aB");
  CHECK(nearest_name("ad", ties) == "ab");
  // A beginning is enough where it is the beginning of one name only.
  const std::vector<std::string_view> long_names = {"batch_size", "cache_len", "cache_dtype",
                                                    "batch_size"};
  CHECK(nearest_name("Batch", long_names) == "batch_size");
  CHECK(nearest_name("cache", long_names) == "");
  CHECK(nearest_name("ba", long_names) == "");
}

TEST_CASE("quoted names") {
  CHECK(quoted("a.b") == "'a.b'");
  const std::string text = quoted(std::string(1000, 'a') + "\xC3\xA4" + std::string(1000, 'b'));
  CHECK(text == "'" + std::string(60, 'a') + "..." + std::string(60, 'b') + "'");
}
