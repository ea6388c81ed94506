// The JSON reader: values and their places, and what it refuses.
#include "load/json.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace lmhost;

namespace {

Result<JsonDocument> parse(std::string text, const JsonOptions& options = {}) {
  return JsonDocument::parse(std::make_shared<SourceText>(SourceText{"x.json", std::move(text)}),
                             options);
}

JsonDocument parsed(std::string text, const JsonOptions& options = {}) {
  Result<JsonDocument> document = parse(std::move(text), options);
  if (!document) FAIL(render(document.errors()));
  return std::move(document).value();
}

std::string errors_of(std::string text, const JsonOptions& options = {}) {
  const Result<JsonDocument> document = parse(std::move(text), options);
  return document ? "" : render(document.errors());
}

// Writes a value out again; strings raw between quotes.
std::string written(JsonValue value) {
  switch (value.kind()) {
    case JsonKind::kNull:
      return "null";
    case JsonKind::kBoolean:
      return value.boolean() ? "true" : "false";
    case JsonKind::kNumber:
      return std::string(value.text());
    case JsonKind::kString:
      return "\"" + std::string(value.string()) + "\"";
    case JsonKind::kArray: {
      std::string text;
      for (const JsonValue element : value.elements())
        text += (text.empty() ? "" : ",") + written(element);
      return "[" + text + "]";
    }
    case JsonKind::kObject: {
      std::string text;
      for (const JsonMember member : value.members())
        text += (text.empty() ? "" : ",") + written(member.name) + ":" + written(member.value);
      return "{" + text + "}";
    }
  }
  return {};
}

}  // namespace

TEST_CASE("values come back") {
  struct {
    std::string_view text, result;
  } const rows[] = {
      {" null ", "null"},
      {"true", "true"},
      {"[false]", "[false]"},
      {"-12.50e+3", "-12.50e+3"},
      {"\"\"", "\"\""},
      {"{}", "{}"},
      {"[]", "[]"},
      {"[[],{},[[]],{\"a\":{}}]", "[[],{},[[]],{\"a\":{}}]"},
      {"{ \"a\" : 1 , \"b\" : [ 1 , 2.5 , -0 ] , \"c\" : { \"d\" : \"e\" } }",
       "{\"a\":1,\"b\":[1,2.5,-0],\"c\":{\"d\":\"e\"}}"},
      {"\"0123456789 plain, longer than two words \"",
       "\"0123456789 plain, longer than two words \""},
      {R"("\"\\\/\b\f\n\r\t")", "\"\"\\/\b\f\n\r\t\""},
      {R"("\u0041\u00e4\u20aC\ud83d\ude00!")", "\"A\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80!\""},
      {"\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80 and plain text behind\"",
       "\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80 and plain text behind\""},
      {"\r\n\t{\"k\\n\":\r\n\t1}\r\n", "{\"k\n\":1}"},
      {"123456789012345678901234567890", "123456789012345678901234567890"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(written(parsed(std::string(row.text)).root()) == row.result);
  }
}

TEST_CASE("values know their place") {
  const JsonDocument document =
      parsed("{\"a\": [12, \"x\"],\n \"b\" : {\"c\": true, \"d\": null}, \"e\": -1.5}");
  const std::string_view text = document.source()->text;
  const JsonValue root = document.root();
  CHECK(root.offset() == 0);
  CHECK(root.length() == 1);
  CHECK(root.size() == 3);
  CHECK(root.find("a").offset() == text.find('['));
  CHECK(root.find("a").size() == 2);
  CHECK((*root.find("a").elements().begin()).offset() == text.find("12"));
  CHECK((*root.find("a").elements().begin()).length() == 2);
  const JsonValue b = root.find("b");
  CHECK(b.find("c").offset() == text.find("true"));
  CHECK(b.find("c").length() == 4);
  CHECK(b.find("d").text() == "null");
  CHECK_FALSE(b.find("e").exists());
  CHECK(root.find("e").text() == "-1.5");
  CHECK((*b.members().begin()).name.offset() == text.find("\"c\""));
  CHECK((*b.members().begin()).name.length() == 3);
}

