// SHA-256 (FIPS 180-4): names inputs and plugins in reports, so that two results can be told to
// come from the same data.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace lmhost {

// Takes text in pieces of any size; the digest does not depend on how it was cut.
class Sha256 {
 public:
  // `portable` leaves the processor's SHA instructions unused; the digest is the same.
  explicit Sha256(bool portable = false);

  Sha256& add(std::string_view bytes);
  // 64 lower-case hexadecimal digits. REQUIRES: called once, last.
  std::string hex_digest();

 private:
  static constexpr std::size_t kBlockSize = 64;

  void (*compress_)(std::array<std::uint32_t, 8>& state, const unsigned char* block);
  std::array<std::uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<unsigned char, kBlockSize> pending_ = {};
  std::size_t pending_size_ = 0;
  std::uint64_t total_ = 0;  // bytes
};

std::string sha256_hex(std::string_view bytes);

}  // namespace lmhost
