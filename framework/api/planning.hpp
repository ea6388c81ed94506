// What Host::resolve() and the registry share: a graph with the config that the options name.
#pragma once

#include <string>

#include "api/objects.hpp"

namespace lmhost::v0 {

// Errors: E601 standard input, or two configs; those of configure_model().
LMHOST_LOCAL Result<Model> configured(const Model& model, const PlanOptions& options,
                                      const std::string& prefix);

}  // namespace lmhost::v0
