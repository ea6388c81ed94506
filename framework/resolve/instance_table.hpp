// Which distinct (kernel, arguments, roles) was resolved already: the memory that makes a plan a
// DAG.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "resolve/plan.hpp"

namespace lmhost {

class InstanceTable {
 public:
  static constexpr InstanceIndex kMissing = 0xFFFFFFFF;

  InstanceTable();
  // The instance stored under `key`, or kMissing.
  InstanceIndex find(std::span<const std::uint32_t> key) const;
  // REQUIRES: find(key) == kMissing
  void insert(std::span<const std::uint32_t> key, InstanceIndex instance);

 private:
  // The hash spares a look at the key, which is a cache miss in a large graph.
  struct Entry {
    std::uint32_t hash = 0;
    std::uint32_t first = 0;  // into keys_
    std::uint32_t length = 0;
    InstanceIndex instance = kMissing;
  };
  std::size_t slot_of(std::span<const std::uint32_t> key, std::uint32_t hash) const;
  void grow();

  std::vector<Entry> entries_;  // open addressing, size a power of two
  std::vector<std::uint32_t> keys_;
  std::size_t count_ = 0;
};

}  // namespace lmhost
