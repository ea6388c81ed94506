// A graph made in memory: composites, each an ordered list of calls. Host::build() gives the Graph,
// with all the checks of a file; errors name the composite and the call instead of a line.
//
//   GraphBuilder builder("Model");
//   builder.config("hidden_size", 4096);
//   builder.composite("Model").call({"mlp", "Mlp", {{"width", 11008}}, "config.layers"});
//   builder.composite("Mlp", {"width"})
//       .call({"up", "torch.nn.Linear",
//              {{"M", "batch_size*seq_len"}, {"K", "config.hidden_size"}, {"N", "width"}}});
#pragma once

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "lmhost/export.hpp"
#include "lmhost/report.hpp"

namespace lmhost {
LMHOST_VERSIONED_NAMESPACE {
  // A formula as graph files have it, or a whole number. Empty: as if the key were left out.
  struct GraphFormula {
    std::string text;

    GraphFormula() = default;
    GraphFormula(std::string formula) : text(std::move(formula)) {}  // NOLINT: implicit on purpose
    GraphFormula(const char* formula) : text(formula) {}             // NOLINT
    template <class T, std::enable_if_t<std::is_integral_v<T> && !std::is_same_v<T, bool>, int> = 0>
    GraphFormula(T number) : text(std::to_string(number)) {}  // NOLINT
  };

  struct GraphCall {
    std::string name;    // in paths and errors: "up_proj"
    std::string kernel;  // a composite of this graph, or a kernel by any of its names
    std::vector<std::pair<std::string, GraphFormula>> bindings = {};  // parameter, value
    GraphFormula count = {};                                          // executions; 1 unless given
    GraphFormula when = {};          // the call is there when this is true
    GraphFormula stored_count = {};  // distinct weights among the executions; as count unless given
  };

  // A value of the config: a truth, a number, a text, a list.
  class LMHOST_PUBLIC GraphValue {
   public:
    template <class T, std::enable_if_t<std::is_integral_v<T>, int> = 0>
    GraphValue(T value) {  // NOLINT: implicit on purpose, as are all of these
      if constexpr (std::is_same_v<T, bool>)
        json_ = value ? "true" : "false";
      else
        json_ = std::to_string(value);
    }
    GraphValue(double value);                         // NOLINT
    GraphValue(const char* text);                     // NOLINT
    GraphValue(const std::string& text);              // NOLINT
    GraphValue(const std::vector<GraphValue>& list);  // NOLINT
    // Whatever JSON has: null, or the object that "text_config" is. Host::build() checks it.
    static GraphValue from_json(std::string json);

    const std::string& json() const { return json_; }

   private:
    GraphValue() = default;
    std::string json_;
  };

  // Not for several threads at once. Nothing is checked before Host::build().
  class LMHOST_PUBLIC GraphBuilder {
   public:
    explicit GraphBuilder(std::string root);  // the composite that is the whole model
    ~GraphBuilder();
    GraphBuilder(GraphBuilder&&) noexcept;
    GraphBuilder& operator=(GraphBuilder&&) noexcept;

    // A key of config.json, which formulas read as config.NAME.
    GraphBuilder& config(std::string name, const GraphValue& value);
    // A name for a formula, before what uses it.
    GraphBuilder& variable(std::string name, GraphFormula formula);
    // Begins a composite; parameters are "width", or "width=64" with a default.
    GraphBuilder& composite(std::string name, std::vector<std::string> parameters = {});
    // Adds to the composite begun last.
    GraphBuilder& call(GraphCall call);

    // The same graph as a file, lmhost.graph/1. REQUIRES: Host::build() accepts it.
    std::string to_json() const;

   private:
    friend class Host;
    struct Data;
    std::unique_ptr<Data> data_;
  };
}
}  // namespace lmhost
