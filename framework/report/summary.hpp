// What every report says about the analysis as a whole: workload, conventions, coverage. Gathered
// once, so that no printer knows more than another.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aggregate/analysis.hpp"
#include "aggregate/cost_tree.hpp"
#include "report/layout.hpp"
#include "study/device_bound.hpp"
#include "study/measurement.hpp"

namespace lmhost {

std::string_view version();  // of lmhost: "0.1.0"

// "batch 1 × seq 2,048 on cache 512"; of a generation "batch 1 × 512 in, 128 out".
std::string workload_text(const RuntimePoint& point, const std::optional<Number>& prompt_tokens,
                          const std::optional<Number>& generated_tokens, const TextStyle& style);
// "16 bit", "weights 4, activations 16, KV cache 8 bit".
std::string bits_text(const RuntimePoint& point);

// What a study adds to a report: a JSON object under `key`, and lines below the table.
struct ReportSection {
  struct Fact {
    std::string key;
    Number value;
    std::string text;  // instead of the number, where not empty
  };
  struct Line {
    std::string label;
    std::string text;
  };
  std::string key;
  std::vector<Fact> facts;
  std::vector<Line> lines;
};

struct PluginUse {
  const Plugin* plugin;
  std::size_t kernels = 0;  // distinct ones that the analysis calls
};

struct Summary {
  std::string model;         // as asked for: "llama-2-7b"
  std::string architecture;  // the root's class: "LlamaForCausalLM"
  std::string phase;
  std::string precision;  // "float16", "16 bit", "weights 4, activations 16, KV cache 8 bit"
  std::string mode;
  std::string conventions;             // the name of the set
  Number calls;                        // executions of kernels
  Number sites;                        // calls in the tree
  std::vector<const Kernel*> kernels;  // distinct, by name
  std::vector<PluginUse> plugins;
  Number unknown;                 // call sites left out
  std::size_t not_validated = 0;  // of the kernels: came as data, and no person looked at them
  std::vector<std::string> assumptions;        // values that nobody gave
  std::shared_ptr<const DeviceBounds> device;  // nullptr: none was named
  std::optional<Measurement> measured;         // to set against the device's roof
  // The model as the shell takes it, and the options that give the same numbers again: of the
  // command that the last line suggests. Empty: the model's name, no options.
  std::string model_word;
  std::string option_words;
  std::vector<ReportSection> sections;
};

// `assumptions` is the caller's: it knows what the user said.
Summary summarize(const Analysis& analysis, std::vector<std::string> assumptions = {});

// A path without the installation's prefix: "catalogs/models/llama-2-7b.json". Reports are the same
// on every machine.
std::string portable_path(const std::string& path, std::string_view prefix);

// The lines above and below every table, each ended by '\n'.
Text heading_lines(const Summary& summary, const Analysis& analysis, const TextStyle& style);
Text footer_lines(const Summary& summary, const Analysis& analysis, const TextStyle& style);

}  // namespace lmhost
