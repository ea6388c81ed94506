// A file or standard input as a SourceText.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/diagnostic.hpp"

namespace lmhost {

// What a file may hold: the largest graphs are a tenth of it.
inline constexpr std::size_t kLongestText = std::size_t{256} << 20;

// Reads a whole file or pipe; "-" is standard input, named "<stdin>". Errors: kIo [E501] with the
// system's reason, or because it is a device, a socket, a folder, or a pipe that nobody has opened
// for writing; kInput [E107] beyond `limit` bytes.
Result<std::shared_ptr<const SourceText>> read_text(const std::string& path,
                                                    std::size_t limit = kLongestText);

}  // namespace lmhost
