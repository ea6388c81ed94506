// zlib's one use here.
#pragma once

#include <string>
#include <string_view>

namespace lmhost {

// A gzip file of the bytes, without name or time: the same for the same bytes.
std::string gzip(std::string_view bytes);

}  // namespace lmhost
