// Text that others wrote is shown, never obeyed: every command and format, fed with hostile names.
#include <doctest/doctest.h>
#include <stdio.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/visible.hpp"
#include "report/layout.hpp"
#include "report/text.hpp"
#include "scratch_folder.hpp"
#include "support.hpp"

using namespace lmhost;
using namespace lmhost::test;

namespace {

struct Hostile {
  const char* json;     // inside of a JSON string
  const char* visible;  // as text shows it
};
// The one list of what names may hold.
constexpr Hostile kHostile[] = {
    {"e\\u001b[2J\\u001b]0;t\\u0007", "e\\x1b[2J\\x1b]0;t\\x07"},
    {"n\\nl\\rt\\tz\\u007f", "n\\x0al\\x0dt\\x09z\\x7f"},
    {"c\\u0085d\\u009b31m", "c\\u0085d\\u009b31m"},
    {"b\\u202ea\\u2066b\\u2069\\u200e\\u200f\\u061c",
     "b\\u202ea\\u2066b\\u2069\\u200e\\u200f\\u061c"},
    {"z\\u200b\\u2028\\u2029\\ufeff\\u00ad", "z\\u200b\\u2028\\u2029\\ufeff\\u00ad"},
    {"u\\uffff\\ue000\\udb40\\udc01", "u\\uffff\\ue000\\U000e0001"},
    {"=1+1", "=1+1"},
    {"+1", "+1"},
    {"-x", "-x"},
    {"@SUM", "@SUM"},
    {"'q", "'q"},
    {"p|q`r`<script>x</script>[l](u)", "p|q`r`<script>x</script>[l](u)"},
    {"s;t 12", "s;t 12"},
    {"\\\"], n9[\\\"", "\"], n9[\""},
    {"%$#_{}~^&\\\\", "%$#_{}~^&\\"},
    {"a,b\\\"c", "a,b\"c"},
};

// Its own decoder, so that what is tested does not judge itself: the first character that must not
// be printed, or nothing.
std::string forbidden(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    unsigned long code = size == 1 ? lead : lead & (0xFFu >> (size + 1));
    for (std::size_t k = 1; k < size && i + k < text.size(); ++k)
      code = code << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3Fu);
    const bool is_bad = (code < 0x20 && code != '\n') || (code >= 0x7F && code < 0xA0) ||
                        code == 0xAD || code == 0x61C || (code >= 0x200B && code <= 0x200F) ||
                        (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) ||
                        code == 0xFEFF || code == 0xFFFF || code == 0xE000 || code == 0xE0001;
    if (is_bad) return "at byte " + std::to_string(i) + " code " + std::to_string(code);
    i += size;
  }
  return "";
}

// Standard output and error, whatever the status.
std::string said(const std::string& command) {
  FILE* const pipe = popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string text;
  char buffer[4096];
  while (const std::size_t size = fread(buffer, 1, sizeof buffer, pipe)) text.append(buffer, size);
  pclose(pipe);
  return text;
}

std::string graph_with(const std::string& name) {
  const auto string = [&](const std::string& prefix) { return "\"" + prefix + name + "\""; };
  // A call's name has no blank.
  const bool has_blank = name.find(' ') != name.npos || name.find("\\u001b") != name.npos ||
                         name.find("\\n") != name.npos;
  const std::string call = has_blank ? "\"m\"" : string("");
  return "{\"schema\":\"lmhost.graph/1\",\"root\":" + string("") +
         ",\"source\":{\"package\":" + string("") + ",\"version\":" + string("") +
         "},\"kernels\":{" + string("") + ":{\"location\":" + string("") +
         ",\"sub_kernels\":[{\"name\":" + call + ",\"kernel\":" + string("k") +
         ",\"lines\":\"12\",\"count\":3}]}," + string("k") + ":{\"location\":" + string("") +
         ",\"sub_kernels\":[{\"name\":" + call +
         ",\"kernel\":\"torch.nn.functional.relu\",\"bindings\":{\"num_elements\":\"7\"}}]}}}";
}

const std::string kProgram = LMHOST_BINARY_DIR "/bin/lmhost";

