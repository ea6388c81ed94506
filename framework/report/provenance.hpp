// Where a kernel that came as data was read from, and whether a person has looked at it.
#pragma once

#include <string>

#include "load/catalog.hpp"
#include "report/json_writer.hpp"

namespace lmhost {

// A kernel whose data says who looks at it, and nobody has. Compiled kernels, and data without such
// a field, are reviewed with their file.
bool is_not_validated(const Kernel& kernel);

// "pytorch/torch/nn/modules/linear.py:50-129, version 2.5.1, sha256:ab12..."; empty when not said.
std::string code_text(const Provenance& provenance);
// Whether that text says what a kernel's source says already.
bool is_told_by_code(const std::string& source, const Provenance* provenance);
// "yes, by Ada on 2026-11-21: as measured", "no", "no, status failed".
std::string validation_text(const Provenance& provenance);

// The object behind "provenance": code location and validation, what is not said left out; with
// `whole` the reasoning and its parts too.
void write_provenance(JsonWriter* json, const Provenance& provenance, bool whole);

}  // namespace lmhost
