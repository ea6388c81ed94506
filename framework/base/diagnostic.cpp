// The layout of error texts.
#include "base/diagnostic.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "base/codes.hpp"
#include "base/visible.hpp"

namespace lmhost {
namespace {

constexpr std::size_t kWindow = 100;       // columns of a quoted line
constexpr std::size_t kWindowBefore = 60;  // of them before the caret when the line is cut
constexpr std::size_t kLongestName = 256;  // for suggestions: longer ones are not typing errors
constexpr std::size_t kContextParts = 12;  // names of a path before its middle is left out

struct Colours {
  std::string_view bold, red, magenta, green, reset;
};

Colours colours(bool on) {
  if (!on) return {};
  return {"\x1b[1m", "\x1b[1;31m", "\x1b[1;35m", "\x1b[1;32m", "\x1b[0m"};
}

// A quoted line with its underline, both in display columns.
struct Quote {
  std::string text;
  std::size_t caret = 0;
  std::size_t length = 1;
};

// Lays out the part of `line` around the bytes [begin, begin + length).
Quote lay_out(std::string_view line, std::size_t begin, std::size_t length) {
  std::vector<Glyph> glyphs;
  std::size_t caret = 0, end = 0, columns = 0;  // caret and end: indices of glyphs
  for (std::size_t i = 0; i < line.size();) {
    Glyph glyph = line[i] == '\t' ? Glyph{1, 2, true, "  "} : next_glyph(line.substr(i));
    i += glyph.bytes;
    if (i <= begin) caret = glyphs.size() + 1;
    if (i - glyph.bytes < begin + length) end = glyphs.size() + 1;
    columns += glyph.columns;
    glyphs.push_back(std::move(glyph));
  }
  std::size_t first = 0, last = glyphs.size();
  if (columns > kWindow) {
    std::size_t before = 0;
    for (first = caret; first > 0 && before < kWindowBefore;) before += glyphs[--first].columns;
    for (last = first, columns = 0; last < glyphs.size() && columns < kWindow;)
      columns += glyphs[last++].columns;
  }
  Quote quote;
  std::size_t column = 0;
  quote.text = first > 0 ? "..." : "";
  column = quote.text.size();
  for (std::size_t i = first; i < last; ++i) {
    if (i == caret) quote.caret = column;
    quote.text += glyphs[i].text;
    column += glyphs[i].columns;
    if (i < end && i >= caret) quote.length = column - quote.caret;
  }
  if (caret >= last) quote.caret = column;  // just behind the line
  if (last < glyphs.size()) quote.text += "...";
  return quote;
}

void append_quote(std::string& out, const Diagnostic& diagnostic, const Colours& colour) {
  std::string_view line = diagnostic.source_line;
  std::size_t begin = diagnostic.column == 0 ? 0 : diagnostic.column - 1;
  bool is_cut = begin > kQuotedBefore;  // see error_at
  if (is_cut) {
    begin = kQuotedBefore;
    std::size_t torn = 0;  // bytes of a character that began before the cut
    while (torn < 3 && torn < line.size() &&
           (static_cast<unsigned char>(line[torn]) & 0xC0) == 0x80)
      ++torn;
    line.remove_prefix(torn);
    begin -= torn;
  }
  const Quote quote = lay_out(line, std::min(begin, line.size()), diagnostic.length);
  std::string number = std::to_string(diagnostic.line);
  if (number.size() < 5) number.insert(0, 5 - number.size(), ' ');
  out.append(number).append(" | ").append(quote.text).append("\n");
  out.append(number.size(), ' ').append(" | ").append(quote.caret, ' ');
  out.append(colour.green).append("^").append(quote.length - 1, '~');
  if (!diagnostic.hint.empty()) out.append(" ").append(visible(diagnostic.hint));
  out.append(colour.reset).append("\n");
}

void append_context(std::string& out, const std::vector<std::string>& context) {
  const std::size_t size = context.size();
  out += "  at ";
  for (std::size_t i = 0; i < size; ++i) {
    if (i > 0) out += " > ";
    if (size > kContextParts && i == kContextParts / 2) {
      const std::size_t left_out = size - kContextParts;
      out.append("(").append(std::to_string(left_out)).append(" more) > ");
      i += left_out;
    }
    out += visible(context[i]);
  }
  out += '\n';
}

// Edits between two texts (insert, delete, replace, swap of neighbours), or limit + 1 when there
// are more.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > limit) return limit + 1;
  const std::size_t width = b.size() + 1;
  std::vector<std::size_t> rows(3 * width);
  std::size_t* before = rows.data();
  std::size_t* above = before + width;
  std::size_t* row = above + width;
  for (std::size_t j = 0; j < width; ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t least = row[0] = i;
    for (std::size_t j = 1; j < width; ++j) {
      std::size_t edits = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      edits = std::min({edits, above[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        edits = std::min(edits, before[j - 2] + 1);
      row[j] = edits;
      least = std::min(least, edits);
    }
    if (least > limit) return limit + 1;
    std::swap(before, above);
    std::swap(above, row);
  }
  return std::min(above[b.size()], limit + 1);
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

std::size_t allowed_edits(std::string_view text) {
  // Any letter is one edit from any other: between single ones there is no nearest.
  if (text.size() < 2) return 0;
  return std::max<std::size_t>(1, text.size() / 3);
}

// How far a candidate is; less is nearer.
struct Distance {
  bool last_part_only = false;  // the prefix has nothing to do with the name's
  std::size_t edits = 0;        // in small letters
  std::size_t case_edits = 0;   // of the last part as written
  std::size_t further = 0;      // of the whole as written

  friend bool operator<(const Distance& a, const Distance& b) {
    return std::tie(a.last_part_only, a.edits, a.case_edits, a.further) <
           std::tie(b.last_part_only, b.edits, b.case_edits, b.further);
  }
};

struct SplitName {
  explicit SplitName(std::string_view name)
      : whole(lower(name)),
        prefix(std::string_view(whole).substr(
            0, whole.rfind('.') == whole.npos ? 0 : whole.rfind('.'))),
        last(std::string_view(whole).substr(prefix.empty() ? 0 : prefix.size() + 1)) {}
  SplitName(const SplitName&) = delete;
  SplitName& operator=(const SplitName&) = delete;

  std::string whole;
  std::string_view prefix, last;
};

// False when the candidate is no suggestion.
bool measure(std::string_view name, const SplitName& small, std::string_view candidate,
             Distance* distance) {
  const std::size_t limit = allowed_edits(small.last);
  const std::size_t size = candidate.size() - (candidate.rfind('.') + 1);  // of the last part
  if (size > small.last.size() + limit || size + limit < small.last.size()) return false;
  const SplitName other(candidate);
  const std::size_t last = edit_distance(small.last, other.last, limit);
  if (last > limit) return false;
  const std::size_t prefix_limit = small.prefix.empty() ? 0 : allowed_edits(small.prefix);
  const std::size_t prefix = edit_distance(small.prefix, other.prefix, prefix_limit);
  distance->last_part_only = prefix > prefix_limit;
  distance->edits = last + (distance->last_part_only ? 0 : prefix);
  distance->case_edits =
      edit_distance(name.substr(name.size() - small.last.size()),
                    candidate.substr(candidate.size() - other.last.size()), kLongestName);
  distance->further = edit_distance(name, candidate, kLongestName);
  return true;
}

// The only candidate that begins with a name of which somebody left out the end; "" when several do.
std::string_view completed_name(std::string_view small,
                                std::span<const std::string_view> candidates) {
  constexpr std::size_t kShortest = 3;
  if (small.size() < kShortest) return {};
  std::string_view found;
  for (const std::string_view candidate : candidates) {
    if (!lower(candidate).starts_with(small)) continue;
    if (!found.empty() && found != candidate) return {};
    found = candidate;
  }
  return found;
}

}  // namespace

LineColumn line_column(std::string_view text, std::size_t offset) {
  return PlaceFinder(text).find(offset);
}

LineColumn line_column(const SourceText& source, std::size_t offset) {
  const SourceFile file = file_at(source, offset);
  return line_column(file.text, offset - file.begin);
}

SourceFile file_at(const SourceText& source, std::size_t offset) {
  const std::vector<SourcePart>& parts = source.parts;
  auto next = std::upper_bound(
      parts.begin(), parts.end(), offset,
      [](std::size_t value, const SourcePart& part) { return value < part.begin; });
  if (next == parts.begin()) return {source.name, source.text, 0};
  const std::size_t end = next == parts.end() ? source.text.size() : next->begin;
  const SourcePart& part = *--next;
  std::string_view text = std::string_view(source.text).substr(part.begin, end - part.begin);
  if (text.ends_with('\0')) text.remove_suffix(1);
  return {part.name, text, part.begin};
}

LineColumn PlaceFinder::find(std::size_t offset) {
  offset = std::min(offset, text_.size());
  if (offset < at_) *this = PlaceFinder(text_);
  while (at_ < offset) {
    const void* newline = std::memchr(text_.data() + at_, '\n', offset - at_);
    if (newline == nullptr) break;
    at_ = line_start_ =
        static_cast<std::size_t>(static_cast<const char*>(newline) - text_.data()) + 1;
    ++line_;
  }
  at_ = offset;
  return {line_, offset - line_start_ + 1};
}

Diagnostic error_at(const SourceText& source, std::size_t offset, std::size_t length,
                    std::string_view code, std::string message, std::string hint) {
  Diagnostic diagnostic = plain_error(ErrorKind::kInput, code, std::move(message), std::move(hint));
  const SourceFile file = file_at(source, offset);
  const std::string_view text = file.text;
  offset = std::min(offset - file.begin, text.size());
  const LineColumn place = line_column(text, offset);
  diagnostic.file = file.name;
  diagnostic.line = place.line;
  diagnostic.column = place.column;
  diagnostic.length = std::max<std::size_t>(1, length);

  const std::size_t start = offset - std::min(place.column - 1, kQuotedBefore);
  std::string_view line = text.substr(start, offset - start + kQuotedBefore);
  line = line.substr(0, line.find('\n', offset - start));
  if (line.ends_with('\r')) line.remove_suffix(1);
  diagnostic.source_line = line;
  return diagnostic;
}

Diagnostic plain_error(ErrorKind kind, std::string_view code, std::string message,
                       std::string hint) {
  Diagnostic diagnostic;
  diagnostic.kind = kind;
  diagnostic.code = code;
  diagnostic.message = std::move(message);
  diagnostic.hint = std::move(hint);
  return diagnostic;
}

std::string quoted(std::string_view name) {
  constexpr std::size_t kLongest = 120;
  if (name.size() <= kLongest) return "'" + std::string(name) + "'";
  std::size_t head = kLongest / 2, tail = name.size() - kLongest / 2;
  while (head > 0 && (static_cast<unsigned char>(name[head]) & 0xC0) == 0x80) --head;
  while (tail < name.size() && (static_cast<unsigned char>(name[tail]) & 0xC0) == 0x80) ++tail;
  return "'" + std::string(name.substr(0, head)) + "..." + std::string(name.substr(tail)) + "'";
}

std::string nearest_name(std::string_view name, std::span<const std::string_view> candidates) {
  if (name.empty() || name.size() > kLongestName) return {};
  const SplitName small(name);
  std::string_view nearest;
  Distance least;
  for (const std::string_view candidate : candidates) {
    Distance distance;
    if (candidate.empty() || candidate.size() > kLongestName) continue;
    if (!measure(name, small, candidate, &distance)) continue;
    if (nearest.empty() || distance < least) {
      nearest = candidate;
      least = distance;
    }
  }
  return std::string(nearest.empty() ? completed_name(small.whole, candidates) : nearest);
}

std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates) {
  const std::string nearest = nearest_name(name, candidates);
  return nearest.empty() ? "" : "did you mean " + quoted(nearest) + "?";
}

std::string render(const Diagnostic& diagnostic, bool colour) {
  const Colours paint = colours(colour);
  const bool is_error = diagnostic.severity == Severity::kError;
  std::string out;
  out += paint.bold;
  out += diagnostic.file.empty() ? "lmhost" : visible(diagnostic.file);
  if (!diagnostic.file.empty() && diagnostic.line > 0)
    out.append(":")
        .append(std::to_string(diagnostic.line))
        .append(":")
        .append(std::to_string(diagnostic.column));
  out.append(": ").append(paint.reset);
  out.append(is_error ? paint.red : paint.magenta).append(is_error ? "error: " : "warning: ");
  out.append(paint.reset)
      .append(paint.bold)
      .append(visible(diagnostic.message))
      .append(paint.reset);
  if (!diagnostic.code.empty()) out.append(" [").append(diagnostic.code).append("]");
  out += '\n';
  if (diagnostic.line > 0 && !diagnostic.source_line.empty())
    append_quote(out, diagnostic, paint);
  else if (!diagnostic.hint.empty())
    out.append("  ").append(visible(diagnostic.hint)).append("\n");
  if (!diagnostic.context.empty()) append_context(out, diagnostic.context);
  return out;
}

std::string render(const Diagnostics& diagnostics, bool colour, std::size_t limit) {
  std::map<std::string_view, std::size_t> total, printed;
  for (const Diagnostic& diagnostic : diagnostics) ++total[diagnostic.code];
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics) {
    const std::size_t count = ++printed[diagnostic.code];
    // What a file leaves open is the list of what somebody has to write.
    if (diagnostic.code == codes::kNotSaid) {
      out += render(diagnostic, colour);
      continue;
    }
    if (count > limit) continue;
    out += render(diagnostic, colour);
    if (count == limit && total[diagnostic.code] > limit)
      out += "... and " + std::to_string(total[diagnostic.code] - limit) + " more like this\n";
  }
  return out;
}

int exit_status(const Diagnostics& diagnostics) {
  int status = 0;
  for (const Diagnostic& diagnostic : diagnostics)
    if (diagnostic.severity == Severity::kError)
      status = std::max(status, static_cast<int>(diagnostic.kind));
  return status;
}

}  // namespace lmhost
