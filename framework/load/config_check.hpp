// What a config says that changes the cost and that the graph it chose leaves out: an error each,
// never a number that is silently wrong.
#pragma once

#include <functional>
#include <string_view>

#include "base/diagnostic.hpp"
#include "load/config.hpp"

namespace lmhost {

// `is_read` tells whether a formula of the graph asks for config.NAME.
Diagnostics check_config(const Config& config,
                         const std::function<bool(std::string_view)>& is_read);

// Whether a value of that name may be an error for itself, or beside another.
bool is_checked(std::string_view key);

}  // namespace lmhost
