// The published schema says what the loader says: every graph of the tree passes both, and a table
// of texts passes both or neither. RapidJSON's validator knows draft-04; the schema keeps to what
// draft-04 and draft-07 share.
#include <doctest/doctest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "load/graph.hpp"
#include "schema.hpp"

using namespace lmhost;

namespace {

bool passes_schema(const std::string& text) {
  static const rapidjson::Document schema =
      test::schema_at(LMHOST_SOURCE_DIR "/graphs/graph.schema.json");
  return test::passes(schema, text);
}

std::string loader_errors(const std::string& text) {
  const Result<Graph> graph = load_graph(std::make_shared<SourceText>(SourceText{"g.json", text}));
  return graph ? "" : render(graph.errors());
}

std::string composite(const std::string& keys) {
  return "{\"schema\": \"lmhost.graph/1\", \"root\": \"R\", \"kernels\": {\"R\": {" + keys + "}}}";
}
std::string call(const std::string& keys) { return composite("\"sub_kernels\": [{" + keys + "}]"); }
std::string root(const std::string& keys) {
  return "{\"schema\": \"lmhost.graph/1\", \"root\": \"R\", \"kernels\": {\"R\": {\"sub_kernels\": "
         "[]}}" +
         keys + "}";
}
std::string node(const std::string& keys) {
  return "{\"kernel_name\": \"m\", \"kernel_type\": \"composite\", \"sub_kernels\": [{" + keys +
         "}]}";
}

}  // namespace

TEST_CASE("every graph of the tree passes the schema and the loader") {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(LMHOST_SOURCE_DIR "/graphs")) {
    const std::string path = entry.path().string();
    if (!path.ends_with(".json") || path.ends_with(".schema.json")) continue;
    CAPTURE(path);
    const std::string text = test::file_text(path);
    CHECK(loader_errors(text) == "");
    CHECK(passes_schema(text));
    ++count;
  }
  CHECK(count > 0);
}

