#include "resolve/instance_table.hpp"

#include <algorithm>

namespace lmhost {
namespace {

std::uint32_t hash_of(std::span<const std::uint32_t> key) {
  std::uint64_t hash = 0x9E3779B97F4A7C15u;
  for (std::uint32_t part : key) {
    hash = (hash ^ part) * 0xBF58476D1CE4E5B9u;
    hash ^= hash >> 29;
  }
  return static_cast<std::uint32_t>(hash >> 16);
}

}  // namespace

InstanceTable::InstanceTable() : entries_(256) {}

std::size_t InstanceTable::slot_of(std::span<const std::uint32_t> key, std::uint32_t hash) const {
  const std::size_t mask = entries_.size() - 1;
  std::size_t slot = hash & mask;
  while (entries_[slot].instance != kMissing) {
    const Entry& entry = entries_[slot];
    if (entry.hash == hash && entry.length == key.size() &&
        std::equal(key.begin(), key.end(), keys_.begin() + entry.first)) {
      break;
    }
    slot = (slot + 1) & mask;
  }
  return slot;
}

InstanceIndex InstanceTable::find(std::span<const std::uint32_t> key) const {
  return entries_[slot_of(key, hash_of(key))].instance;
}

void InstanceTable::insert(std::span<const std::uint32_t> key, InstanceIndex instance) {
  if (++count_ * 2 > entries_.size()) grow();
  const std::uint32_t hash = hash_of(key);
  entries_[slot_of(key, hash)] = {hash, static_cast<std::uint32_t>(keys_.size()),
                                  static_cast<std::uint32_t>(key.size()), instance};
  keys_.insert(keys_.end(), key.begin(), key.end());
}

void InstanceTable::grow() {
  std::vector<Entry> old(entries_.size() * 2);
  old.swap(entries_);
  const std::size_t mask = entries_.size() - 1;
  for (const Entry& entry : old) {
    if (entry.instance == kMissing) continue;
    std::size_t slot = entry.hash & mask;
    while (entries_[slot].instance != kMissing) slot = (slot + 1) & mask;
    entries_[slot] = entry;
  }
}

}  // namespace lmhost