std::size_t lines_of(std::string_view text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

TEST_CASE("Foreign text: no field of a graph reaches an output raw, and none breaks a format") {
  const ScratchFolder folder;
  const std::string plain = folder.write("plain.json", graph_with("m"));
  const std::vector<std::string> commands = {"analyze FILE",
                                             "analyze FILE -o json",
                                             "analyze FILE -o jsonl",
                                             "analyze FILE -o csv",
                                             "analyze FILE -o md",
                                             "analyze FILE -o latex",
                                             "analyze FILE --by kernels",
                                             "explain FILE",
                                             "explain FILE -o json",
                                             "inspect FILE",
                                             "inspect FILE -o json",
                                             "inspect FILE -o dot",
                                             "inspect FILE -o mermaid",
                                             "resolve FILE",
                                             "resolve FILE -o json",
                                             "formula FILE",
                                             "validate FILE",
                                             "import FILE",
                                             "compare FILE FILE",
                                             "compare FILE FILE -o md",
                                             "compare FILE FILE -o csv",
                                             "compare FILE FILE -o json",
                                             "analyze FILE --export folded=-",
                                             "analyze FILE --export dot=-",
                                             "analyze FILE --export mermaid=-",
                                             "analyze FILE --export speedscope=-",
                                             "sweep FILE batch_size=1,2 -o csv",
                                             "sweep FILE batch_size=1,2"};
  for (const Hostile& hostile : kHostile) {
    const std::string file = folder.write("hostile.json", graph_with(hostile.json));
    for (const std::string& command : commands) {
      const auto run = [&](const std::string& graph) {
        std::string words = command;
        for (std::size_t at; (at = words.find("FILE")) != std::string::npos;)
          words.replace(at, 4, graph);
        return said(kProgram + " " + words);
      };
      const std::string text = run(file);
      CAPTURE(command);
      CAPTURE(hostile.visible);
      CHECK(forbidden(text) == "");
      // As many lines as with a plain name: no name ends a line, a row, a stack or a statement.
      CHECK_MESSAGE(lines_of(text) == lines_of(run(plain)), text);
    }
  }
}

TEST_CASE("Foreign text: values of options and names of files are spelled") {
  const std::string text = said(kProgram + " analyze $'no\\x1b[31m\\xc2\\x9bfile.json'");
  CHECK(forbidden(text) == "");
  CHECK(forbidden(said(kProgram + " $'x\\x1b[2J'")) == "");
  CHECK(forbidden(said(kProgram + " analyze tiny $'--x\\x1b[2J'")) == "");
}

TEST_CASE("Foreign text: each format's spelling") {
  struct Row {
    std::string foreign;
    const char *text, *csv, *markdown, *latex, *dot, *mermaid, *folded;
  };
  const Row rows[] = {
      {"q_proj", "q_proj", "q_proj", "q_proj", "q\\_proj", "q_proj", "q_proj", "q_proj"},
      {"a\x1b[m", "a\\x1b[m", "a\\x1b[m", "a\\\\x1b[m", "a\\textbackslash{}x1b[m", "a\\\\x1b[m",
       "a\\x1b[m", "a\\x1b[m"},
      {"\x80", "\\x80", "\\x80", "\\\\x80", "\\textbackslash{}x80", "\\\\x80", "\\x80", "\\x80"},
      {"-12", "-12", "-12", "-12", "-12", "-12", "-12", "-12"},
      {"=1,2", "=1,2", "\"'=1,2\"", "=1,2", "=1,2", "=1,2", "=1,2", "=1,2"},
      {"a\\b", "a\\b", "a\\x5cb", "a\\\\b", "a\\textbackslash{}b", "a\\\\b", "a\\b", "a\\b"},
      {"<b>|", "<b>|", "<b>|", "\\<b>\\|", "\\textless{}b\\textgreater{}|", "<b>|", "#lt;b#gt;|",
       "<b>|"},
      {"[x](y)", "[x](y)", "[x](y)", "[x\\](y)", "{[}x](y)", "[x](y)", "[x](y)", "[x](y)"},
      {"a;b\"", "a;b\"", "\"a;b\"\"\"", "a;b\"", "a;b\"", "a;b\\\"", "a#59;b#quot;", "a:b\""},
  };
  for (const Row& row : rows) {
    CHECK(Text(row.foreign) == row.text);
    CHECK(CsvText(row.foreign) == row.csv);
    CHECK(MarkdownText(row.foreign) == row.markdown);
    CHECK(LatexText(row.foreign) == row.latex);
    CHECK(DotText(row.foreign) == row.dot);
    CHECK(MermaidText(row.foreign) == row.mermaid);
    CHECK(FoldedText(row.foreign) == row.folded);
    CHECK(visible(visible(row.foreign)) == visible(row.foreign));
  }
  for (const Hostile& hostile : kHostile) CHECK(visible(hostile.visible) == hostile.visible);
}

TEST_CASE("Foreign text: a column is as wide as what is printed") {
  CHECK(display_width("a\x1b") == 5);
  CHECK(display_width("層") == 2);
  CHECK(display_width("e\xCC\x81") == 1);
  Table table({{"A", true}, {"B", true}});
  table.add({"x\x1b", "1"});
  table.add({"y", "2"});
  CHECK(table.text(TextStyle()) == "A      B\nx\\x1b  1\ny      2\n");
}

TEST_CASE("Long lines are broken at blanks, whatever the width") {
  CHECK(folded_lines("memory     one two three\n", 16) == "memory     one\n  two three\n");
  CHECK(folded_lines("memory     one two three\n", 22) == "memory     one two\n           three\n");
  CHECK(folded_lines("  \x1b[1mab\x1b[0m cd ef\n", 7) == "  \x1b[1mab\x1b[0m cd\n  ef\n");
  CHECK(folded_lines("longer-than-the-line x\n", 4) == "longer-than-the-line\n  x\n");
  CHECK(folded_lines("as it is\n", 0) == "as it is\n");
  for (std::size_t width = 1; width < 30; ++width) {
    const std::string text = folded_lines("a bb ccc  dddd     e f g\n\n    x y\n", width);
    std::string_view rest = text;
    while (!rest.empty()) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      const std::string_view words =
          line.substr(std::min(line.find_first_not_of(' '), line.size()));
      CHECK((line.size() <= width || words.find(' ') == std::string_view::npos));
      rest.remove_prefix(line.size() + 1);
    }
  }
}
