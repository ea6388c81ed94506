// One kernel by itself: its quantities for given parameters, and the worked examples that every
// plugin carries. The plain walk over formulas, with no graph, plan or program: the independent
// reference for both.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "formula/value.hpp"
#include "lmhost/quantity.hpp"
#include "lmhost/result.hpp"
#include "lmhost/runtime.hpp"
#include "load/catalog.hpp"
#include "load/conventions.hpp"

namespace lmhost {

// What a kernel is evaluated for. Precision is 16 bits for weights, activations and KV cache and 64
// for indices unless said otherwise.
struct KernelBindings {
  std::vector<std::pair<std::string, Value>> parameters;
  Number w_bits = 16, a_bits = 16, kv_bits = 16, index_bits = 64;
  std::vector<Role> roles;  // of the operands, as a call may change them; empty: as declared
};

// Gives `value` to a parameter, or to the precision when `name` is one: `bytes` is that of weights,
// activations and KV cache, w_bits or w_bytes that of weights, and so on; dtype_bytes,
// w_dtype_bytes, a_dtype_bytes and index_dtype_bytes are read too, unless `kernel` has a parameter of
// that name. False when a precision is no exact number of 0 or more.
bool assign(KernelBindings& bindings, std::string_view name, const Value& value,
            const Kernel* kernel = nullptr);

// "M=1, equation='ij,jk->ik', K=2*3, bytes=2": values are formulas without names, given as by
// assign(). `source` names the text in errors.
Result<KernelBindings> parse_bindings(std::string_view text, const std::string& source,
                                      const Kernel* kernel = nullptr);

struct EvaluatedParameter {
  const KernelParameter* parameter = nullptr;
  Value value;
  bool is_bound = true;  // false: optional and absent
  bool is_default = false;
};

struct EvaluatedLet {
  const KernelFormula* let = nullptr;
  Value value;
};

struct EvaluatedOperand {
  const KernelOperand* operand = nullptr;
  Role role = Role::kActivation;
  Number elements;
  Number bits;
  Number bytes;
  Number stored_elements;
  Number stored_bytes;
};

struct KernelCosts {
  std::vector<EvaluatedParameter> parameters;
  std::vector<EvaluatedLet> lets;
  std::vector<EvaluatedOperand> operands;
  Costs costs;
  // Of the backward pass: as declared, else twice the forward pass (study/training.hpp).
  Number backward_flops, backward_matmul_flops;
};

// Errors: unknown, unbound or mistyped parameters; a formula that fails, with the formula quoted; a
// negative cost. REQUIRES: `kernel` belongs to `catalog`.
Result<KernelCosts> evaluate_kernel(const Catalog& catalog, const Conventions& conventions,
                                    const Kernel& kernel, const KernelBindings& bindings);

// The number behind a name of an example's "expected" text: flops, matmul_flops, useful_flops,
// backward_flops, backward_matmul_flops, read, write, read_<role>, write_<role>, scratch, stored,
// stored_weight, stored_kv_cache, parameters.
std::optional<Number> expected_quantity(const KernelCosts& kernel, std::string_view name);

// Every worked example of every plugin, or of one kernel, under the plugin's own constants: what is
// wrong, E409. Exact numbers must be equal; inexact ones agree to a relative error of 1e-9.
Diagnostics check_examples(const Catalog& catalog);
Diagnostics check_examples(const Catalog& catalog, const Kernel& kernel);

}  // namespace lmhost
