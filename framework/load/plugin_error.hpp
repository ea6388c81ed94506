// An error about a plugin's file as a whole.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/codes.hpp"
#include "base/diagnostic.hpp"

namespace lmhost {

inline Diagnostic plugin_error(const std::string& path, std::string_view code, std::string message,
                               std::string hint = {}) {
  Diagnostic error = plain_error(ErrorKind::kPlugin, code, std::move(message), std::move(hint));
  error.file = path;
  return error;
}

}  // namespace lmhost
