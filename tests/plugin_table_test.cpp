// The tables of a plugin, made in memory: each rule of the ABI's growth in both directions, and
// every wrong field with its whole error text.
#include <doctest/doctest.h>
#include <lmhost/plugin.h>

#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "load/plugin_fingerprint.hpp"
#include "load/plugin_reader.hpp"

using namespace lmhost;

namespace {

// A good plugin with at least one row of every table; tests change one thing.
struct Tables {
  const char* aliases[2] = {"t.alias", "@"};
  lmh_constant constants[1] = {{"cost", "2.5", "of one", "a paper"}};
  lmh_function functions[1] = {};
  lmh_parameter parameters[2] = {{"n", nullptr, "rows", LMH_INT, 0},
                                 {"kind", "'plain'", "", LMH_STRING, LMH_PARAMETER_OPTIONAL}};
  lmh_formula lets[1] = {{"twice", "2*n", ""}};
  lmh_formula quantities[2] = {{"flops", "twice*cost + own(n)", ""}, {"useful_flops", "n", ""}};
  lmh_operand operands[2] = {{"weight", "n", nullptr, nullptr, "", LMH_READ, LMH_WEIGHT},
                             {"output", "twice", "n", "w_bits + 1", "", LMH_WRITE, LMH_ACTIVATION}};
  lmh_example examples[1] = {{"n=1", "flops=1", ""}};
  lmh_kernel kernels[1] = {};
  lmh_plugin plugin = {};

  Tables() {
    functions[0].name = "own";
    functions[0].doc = "";
    functions[0].arity = 1;
    functions[0].scalar = [](const lmh_call*, void*, const double*, uint32_t, double*) {
      return 0;
    };
    kernels[0] = {"t.kernel",
                  "",
                  "",
                  1,
                  0,
                  span(aliases),
                  span(parameters),
                  span(lets),
                  span(quantities),
                  span(operands),
                  span(examples)};
    plugin = {sizeof(lmh_plugin),
              LMH_MAGIC,
              LMH_ABI_MAJOR,
              LMH_ABI_MINOR,
              LMH_LANGUAGE,
              0,
              "t",
              "1.2.3",
              "A test",
              "Apache-2.0",
              span(constants),
              span(functions),
              span(kernels)};
  }
  Tables(const Tables&) = delete;
  Tables& operator=(const Tables&) = delete;

  template <class T, std::size_t kCount>
  static lmh_span span(const T (&rows)[kCount]) {
    return {rows, kCount, sizeof(T)};
  }
};

// "ok", or the errors.
std::string verdict(const lmh_plugin* plugin, const std::string& path = "t.so") {
  const Result<Plugin> read = read_plugin(plugin, path);
  return read ? "ok" : render(read.errors());
}

std::string wrong(const std::string& problem, const char* code = "E406") {
  return "t.so: error: " + problem + " [" + code + "]\n";
}

// A later minor's struct: ours, and a field that we do not know.
template <class T>
struct Newer {
  T known;
  std::uint64_t unknown = 0;
};

// Runs the same table as an array of Newer<T>, with the new field zero and set.
template <class T, std::size_t kCount>
void check_growth(const T (&rows)[kCount], lmh_span& span, const Tables& tables,
                  const std::string& where, const char* name) {
  CAPTURE(name);
  Newer<T> newer[kCount] = {};
  for (std::size_t i = 0; i < kCount; ++i) newer[i].known = rows[i];
  const lmh_span before = span;
  span = {newer, kCount, sizeof(Newer<T>)};
  CHECK(verdict(&tables.plugin) == "ok");
  newer[kCount - 1].unknown = 1;
  CHECK(verdict(&tables.plugin) ==
        wrong(where + "uses a field of " + name + " that this host does not know (byte " +
                  std::to_string(sizeof(T)) + "); it needs a newer lmhost",
              "E410"));
  span = before;
}

}  // namespace

TEST_CASE("tables: a good plugin is read whole") {
  const Tables tables;
  const Result<Plugin> read = read_plugin(&tables.plugin, "folder/t.so");
  REQUIRE(read.ok());
  CHECK(read->id == "t");
  CHECK(read->path == "folder/t.so");
  CHECK(read->license == "Apache-2.0");
  REQUIRE(read->kernels.size() == 1);
  const Kernel& kernel = read->kernels[0];
  CHECK(kernel.aliases == std::vector<std::string>{"t.alias", "@"});
  CHECK(kernel.parameters[1].optional);
  CHECK_FALSE(kernel.parameters[1].not_monotone);
  CHECK(kernel.operands[0].stored_elements == nullptr);
  CHECK(kernel.operands[0].bits == nullptr);
  CHECK(kernel.operands[1].bits->text == "w_bits + 1");
  CHECK(kernel.operands[1].direction == Direction::kWrite);
  // The same text is compiled once: "n" is two elements and useful_flops.
  CHECK(kernel.operands[0].elements == kernel.operands[1].stored_elements);
  CHECK(kernel.operands[0].elements == kernel.quantities[1].expression);
}

