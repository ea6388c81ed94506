// SHA-256 against the vectors of FIPS 180-4 and of NIST's CAVP "SHA256ShortMsg"/"LongMsg" sets.
#include "base/sha256.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using lmhost::Sha256;
using lmhost::sha256_hex;

TEST_CASE("sha256: published vectors") {
  struct Row {
    std::string text;
    const char* digest;
  };
  const Row rows[] = {
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqr"
       "lmnopqrsmnopqrstnopqrstu",
       "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
      {std::string(1, '\xd3'), "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1"},
      {std::string(1'000'000, 'a'),
       "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
  };
  for (const Row& row : rows) {
    CHECK(sha256_hex(row.text) == row.digest);
    CHECK(Sha256(true).add(row.text).hex_digest() == row.digest);
  }
}

// Every length around a block boundary, given in one piece and in pieces of every size.
TEST_CASE("sha256: the digest does not depend on the pieces") {
  std::string text;
  for (int i = 0; i < 200; ++i) text += static_cast<char>(i * 7);
  for (std::size_t length = 0; length <= text.size(); ++length) {
    // With the processor's instructions, where it has them, and without.
    CHECK(Sha256(true).add(std::string_view(text).substr(0, length)).hex_digest() ==
          sha256_hex(std::string_view(text).substr(0, length)));
    const std::string whole = sha256_hex(std::string_view(text).substr(0, length));
    for (const std::size_t piece : {1u, 3u, 55u, 56u, 63u, 64u, 65u}) {
      Sha256 hash;
      for (std::size_t at = 0; at < length; at += piece)
        hash.add(std::string_view(text).substr(at, std::min(piece, length - at)));
      CHECK(hash.hex_digest() == whole);
    }
  }
}