TEST_CASE("places inside strings follow the escapes") {
  const JsonDocument plain = parsed("[\"abc\"]");
  const JsonValue abc = *plain.root().elements().begin();
  CHECK(abc.string_offset(0) == 2);
  CHECK(abc.string_offset(2) == 4);
  CHECK(abc.string_offset(3) == 5);
  CHECK_FALSE(abc.has_escapes());

  const JsonDocument escaped = parsed(R"(["a\"b\u20acc\ud83d\ude00d"])");
  const JsonValue value = *escaped.root().elements().begin();
  CHECK(value.has_escapes());
  const std::string_view raw = escaped.source()->text, decoded = value.string();
  CHECK(value.string_offset(decoded.find('b')) == raw.find("b\\u"));
  CHECK(value.string_offset(decoded.find('c')) == raw.find("c\\u"));
  CHECK(value.string_offset(decoded.find('d')) == raw.find("d\""));
  CHECK(value.string_offset(decoded.size()) == raw.find("\"]"));
  CHECK(value.string_offset(4) == raw.find("\\u20ac"));  // the middle of a character
  CHECK(render(error_in(value, 2, 1, "E1", "m")) ==
        "x.json:1:6: error: m [E1]\n"
        "    1 | [\"a\\\"b\\u20acc\\ud83d\\ude00d\"]\n"
        "      |      ^\n");
}

TEST_CASE("numbers are exact, or marked") {
  const auto number = [](std::string text) { return parsed(std::move(text)).root().number(); };
  CHECK(number("0") == Number(0));
  CHECK(number("-7") == Number(-7));
  CHECK(number("4.125") == Number::ratio(33, 8));
  CHECK(number("1e-05") == Number::ratio(1, 100000));
  CHECK(number("1E+3") == Number(1000));
  CHECK(to_string(number("170141183460469231731687303715884105727")) ==
        "170141183460469231731687303715884105727");
  CHECK(errors_of("[170141183460469231731687303715884105728,\n "
                  "-170141183460469231731687303715884105729]") ==
        "x.json:1:2: error: this number does not fit 128 bits [E108]\n"
        "    1 | [170141183460469231731687303715884105728,\n"
        "      |  ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\n"
        "x.json:2:2: error: this number does not fit 128 bits [E108]\n"
        "    2 |  -170141183460469231731687303715884105729]\n"
        "      |  ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\n");
  CHECK(number("1e-40").is_inexact());
  CHECK(number("1e-40").to_double() == 1e-40);
  CHECK(number("-3.4028234663852886e+38").is_inexact());
  CHECK(number("1e-400").is_inexact());
  CHECK(number("0." + std::string(500, '0') + "1").to_double() == 0);
  CHECK(number("1.5e300").to_double() == 1.5e300);
  CHECK(errors_of("1.8e308") ==
        "x.json:1:1: error: number out of range [E102]\n    1 | 1.8e308\n      | ^~~~~~~\n");
}

TEST_CASE("NaN and Infinity are read when asked for, as strings") {
  const JsonOptions options = {.python_constants = true};
  CHECK(written(parsed("[NaN, Infinity, -Infinity, 1]", options).root()) ==
        "[\"NaN\",\"Infinity\",\"-Infinity\",1]");
  CHECK(errors_of("[1, -Infinity]") ==
        "x.json:1:5: error: '-Infinity' is not a JSON number [E102]\n"
        "    1 | [1, -Infinity]\n"
        "      |     ^~~~~~~~~\n");
}

