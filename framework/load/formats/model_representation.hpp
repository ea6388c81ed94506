// The seeds' model representation: `{model_id, layers: [{name, class, repeat, sub_layers}]}`, and its
// populated form, whose layers have `parameters`, templates over batch_size, seq_len and cache_len.
//
// A layer with sub_layers becomes a composite of its class's name, any other a call of its class's
// kernel, `repeat` the count of the call. A composite layer with parameters of its own (the second
// generation) also calls the kernel of its class, by the name `internal`, for what it computes
// between its sub-layers. Without parameters nothing is bound, and an analysis says so call by call;
// `lmhost populate` fills them. A list of examples becomes one graph with a call of each model.
#pragma once

#include "load/graph_builder.hpp"
#include "load/json.hpp"

namespace lmhost {

bool is_model_representation(JsonValue root);

// Fills builder->graph. Errors go to the builder.
void decode_model_representation(JsonValue root, GraphBuilder* builder);

}  // namespace lmhost
