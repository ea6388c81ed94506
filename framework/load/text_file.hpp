// A file or standard input as a SourceText.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/diagnostic.hpp"

namespace lmhost {

// Reads a whole file; "-" is standard input, named "<stdin>". Errors: kIo [E501] with the system's
// reason, kInput [E107] beyond `limit` bytes.
Result<std::shared_ptr<const SourceText>> read_text(const std::string& path,
                                                    std::size_t limit = std::size_t{1} << 30);

}  // namespace lmhost
