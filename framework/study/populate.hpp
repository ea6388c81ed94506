// The parameters of a model's layers, from its config: stage "populate" of the seeds.
//
// Each parameter of the kernel of a basic layer's class gets a value, first hit wins: what is known
// only at run time (a template), the config, what is derived from the config, what the structure
// file itself says, the kernel's default. Where it came from goes with it. The rules are data
// (load/parameter_rules.hpp); this file knows no model.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "formula/value.hpp"
#include "load/catalog.hpp"
#include "load/config.hpp"
#include "load/json.hpp"
#include "load/parameter_rules.hpp"

namespace lmhost {

enum class ValueOrigin : std::uint8_t { kRuntime, kConfig, kDerived, kStructure, kDefault };
std::string_view name_of(ValueOrigin origin);  // "runtime", "config", ...

struct PopulatedParameter {
  std::string name;
  std::string text;  // of a template: "{batch_size}*{seq_len}*11008"; else empty
  Value value;       // what is no template
  ValueOrigin origin = ValueOrigin::kDefault;
  std::string rule;  // the expression behind it: "num_attention_heads*head_dim"; may be empty
  std::vector<std::string> config_keys;  // that it was read from: "hidden_size"
};

struct PopulatedLayer {
  JsonValue layer;
  std::string path;  // "model.decoder_layer.mlp.gate_proj"
  const Kernel* kernel = nullptr;
  std::vector<PopulatedParameter> parameters;
};

struct PopulatedModel {
  std::vector<PopulatedLayer> layers;  // basic ones, in the order of the text
  Diagnostics warnings;                // a value of the structure that the config contradicts
};

struct PopulateRequest {
  JsonValue model;  // a model representation of one model
  const Catalog* catalog = nullptr;
  const Config* config = nullptr;
  const ParameterRules* rules = nullptr;
};

// All errors together: a class that the catalogue does not know (E101), parameters that no rule
// covers (E121), several models in one file (E108).
// REQUIRES: load_graph() has read the model: it is well formed. Nothing is null.
Result<PopulatedModel> populate(const PopulateRequest& request);

}  // namespace lmhost
