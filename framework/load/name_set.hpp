// Texts numbered in order of first use, and the search for duplicates: one open-addressing table
// for both, because std::unordered_map costs an allocation an entry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace lmhost {

// The texts must outlive the set.
class NameSet {
 public:
  struct Added {
    std::uint32_t index;  // of the text, from 0 in order of first use
    bool is_new;
  };

  Added add(std::string_view text) {
    if (2 * (names_.size() + 1) > slots_.size()) grow();
    const std::uint64_t word = word_of(text);
    const std::uint32_t tag = tag_of(text);
    for (std::size_t i = place(word);; i = (i + 1) & mask()) {
      Slot& slot = slots_[i];
      if (slot.tag < round_) {
        slot = {word, static_cast<std::uint32_t>(names_.size()), tag};
        names_.push_back(text);
        return {slot.index, true};
      }
      if (slot.word == word && slot.tag == tag &&
          (text.size() <= kShort || names_[slot.index] == text))
        return {slot.index, false};
    }
  }

  // Forgets all texts; costs nothing.
  void clear() {
    names_.clear();
    if (round_ > 0xFFFFFFFF - 2 * kRound) slots_.clear();
    round_ = slots_.empty() ? kRound : round_ + kRound;
  }

  std::size_t size() const { return names_.size(); }
  std::string_view operator[](std::size_t index) const { return names_[index]; }

 private:
  static constexpr std::size_t kShort = 8;     // a text of that size is its own hash
  static constexpr std::uint32_t kRound = 16;  // tag: the round, in steps of 16, + min(size, 9)

  struct Slot {
    std::uint64_t word = 0;  // the bytes of a short text, a hash of a longer one
    std::uint32_t index = 0;
    std::uint32_t tag = 0;  // below round_: the slot is empty
  };

  std::uint32_t tag_of(std::string_view text) const {
    return round_ + static_cast<std::uint32_t>(text.size() <= kShort ? text.size() : kShort + 1);
  }
  std::size_t mask() const { return slots_.size() - 1; }
  std::size_t place(std::uint64_t word) const {
    return ((word ^ word >> 32) * kFactor >> 32) & mask();
  }

  static std::uint64_t word_of(std::string_view text) {
    if (text.size() <= kShort) return load(text.data(), text.size());
    std::uint64_t hash = text.size();
    const char* at = text.data();
    std::size_t left = text.size();
    for (; left > 8; at += 8, left -= 8) hash = mixed(hash ^ load(at, 8));
    return mixed(hash ^ load(at, left));
  }
  static std::uint64_t load(const char* bytes, std::size_t count) {
    std::uint64_t word = 0;
    if (count > 0) std::memcpy(&word, bytes, count);
    return word;
  }
  static std::uint64_t mixed(std::uint64_t hash) {
    hash *= kFactor;
    return hash ^ hash >> 32;
  }

  void grow() {
    slots_.assign(slots_.empty() ? 64 : 2 * slots_.size(), Slot{});
    round_ = kRound;
    for (std::uint32_t n = 0; n < names_.size(); ++n) {
      const std::uint64_t word = word_of(names_[n]);
      std::size_t i = place(word);
      while (slots_[i].tag >= round_) i = (i + 1) & mask();
      slots_[i] = {word, n, tag_of(names_[n])};
    }
  }

  static constexpr std::uint64_t kFactor = 0x9E3779B97F4A7C15;

  std::vector<std::string_view> names_;
  std::vector<Slot> slots_;
  std::uint32_t round_ = kRound;
};

}  // namespace lmhost
