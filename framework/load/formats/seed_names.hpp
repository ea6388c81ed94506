// The seeds' names for what lmhost calls otherwise: one table for every format.
#pragma once

#include <string_view>

namespace lmhost {

struct ByteWidth {
  std::string_view name;     // as modules and models have it
  std::string_view meaning;  // the precision variable; a fraction below one byte
};

inline constexpr ByteWidth kByteWidths[] = {{"dtype_bytes", "a_bytes"},
                                            {"a_dtype_bytes", "a_bytes"},
                                            {"w_dtype_bytes", "w_bytes"},
                                            {"index_dtype_bytes", "index_bytes"}};

inline const ByteWidth* byte_width_named(std::string_view name) {
  for (const ByteWidth& row : kByteWidths)
    if (row.name == name) return &row;
  return nullptr;
}

}  // namespace lmhost
