// Graphs of any size for benchmarks and tests: composites of a hundred calls each, a tenth of the
// calls distinct.
#pragma once

#include <cstddef>
#include <string>

namespace lmhost::bench {

// A `lmhost.graph/1` text with `calls` calls of atomic kernels, calls / 10 of them distinct.
inline std::string synthetic_graph(std::size_t calls) {
  constexpr std::size_t kPerComposite = 100;
  const std::size_t composites = (calls + kPerComposite - 1) / kPerComposite;
  const std::size_t distinct = calls / 10 + 1;
  std::string root, blocks;
  for (std::size_t c = 0; c < composites; ++c) {
    const std::string block = "s.Block" + std::to_string(c);
    root += (c == 0 ? "" : ",\n") + std::string("{\"name\": \"b") + std::to_string(c) +
            "\", \"kernel\": \"" + block + "\"}";
    blocks += "\"" + block + "\": {\"sub_kernels\": [";
    for (std::size_t k = 0; k < kPerComposite && c * kPerComposite + k < calls; ++k) {
      const std::size_t width = (c * kPerComposite + k) % distinct + 1;
      blocks += (k == 0 ? "\n" : ",\n") + std::string("{\"name\": \"c") + std::to_string(k) +
                "\", \"kernel\": \"torch.nn.Linear\", \"bindings\": {\"M\": "
                "\"batch_size*seq_len\", \"K\": \"" +
                std::to_string(width) + "\", \"N\": \"64\"}}";
    }
    blocks += "]},\n";
  }
  return "{\"schema\": \"lmhost.graph/1\", \"root\": \"s.Root\", \"kernels\": {\n" + blocks +
         "\"s.Root\": {\"sub_kernels\": [" + root + "]}}}\n";
}

}  // namespace lmhost::bench
