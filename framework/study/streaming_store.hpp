// The two ways to write a long column. An ordinary store of a line that is in no cache first reads that
// line from memory, and later writes it back: twice the traffic of a column that nobody reads soon.
// Streaming stores skip the read. They are part of every x86-64; elsewhere both ways are the same.
#pragma once

#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace lmhost {

struct CachedStore {
  template <class Cell>
  static void put(Cell* to, Cell value) {
    *to = value;
  }
};

struct StreamingStore {
  static void put(std::int64_t* to, std::int64_t value) {
#if defined(__SSE2__) && defined(__x86_64__)
    _mm_stream_si64(reinterpret_cast<long long*>(to), value);
#else
    *to = value;
#endif
  }
  // Must follow the last store, before another thread may look.
  static void finish() {
#if defined(__SSE2__) && defined(__x86_64__)
    _mm_sfence();
#endif
  }
};

}  // namespace lmhost
