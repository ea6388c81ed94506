// What the tests of the public API share: nothing but <lmhost/lmhost.hpp>.
#pragma once

#include <doctest/doctest.h>

#include <lmhost/lmhost.hpp>

#include <string>
#include <utility>

namespace lmhost::test {

template <class T>
T must(Result<T> result) {
  REQUIRE_MESSAGE(result.ok(), to_text(result.ok() ? Diagnostics{} : result.errors()));
  return std::move(result).value();
}

template <class T>
std::string code_of(const Result<T>& result) {
  return result.ok() ? "ok" : result.errors().front().code;
}

// Finds the build tree by the place of liblmhost.so.
inline const Host& built_host() {
  static const Host host = must(Host::open());
  return host;
}

inline Plan plan_of(const std::string& model) {
  return must(built_host().resolve(must(built_host().load(model))));
}

// A graph of one composite.
inline std::string graph_text(const std::string& calls) {
  return R"({"schema": "lmhost.graph/1", "root": "m.Model", "kernels": {"m.Model": {)"
         R"("sub_kernels": [)" +
         calls + "]}}}";
}

}  // namespace lmhost::test