TEST_CASE("tables: a newer plugin loads as long as it leaves the new fields zero") {
  Tables tables;
  check_growth(tables.constants, tables.plugin.constants, tables, "constant 1: ", "lmh_constant");
  check_growth(tables.functions, tables.plugin.functions, tables, "function 1: ", "lmh_function");
  check_growth(tables.kernels, tables.plugin.kernels, tables, "kernel 1: ", "lmh_kernel");
  lmh_kernel& kernel = tables.kernels[0];
  const std::string in = "kernel 't.kernel', ";
  check_growth(tables.aliases, kernel.aliases, tables, in + "alias 2: ", "string");
  check_growth(tables.lets, kernel.lets, tables, in + "let 1: ", "lmh_formula");
  check_growth(tables.operands, kernel.operands, tables, in + "operand 2: ", "lmh_operand");
  check_growth(tables.examples, kernel.examples, tables, in + "example 1: ", "lmh_example");

  Newer<lmh_plugin> newer = {tables.plugin, 0};
  newer.known.struct_size = sizeof newer;
  newer.known.abi_minor = LMH_ABI_MINOR + 1;
  CHECK(verdict(&newer.known) == "ok");
  newer.unknown = 1;
  CHECK(verdict(&newer.known) ==
        wrong("uses a field of lmh_plugin that this host does not know (byte " +
                  std::to_string(sizeof(lmh_plugin)) + "); it needs a newer lmhost",
              "E410"));
}

TEST_CASE("tables: in an older plugin the missing fields are absent") {
  Tables tables;
  // Without the field `user`: a function that takes no user data.
  tables.functions[0].user = &tables;
  tables.plugin.functions.stride = offsetof(lmh_function, user);
  const Result<Plugin> functions = read_plugin(&tables.plugin, "t.so");
  REQUIRE(functions.ok());
  CHECK(functions->functions[0].table.user == nullptr);

  // Kernels from before there were examples; then from before there were operands.
  tables.plugin.kernels.stride = offsetof(lmh_kernel, examples);
  const Result<Plugin> examples = read_plugin(&tables.plugin, "t.so");
  REQUIRE(examples.ok());
  CHECK(examples->kernels[0].examples.empty());
  CHECK(examples->kernels[0].operands.size() == 2);
  tables.plugin.kernels.stride = offsetof(lmh_kernel, operands);
  const Result<Plugin> operands = read_plugin(&tables.plugin, "t.so");
  REQUIRE(operands.ok());
  CHECK(operands->kernels[0].operands.empty());

  // A plugin from before there were functions and kernels.
  tables.plugin.struct_size = offsetof(lmh_plugin, functions);
  const Result<Plugin> plugin = read_plugin(&tables.plugin, "t.so");
  REQUIRE(plugin.ok());
  CHECK(plugin->constants.size() == 1);
  CHECK(plugin->kernels.empty());
}

