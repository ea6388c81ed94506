// Which parts of a formula get a name of their own, so that what is used often is written once: the
// size of what is printed is then that of the graph of its parts, not of the tree.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace lmhost {

// Whether the word is the prefix and a number.
bool is_numbered(std::string_view word, std::string_view prefix);

class NamedParts {
 public:
  // Of a part, which named ahead is computed even where a conditional would not.
  enum class Kind {
    kWord,   // as short as a name
    kSafe,   // computing it never fails
    kRisky,  // it may fail, so it is named only where it is computed in any case
  };

  // Children first. `length`: characters without the children, which may be given several times. Bit i
  // of `guarded`: the i-th child (of the first 32) is computed only under a condition. Gives the part.
  std::uint32_t add(std::span<const std::uint32_t> children, std::size_t length, Kind kind,
                    std::uint32_t guarded = 0);
  void add_root(std::uint32_t part) { roots_.push_back(part); }

  // Of a root written out; saturates.
  std::size_t whole_length(std::uint32_t part) const { return parts_[part].whole; }
  std::uint32_t whole_depth(std::uint32_t part) const { return parts_[part].depth; }

  // Names parts below the roots that are used twice and longer than two names, and what would nest
  // deeper than `nesting`. Gives the characters of all that is then written; saturates.
  std::size_t choose(std::size_t nesting);
  std::uint32_t deepest() const { return deepest_; }  // of what is then written
  // Of a part's definition or a root, with names in it.
  std::size_t length(std::uint32_t part) const { return lengths_[part]; }
  bool is_named(std::uint32_t part) const { return named_[part]; }

 private:
  struct Part {
    std::size_t length = 0;
    std::size_t whole = 0;
    std::uint32_t depth = 1;
    std::uint32_t first_child = 0;
    std::uint32_t child_count = 0;
    std::uint32_t guarded = 0;
    Kind kind = Kind::kWord;
  };
  std::span<const std::uint32_t> children(const Part& part) const {
    return std::span(children_).subspan(part.first_child, part.child_count);
  }

  std::vector<Part> parts_;
  std::vector<std::uint32_t> children_;
  std::vector<std::uint32_t> roots_;
  std::vector<bool> named_;
  std::vector<std::size_t> lengths_;
  std::uint32_t deepest_ = 0;
};

}  // namespace lmhost
