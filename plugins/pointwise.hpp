// What the sources of the pointwise plugin share: how a row of a table becomes a kernel.
//
// Elementwise operators differ in little but their FLOPs per element and their names, so each is
// one row.
#pragma once

#include "names.hpp"

namespace pointwise {

using namespace family;

// FLOPs per element. With a `reason` it is a convention: the plugin constant "<op>_flops". Without,
// it is a fact.
struct Coefficient {
  const char* value;
  const char* reason = nullptr;
  const char* source = nullptr;
};

struct Row {
  const char* name;  // canonical
  unsigned spellings;
  std::vector<const char*> aliases;  // besides those that `spellings` gives
  Coefficient flops;
  const char* doc;
  const char* source;
  Example example;
};

// Starts a kernel: name, every alias, doc, source and example.
Kernel& begin(Plugin& plugin, const Row& row);

// Declares the row's constant, if it has one, and returns the formula of "FLOPs per element".
std::string coefficient(Plugin& plugin, const Row& row);

// input (n) -> output (n).
Kernel& unary(Plugin& plugin, const Row& row, const char* input_bits = "a_bits",
              const char* output_bits = "input_bits");

// input, other -> output (n): both broadcast to the output and are read in their own size, a Python
// scalar not at all.
Kernel& binary(Plugin& plugin, const Row& row, const char* flops, const char* input_bits = "a_bits",
               const char* output_bits = "input_bits", const char* other_elements = "num_elements");

// Declares the parameter "integer", which the formula of flops must heed.
void add_integer_switch(Kernel& kernel);

void describe_logic(Plugin& plugin);        // pointwise_logic.cpp
void describe_activations(Plugin& plugin);  // pointwise_activation.cpp
void describe_fused(Plugin& plugin);        // pointwise_fused.cpp
void describe_reductions(Plugin& plugin);   // pointwise_reduction.cpp

}  // namespace pointwise