TEST_CASE("schema and loader agree") {
  const std::string a = "\"name\": \"a\", \"kernel\": \"K\"";
  const std::string catalog =
      "{\"schema\": \"lmhost.kernels/1\", \"plugin\": {\"id\": \"d\", \"version\": \"1.0.0\"}, "
      "\"kernels\": [{\"name\": \"k\", \"revision\": 1, \"quantities\": [{\"name\": \"flops\", "
      "\"expression\": \"1\"}]}]}";
  const std::string atomic = "\"kernel_name\": \"k\", \"kernel_type\": \"atomic\"";
  struct {
    bool good;
    std::string text;
  } const rows[] = {
      {true, root("")},
      {true, root(", \"$schema\": \"x\", \"doc\": \"\", \"architectures\": [], \"source\": {}, "
                  "\"requires\": {}, "
                  "\"variables\": {}, \"config\": {\"a\": [null]}")},
      {true, root(", \"requires\": {\"m\": \">=1.0 <2\", \"n\": \"1.2.3\", \"o\": \" * \"}")},
      {true, call("\"name\": \"a-b+[0]\", \"kernel\": \"K\"")},
      {false, root(", \"requires\": {\"m\": \">1 < 2\"}")},
      {true, root(", \"variables\": {\"a\": 1, \"b_2\": true, \"C\": \"a\"}")},
      {false, "1"},
      {false, "[]"},
      {false, "{}"},
      {false, root(", \"x\": 1")},
      {false, root(", \"doc\": 1")},
      {false, root(", \"$schema\": 1")},
      {false, root(", \"architectures\": \"A\"")},
      {false, root(", \"architectures\": [1]")},
      {false, root(", \"source\": {\"x\": \"\"}")},
      {false, root(", \"source\": {\"file\": 1}")},
      {false, root(", \"requires\": {\"m\": \"x\"}")},
      {false, root(", \"requires\": {\"m\": \"\"}")},
      {false, root(", \"requires\": {\"m\": \"1.2.3.4\"}")},
      {false, root(", \"requires\": {\"m\": 1}")},
      {false, root(", \"variables\": {\"a\": null}")},
      {false, root(", \"variables\": []")},
      {false, root(", \"config\": []")},
      {true, root(", \"catalog\": []")},
      {true, root(", \"catalog\": " + catalog)},
      {true, root(", \"catalog\": [" + catalog + "]")},
      {false, root(", \"catalog\": 1")},
      {false, root(", \"catalog\": [1]")},
      {false, root(", \"catalog\": {\"schema\": \"lmhost.kernels/1\"}")},
      {false,
       "{\"schema\": \"lmhost.graph/2\", \"root\": \"R\", \"kernels\": {\"R\": {\"sub_kernels\": "
       "[]}}}"},
      {false, "{\"root\": \"R\", \"kernels\": {\"R\": {\"sub_kernels\": []}}}"},
      {false, "{\"schema\": \"lmhost.graph/1\", \"kernels\": {\"R\": {\"sub_kernels\": []}}}"},
      {false, "{\"schema\": \"lmhost.graph/1\", \"root\": \"R\"}"},
      {false, "{\"schema\": \"lmhost.graph/1\", \"root\": \"R\", \"kernels\": {\"R\": 1}}"},
      {true,
       composite("\"sub_kernels\": [], \"doc\": \"\", \"location\": \"\", \"lines\": \"1-2\", "
                 "\"parameters\": [\"a\", \"b=1\", \"c = a*2\"], \"variables\": {\"x\": 1}, "
                 "\"modes\": {\"sdpa\": {\"sub_kernels\": [], \"doc\": \"\"}, \"fused\": "
                 "{\"sub_kernels\": []}}")},
      {false, composite("")},
      {false, composite("\"sub_kernels\": {}")},
      {false, composite("\"sub_kernels\": [], \"x\": 1")},
      {false, composite("\"sub_kernels\": [], \"lines\": \"x\"")},
      {false, composite("\"sub_kernels\": [], \"parameters\": [\"1a\"]")},
      {false, composite("\"sub_kernels\": [], \"parameters\": [1]")},
      {false, composite("\"sub_kernels\": [], \"modes\": {\"eager\": {\"sub_kernels\": []}}")},
      {false, composite("\"sub_kernels\": [], \"modes\": {\"sdpa\": {}}")},
      {false, composite("\"sub_kernels\": [], \"modes\": {\"sdpa\": []}")},
      {false,
       composite("\"sub_kernels\": [], \"modes\": {\"sdpa\": {\"sub_kernels\": [], \"x\": 1}}")},
      {true, call(a)},
      {true,
       call(a +
            ", \"bindings\": {\"x\": 1, \"y\": true, \"z\": \"'s'\"}, \"multiplier\": 2, \"when\": "
            "\"1\", "
            "\"stored_count\": 1.5, \"roles\": {\"o\": \"kv_cache\"}, \"lines\": \"lines 1-2: x\", "
            "\"call_site\": \"\", \"doc\": \"\"")},
      {true, call(a + ", \"count\": \"2\"")},
      {false, call("")},
      {false, call("\"name\": \"a\"")},
      {false, call("\"kernel\": \"K\"")},
      {false, call("\"name\": \"\", \"kernel\": \"K\"")},
      {false, call("\"name\": \"a.b\", \"kernel\": \"K\"")},
      {false, call("\"name\": \"a b\", \"kernel\": \"K\"")},
      {false, call("\"name\": \"a\\n\", \"kernel\": \"K\"")},
      {false, call("\"name\": \"a\", \"kernel\": \"\"")},
      {false, call(a + ", \"count\": 1, \"multiplier\": 1")},
      {false, call(a + ", \"x\": 1")},
      {false, call(a + ", \"bindings\": {\"x\": null}")},
      {false, call(a + ", \"bindings\": {\"x\": []}")},
      {false, call(a + ", \"multiplier\": {}")},
      {false, call(a + ", \"roles\": {\"o\": \"x\"}")},
      {false, call(a + ", \"lines\": 120")},
      {false, call(a + ", \"lines\": \"120-\"")},
      {false, call(a + ", \"call_site\": 1")},
      {true, node(atomic)},
      {true,
       node(atomic +
            ", \"location\": \"\", \"call_site\": \"x\", \"multiplier\": \"2\", \"name\": \"n\", "
            "\"bindings\": {\"x\": 1}")},
      {true, node("\"kernel_name\": \"k\", \"kernel_type\": \"composite\", \"sub_kernels\": [{" +
                  atomic + "}]")},
      {true,
       "{\"$schema\": \"x\", \"kernel_name\": \"m\", \"kernel_type\": \"composite\", \"location\": "
       "\"\", "
       "\"sub_kernels\": []}"},
      {false, node("")},
      {false, node(atomic + ", \"sub_kernels\": []")},
      {true, node("\"kernel_name\": \"k\", \"kernel_type\": \"composite\"")},
      {false, "{\"kernel_name\": \"k\", \"kernel_type\": \"composite\"}"},
      {false, node("\"kernel_name\": \"k\", \"kernel_type\": \"x\"")},
      {false, node("\"kernel_name\": \"\", \"kernel_type\": \"atomic\"")},
      {false, node("\"kernel_type\": \"atomic\"")},
      {false, node(atomic + ", \"$schema\": \"x\"")},
      {false, node(atomic + ", \"name\": \"a.b\"")},
      {false, node(atomic + ", \"bindings\": []")},
      {false,
       node("\"kernel_name\": \"k\", \"kernel_type\": \"composite\", \"sub_kernels\": [{}]")},
      {false, "{\"kernel_name\": \"m\", \"kernel_type\": \"atomic\"}"},
      {false,
       "{\"kernel_name\": \"m\", \"kernel_type\": \"composite\", \"sub_kernels\": [], "
       "\"multiplier\": 2}"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const std::string errors = loader_errors(row.text);
    CAPTURE(errors);
    CHECK(errors.empty() == row.good);
    CHECK(passes_schema(row.text) == row.good);
  }
}
