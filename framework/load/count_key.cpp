#include "load/count_key.hpp"

#include <algorithm>

namespace lmhost {

std::string_view count_key(const Graph& graph, const Call& call) {
  constexpr std::string_view kCanonical = "multiplier";
  if (graph.source == nullptr) return kCanonical;
  // "count": "config.n": back over the quote of the expression, the colon and the key's.
  const std::string_view text =
      std::string_view(graph.source->text).substr(0, call.multiplier_offset);
  const std::size_t colon = text.find_last_not_of("\" \t\r\n");
  if (colon == text.npos || text[colon] != ':') return kCanonical;
  const std::size_t end = text.find_last_of('"', colon);
  const std::size_t begin =
      end == text.npos || end == 0 ? text.npos : text.find_last_of('"', end - 1);
  return begin == text.npos ? kCanonical : text.substr(begin + 1, end - begin - 1);
}

}  // namespace lmhost