TEST_CASE("tables: one wrong field at a time") {
  struct Row {
    std::function<void(Tables&)> change;
    std::string expected;
  };
  static const std::string long_text(65'537, 'x');
  static const std::string in = "kernel 't.kernel'";
  const Row rows[] = {
      // The head.
      {[](Tables& t) { t.plugin.magic = 1; }, wrong("its table does not start as a plugin's")},
      {[](Tables& t) { t.plugin.abi_major = 2; },
       wrong("its tables are of plugin ABI 2, and this host has 0", "E403")},
      {[](Tables& t) { t.plugin.language = 2; },
       wrong("its formulas are of language 2, and this host knows 1 to 1", "E403")},
      {[](Tables& t) { t.plugin.language = 0; },
       wrong("its formulas are of language 0, and this host knows 1 to 1", "E403")},
      {[](Tables& t) { t.plugin.struct_size = 8; },
       wrong("its table has 8 bytes, which no header declares")},
      {[](Tables& t) { t.plugin.struct_size = 5000; },
       wrong("its table has 5000 bytes, which no header declares")},
      {[](Tables& t) { t.plugin.flags = 4; }, wrong("its flags are not 0")},
      {[](Tables& t) { t.plugin.id = "other"; },
       wrong("its id is 'other', so the file must be named 'other.so'")},
      {[](Tables& t) { t.plugin.id = "T"; }, wrong("its id 'T' does not match [a-z][a-z0-9_]*")},
      {[](Tables& t) { t.plugin.version = "1.0"; },
       wrong("its version '1.0' is not a semantic version like 1.0.0")},
      {[](Tables& t) { t.plugin.version = "01.0.0"; },
       wrong("its version '01.0.0' is not a semantic version like 1.0.0")},
      {[](Tables& t) { t.plugin.version = "1.0.0-rc.1+build.7"; }, "ok"},
      {[](Tables& t) { t.plugin.doc = nullptr; }, wrong("doc is NULL")},
      {[](Tables& t) { t.plugin.doc = long_text.c_str(); }, wrong("doc is longer than 64 KiB")},
      {[](Tables& t) { t.plugin.doc = "caf\xe9"; }, wrong("doc is not UTF-8")},
      {[](Tables& t) { t.plugin.doc = "caf\xc3\xa9 \xf0\x9f\x98\x80"; }, "ok"},
      {[](Tables& t) { t.plugin.doc = "\xed\xa0\x80 surrogate"; }, wrong("doc is not UTF-8")},
      // Spans.
      {[](Tables& t) { t.plugin.kernels.count = 70'000; },
       wrong("the table of kernels has 70000 rows, more than 65536")},
      {[](Tables& t) { t.plugin.kernels.data = nullptr; },
       wrong("the table of kernels has 1 rows at NULL")},
      {[](Tables& t) { t.plugin.kernels.stride = 16; },
       wrong("the table of kernels has rows of 16 bytes, which no header declares")},
      {[](Tables& t) { t.kernels[0].operands.stride = 52; },
       wrong(in + ": the table of operands has rows of 52 bytes, which no header declares")},
      // Constants and functions.
      {[](Tables& t) { t.constants[0].name = "2x"; },
       wrong("constant 1: name '2x' is not one that formulas can use") +
           "t.so: flops of 't.kernel':1:7: error: unknown name 'cost' [E407]\n"
           "    1 | twice*cost + own(n)\n"
           "      |       ^~~~\n"},
      {[](Tables& t) { t.constants[0].value = "much"; },
       wrong("constant 1: value 'much' of 'cost' is not a number")},
      {[](Tables& t) { t.functions[0].scalar = nullptr; },
       wrong("function 1: is neither a macro nor a scalar")},
      {[](Tables& t) {
         t.functions[0].macro = [](const lmh_call*, void*, const char* const*, uint32_t) {
           return 0;
         };
       },
       wrong("function 1: is a macro and a scalar")},
      {[](Tables& t) { t.functions[0].name = "ceil"; },
       wrong("function 1: name 'ceil' is taken by a built-in function") +
           "t.so: flops of 't.kernel':1:14: error: unknown function 'own' [E407]\n"
           "    1 | twice*cost + own(n)\n"
           "      |              ^~~\n"},
      {[](Tables& t) { t.functions[0].flags = 1; }, wrong("function 1: flags are not 0")},
      {[](Tables& t) { t.functions[0].arity = 2; },
       "t.so: flops of 't.kernel':1:14: error: 'own' is called with 1 argument [E407]\n"
       "    1 | twice*cost + own(n)\n"
       "      |              ^~~ it takes 2 arguments\n"},
      // Kernels.
      {[](Tables& t) { t.kernels[0].name = nullptr; }, wrong("kernel 1: name is NULL")},
      {[](Tables& t) { t.kernels[0].name = "t..kernel"; },
       wrong("kernel 1: name 't..kernel' is not identifiers joined by dots")},
      {[](Tables& t) { t.kernels[0].revision = 0; }, wrong(in + ": revision is 0; it starts at 1")},
      {[](Tables& t) { t.kernels[0].flags = 1; }, wrong(in + ": flags are not 0")},
      {[](Tables& t) { t.aliases[1] = "two words"; },
       wrong(in + ", alias 2: name 'two words' is empty or has blanks")},
      {[](Tables& t) { t.aliases[1] = nullptr; }, wrong(in + ", alias 2: name is NULL")},
      {[](Tables& t) { t.aliases[1] = "t.kernel"; },
       wrong("name 't.kernel' is declared twice, by kernel 't.kernel' itself", "E408")},
      {[](Tables& t) { t.kernels[0].quantities.count = 0; },
       wrong(in + ": flops are not declared; a kernel without arithmetic declares 0")},
      {[](Tables& t) { t.quantities[1].name = "bytes"; },
       wrong(in + ", quantity 2: quantity 'bytes' is unknown")},
      {[](Tables& t) { t.quantities[1].name = "flops"; },
       wrong(in + ", quantity 2: name 'flops' is declared twice", "E408")},
      // Parameters and lets.
      {[](Tables& t) { t.parameters[1].type = 9; }, wrong(in + ", parameter 2: type 9 is unknown")},
      {[](Tables& t) { t.parameters[1].flags = 8; },
       wrong(in + ", parameter 2: flags 8 are unknown")},
      {[](Tables& t) { t.parameters[1].name = "n"; },
       wrong(in + ", parameter 2: name 'n' is declared twice", "E408")},
      {[](Tables& t) { t.parameters[1].name = "w_bits"; },
       wrong(in + ", parameter 2: name 'w_bits' is taken by a precision variable")},
      {[](Tables& t) { t.parameters[1].name = "lambda"; },
       wrong(in + ", parameter 2: name 'lambda' is not one that formulas can use")},
      {[](Tables& t) { t.parameters[1].default_expression = "later + 1"; },
       "t.so: default of parameter 'kind' of 't.kernel':1:1: error: unknown name 'later' [E407]\n"
       "    1 | later + 1\n"
       "      | ^~~~~\n"},
      {[](Tables& t) { t.lets[0].name = "kind"; },
       wrong(in + ", let 1: name 'kind' is declared twice", "E408") +
           "t.so: flops of 't.kernel':1:1: error: unknown name 'twice' [E407]\n"
           "    1 | twice*cost + own(n)\n"
           "      | ^~~~~\n"
           "t.so: elements of operand 'output' of 't.kernel':1:1: error: unknown name 'twice' "
           "[E407]\n"
           "    1 | twice\n"
           "      | ^~~~~\n"},
      {[](Tables& t) { t.lets[0].expression = "twice + 1"; },
       "t.so: let 'twice' of 't.kernel':1:1: error: unknown name 'twice' [E407]\n"
       "    1 | twice + 1\n"
       "      | ^~~~~\n"},
      {[](Tables& t) { t.lets[0].expression = "batch_size*n"; },
       "t.so: let 'twice' of 't.kernel':1:1: error: unknown name 'batch_size' [E407]\n"
       "    1 | batch_size*n\n"
       "      | ^~~~~~~~~~\n"},
      // Operands and examples.
      {[](Tables& t) { t.operands[0].direction = 4; },
       wrong(in + ", operand 1: direction 4 is unknown")},
      {[](Tables& t) { t.operands[0].role = 0; }, wrong(in + ", operand 1: role 0 is unknown")},
      {[](Tables& t) { t.operands[0].elements = nullptr; },
       wrong(in + ", operand 1: elements is NULL")},
      {[](Tables& t) { t.operands[1].name = "weight"; },
       "ok"},  // read and written: one tensor in place
      {[](Tables& t) {
         t.operands[1].name = "weight";
         t.operands[1].direction = LMH_READ;
       },
       wrong(in + ", operand 2: name 'weight' is declared twice", "E408")},
      {[](Tables& t) { t.examples[0].expected = nullptr; },
       wrong(in + ", example 1: expected is NULL")},
  };
  for (const Row& row : rows) {
    Tables tables;
    row.change(tables);
    CHECK(verdict(&tables.plugin) == row.expected);
  }
}

TEST_CASE("tables: a wild table ends after a hundred errors") {
  Tables tables;
  const std::vector<const char*> nothing(1000, nullptr);
  tables.kernels[0].aliases = {nothing.data(), 1000, sizeof(const char*)};
  const Result<Plugin> read = read_plugin(&tables.plugin, "t.so");
  REQUIRE_FALSE(read.ok());
  CHECK(read.errors().size() == 100);
}

TEST_CASE("fingerprint: changes with what decides a number, and with nothing else") {
  const auto fingerprint = [](const std::function<void(Tables&)>& change) {
    Tables tables;
    change(tables);
    const Result<Plugin> read = read_plugin(&tables.plugin, "t.so");
    REQUIRE_MESSAGE(read.ok(), render(read.ok() ? Diagnostics{} : read.errors()));
    return fingerprint_of(*read);
  };
  const std::string original = fingerprint([](Tables&) {});
  for (const auto& change : std::vector<std::function<void(Tables&)>>{
           [](Tables& t) { t.plugin.doc = "Other words"; },
           [](Tables& t) { t.plugin.version = "1.2.4"; },
           [](Tables& t) { t.kernels[0].source = "elsewhere"; },
           [](Tables& t) { t.examples[0].source = "by hand"; },
           [](Tables& t) { t.constants[0].value = "2.50"; }})
    CHECK(fingerprint(change) == original);
  for (const auto& change : std::vector<std::function<void(Tables&)>>{
           [](Tables& t) { t.lets[0].expression = "n*2"; },
           [](Tables& t) { t.constants[0].value = "3"; },
           [](Tables& t) { t.kernels[0].revision = 2; },
           [](Tables& t) { t.aliases[0] = "t.other"; },
           [](Tables& t) { t.parameters[1].default_expression = "'fancy'"; },
           [](Tables& t) { t.operands[1].role = LMH_WEIGHT; },
           [](Tables& t) { t.operands[0].stored_elements = "0"; }})
    CHECK(fingerprint(change) != original);
}