TEST_CASE("syntax errors") {
  struct {
    std::string_view text, place_and_message, quote;
  } const rows[] = {
      {"", "1:1: error: the text is empty: expected JSON", ""},
      {" \n", "2:1: error: the text is empty: expected JSON", ""},
      {"{\"a\": 1", "1:8: error: the text ends too early: expected ',' or '}'",
       "    1 | {\"a\": 1\n      |        ^ '{' in line 1 is not closed\n"},
      {"{\n\"a\": [1,\n", "3:1: error: the text ends too early: expected a value",
       "  '[' in line 2 is not closed\n"},
      {"{\"a", "1:2: error: the text ends inside this string", "    1 | {\"a\n      |  ^\n"},
      {"{} {}", "1:4: error: text behind the end of the JSON value",
       "    1 | {} {}\n      |    ^\n"},
      {"[1,]", "1:4: error: expected a value, found ']'",
       "    1 | [1,]\n      |    ^ JSON allows no comma before a closing bracket\n"},
      {"{\"a\":1,}", "1:8: error: expected a key in double quotes, found '}'",
       "    1 | {\"a\":1,}\n      |        ^ JSON allows no comma before a closing bracket\n"},
      {"{a: 1}", "1:2: error: expected a key in double quotes, found 'a'",
       "    1 | {a: 1}\n      |  ^\n"},
      {"{'a': 1}", "1:2: error: expected a key in double quotes, found '''",
       "    1 | {'a': 1}\n      |  ^ JSON strings take double quotes\n"},
      {"{\"a\" 1}", "1:6: error: expected ':' after the key, found '1'",
       "    1 | {\"a\" 1}\n      |      ^\n"},
      {"{\"a\": 1 \"b\"}", "1:9: error: expected ',' or '}', found '\"'",
       "    1 | {\"a\": 1 \"b\"}\n      |         ^\n"},
      {"[1 2]", "1:4: error: expected ',' or ']', found '2'", "    1 | [1 2]\n      |    ^\n"},
      {"[True]", "1:2: error: expected a value, found 'T'",
       "    1 | [True]\n      |  ^ JSON spells it true, false or null\n"},
      {"[1] // x", "1:5: error: text behind the end of the JSON value",
       "    1 | [1] // x\n      |     ^\n"},
      {"[// x\n1]", "1:2: error: expected a value, found '/'",
       "    1 | [// x\n      |  ^ JSON has no comments\n"},
      {"[1.]", "1:4: error: expected a digit after the decimal point, found ']'",
       "    1 | [1.]\n      |    ^\n"},
      {"[1e]", "1:4: error: expected a digit in the exponent, found ']'",
       "    1 | [1e]\n      |    ^\n"},
      {"[1e999]", "1:2: error: number out of range", "    1 | [1e999]\n      |  ^\n"},
      {"[01]", "1:3: error: expected ',' or ']', found '1'", "    1 | [01]\n      |   ^\n"},
      {"[\"\\x\"]", "1:3: error: unknown escape in a string", "    1 | [\"\\x\"]\n      |   ^~\n"},
      {"[\"\\u12g4\"]", "1:3: error: \\u takes four hexadecimal digits",
       "    1 | [\"\\u12g4\"]\n      |   ^~\n"},
      {"[\"\\ud800x\"]", "1:3: error: half of a surrogate pair",
       "    1 | [\"\\ud800x\"]\n      |   ^~~~~~\n"},
      {"[\"\\udc00\"]", "1:3: error: half of a surrogate pair",
       "    1 | [\"\\udc00\"]\n      |   ^~~~~~\n"},
      {"[\"a\nb\"]", "1:4: error: the line ends inside a string",
       "    1 | [\"a\n      |    ^ is the closing quote missing?\n"},
      {"[\"a\x01\"]",
       "1:4: error: a control character in a string must be escaped, found the byte 0x01",
       "    1 | [\"a\\x01\"]\n      |    ^~~~\n"},
      {"[\"\xC3(\"]", "1:3: error: the text is not UTF-8, found the byte 0xc3",
       "    1 | [\"\\xc3(\"]\n      |   ^~~~\n"},
      {"[\"\xED\xA0\x80\"]", "1:3: error: the text is not UTF-8, found the byte 0xed",
       "    1 | [\"\\xed\\xa0\\x80\"]\n      |   ^~~~\n"},
      {"[\"\xF0", "1:3: error: the text is not UTF-8, found the byte 0xf0",
       "    1 | [\"\\xf0\n      |   ^~~~\n"},
      {"[\xE4]", "1:2: error: expected a value, found the byte 0xe4",
       "    1 | [\\xe4]\n      |  ^~~~\n"},
      {"\xEF\xBB\xBF{}", "1:1: error: byte order mark before the JSON text",
       "    1 | \\ufeff{}\n      | ^~~~~~ save the file as UTF-8 without a byte order mark\n"},
      {std::string_view("\xFF\xFE{\0", 4), "1:1: error: the text is UTF-16",
       "    1 | \\xff\\xfe{\\x00\n      | ^~~~~~~~ save the file as UTF-8\n"},
      {std::string_view("{}\0", 3),
       "1:3: error: text behind the end of the JSON value, found the byte 0x00",
       "    1 | {}\\x00\n      |   ^~~~\n"},
      {std::string_view("[\0]", 3), "1:2: error: expected a value, found the byte 0x00",
       "    1 | [\\x00]\n      |  ^~~~\n"},
      {std::string_view("[\"a\0\"]", 6),
       "1:4: error: a control character in a string must be escaped, found the byte 0x00",
       "    1 | [\"a\\x00\"]\n      |    ^~~~\n"},
      {std::string_view("\0", 1), "1:1: error: expected JSON, found the byte 0x00",
       "    1 | \\x00\n      | ^~~~\n"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(errors_of(std::string(row.text)) ==
          "x.json:" + std::string(row.place_and_message) + " [E102]\n" + std::string(row.quote));
  }
}

TEST_CASE("every prefix of a document is refused") {
  const std::string text = R"({"a": [1, -2.5e3, true, null, "x\u00e4\n"], "b": {"c": {}}})";
  REQUIRE(errors_of(text).empty());
  for (std::size_t length = 0; length < text.size(); ++length) {
    CAPTURE(length);
    CHECK_FALSE(errors_of(text.substr(0, length)).empty());
  }
}

TEST_CASE("all duplicate keys are reported") {
  CHECK(errors_of("{\"a\": 1,\n \"b\": {\"c\": 1, \"\\u0063\": 2},\n \"a\": 3}") ==
        "x.json:2:16: error: duplicate key 'c' [E103]\n"
        "    2 |  \"b\": {\"c\": 1, \"\\u0063\": 2},\n"
        "      |                ^~~~~~~~ first in line 2\n"
        "x.json:3:2: error: duplicate key 'a' [E103]\n"
        "    3 |  \"a\": 3}\n"
        "      |  ^~~ first in line 1\n");
  std::string many = "{";
  for (int i = 0; i < 1000; ++i) many += "\"key" + std::to_string(i) + "\": [{}], ";
  CHECK(errors_of(many + "\"last\": 1}").empty());
  CHECK(errors_of(many + "\n\"key500\": 1}") ==
        "x.json:2:1: error: duplicate key 'key500' [E103]\n"
        "    2 | \"key500\": 1}\n"
        "      | ^~~~~~~~ first in line 1\n");
}

TEST_CASE("limits") {
  const std::string deep = std::string(2'000'000, '[');
  const std::string text = errors_of(deep);
  CHECK(text.substr(0, text.find('\n')) ==
        "x.json:1:513: error: nested deeper than 512 levels [E107]");
  CHECK(errors_of(std::string(512, '[') + std::string(512, ']')).empty());
  CHECK(errors_of("[1, 2]", {.values = 2}) ==
        "x.json:1:5: error: more than 2 values [E107]\n"
        "    1 | [1, 2]\n"
        "      |     ^\n");
  CHECK(errors_of("[1, 2]", {.bytes = 5}) ==
        "lmhost: error: 'x.json' is longer than 5 bytes [E107]\n");
}

TEST_CASE("files") {
  const auto message = [](const std::string& path) {
    const Result<JsonDocument> document = JsonDocument::read(path);
    REQUIRE_FALSE(document.ok());
    CHECK(exit_status(document.errors()) == 5);
    return render(document.errors());
  };
  CHECK(message("no/such/file.json") ==
        "lmhost: error: cannot read 'no/such/file.json': No such file or directory [E501]\n");
  CHECK(message(".") == "lmhost: error: cannot read '.': Is a directory [E501]\n");
}
