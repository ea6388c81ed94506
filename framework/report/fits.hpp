// The answer of `lmhost fits` for people and programs.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "report/layout.hpp"
#include "study/fits.hpp"

namespace lmhost {

// What one changed option would do: "-tp 8" -> 11 sequences.
struct FitsSuggestion {
  std::string option;
  Number sequences;  // that fit then; 0 where the option is the answer itself
};

struct FitsReport {
  std::string model;   // "LlamaForCausalLM (llama-3.1-8b)"
  std::string mode;    // "fused"
  std::string device;  // "NVIDIA H100 SXM5 80 GB"
  Number capacity;     // bytes of one
  Number utilization;  // 9/10
  Serving serving;     // of the question, with what was solved put in
  Footprint footprint;
  bool fits = false;
  Number most_sequences;  // of that length
  // "max-model-len", ...; empty: a yes or no question. `solution`: "98,304", "4 (-tp 4)"; empty:
  // there is none.
  std::string solve;
  std::string solution;
  std::optional<Number> solution_number;
  std::vector<FitsSuggestion> suggestions;
  std::vector<std::string> notes;

  Number room() const { return serving.usable - footprint.storage.weights - footprint.activations; }
  // Tokens of cache that the room of a rank holds, at this length; nothing without a cache.
  std::optional<Number> room_tokens() const;
};

Text write_fits(const FitsReport& report, const TextStyle& style);
std::string write_fits_json(const FitsReport& report);  // lmhost.fits/1

}  // namespace lmhost
