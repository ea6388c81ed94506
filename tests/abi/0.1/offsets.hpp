// Where every field of the released ABI 0.1 lies on a 64-bit machine. Never edited: a plugin built with that release
// is read by these offsets for as long as the major is 0. Later fields come behind, so sizes may grow.
#pragma once

#include <lmhost/plugin.h>

#include <cstddef>

#define FIELD(structure, field, offset) \
  static_assert(offsetof(structure, field) == offset, #structure "::" #field " has moved")
#define SIZE(structure, size) \
  static_assert(sizeof(structure) >= size, #structure " has lost a field")

#if UINTPTR_MAX == 0xFFFFFFFFFFFFFFFFu
FIELD(lmh_span, data, 0);
FIELD(lmh_span, count, 8);
FIELD(lmh_span, stride, 12);
SIZE(lmh_span, 16);
FIELD(lmh_parameter, name, 0);
FIELD(lmh_parameter, default_expression, 8);
FIELD(lmh_parameter, doc, 16);
FIELD(lmh_parameter, type, 24);
FIELD(lmh_parameter, flags, 28);
SIZE(lmh_parameter, 32);
FIELD(lmh_formula, name, 0);
FIELD(lmh_formula, expression, 8);
FIELD(lmh_formula, doc, 16);
SIZE(lmh_formula, 24);
FIELD(lmh_operand, name, 0);
FIELD(lmh_operand, elements, 8);
FIELD(lmh_operand, stored_elements, 16);
FIELD(lmh_operand, bits, 24);
FIELD(lmh_operand, doc, 32);
FIELD(lmh_operand, direction, 40);
FIELD(lmh_operand, role, 44);
SIZE(lmh_operand, 48);
FIELD(lmh_constant, name, 0);
FIELD(lmh_constant, value, 8);
FIELD(lmh_constant, doc, 16);
FIELD(lmh_constant, source, 24);
SIZE(lmh_constant, 32);
FIELD(lmh_example, bindings, 0);
FIELD(lmh_example, expected, 8);
FIELD(lmh_example, source, 16);
SIZE(lmh_example, 24);
FIELD(lmh_kernel, name, 0);
FIELD(lmh_kernel, doc, 8);
FIELD(lmh_kernel, source, 16);
FIELD(lmh_kernel, revision, 24);
FIELD(lmh_kernel, flags, 28);
FIELD(lmh_kernel, aliases, 32);
FIELD(lmh_kernel, parameters, 48);
FIELD(lmh_kernel, lets, 64);
FIELD(lmh_kernel, quantities, 80);
FIELD(lmh_kernel, operands, 96);
FIELD(lmh_kernel, examples, 112);
SIZE(lmh_kernel, 128);
FIELD(lmh_call, struct_size, 0);
FIELD(lmh_call, reserved, 4);
FIELD(lmh_call, host_data, 8);
FIELD(lmh_call, fail, 16);
FIELD(lmh_call, emit, 24);
SIZE(lmh_call, 32);
FIELD(lmh_function, name, 0);
FIELD(lmh_function, doc, 8);
FIELD(lmh_function, arity, 16);
FIELD(lmh_function, flags, 20);
FIELD(lmh_function, macro, 24);
FIELD(lmh_function, scalar, 32);
FIELD(lmh_function, user, 40);
SIZE(lmh_function, 48);
FIELD(lmh_plugin, struct_size, 0);
FIELD(lmh_plugin, magic, 4);
FIELD(lmh_plugin, abi_major, 8);
FIELD(lmh_plugin, abi_minor, 10);
FIELD(lmh_plugin, language, 12);
FIELD(lmh_plugin, flags, 16);
FIELD(lmh_plugin, id, 24);
FIELD(lmh_plugin, version, 32);
FIELD(lmh_plugin, doc, 40);
FIELD(lmh_plugin, license, 48);
FIELD(lmh_plugin, constants, 56);
FIELD(lmh_plugin, functions, 72);
FIELD(lmh_plugin, kernels, 88);
SIZE(lmh_plugin, 104);
FIELD(lmh_host, struct_size, 0);
FIELD(lmh_host, abi_major, 4);
FIELD(lmh_host, abi_minor, 6);
FIELD(lmh_host, version, 8);
FIELD(lmh_host, host_data, 16);
FIELD(lmh_host, fail, 24);
SIZE(lmh_host, 32);
FIELD(lmh_note, name_size, 0);
FIELD(lmh_note, description_size, 4);
FIELD(lmh_note, type, 8);
FIELD(lmh_note, name, 12);
FIELD(lmh_note, magic, 20);
FIELD(lmh_note, abi_major, 24);
FIELD(lmh_note, abi_minor, 26);
FIELD(lmh_note, pointer_size, 28);
FIELD(lmh_note, zero, 29);
SIZE(lmh_note, 32);

static_assert(LMH_MAGIC == 0x31484D4Cu && LMH_ABI_MAJOR == 0 && LMH_LANGUAGE == 1);
static_assert(LMH_INT == 1 && LMH_FLOAT == 2 && LMH_BOOL == 3 && LMH_STRING == 4);
static_assert(LMH_PARAMETER_OPTIONAL == 1 && LMH_PARAMETER_NOT_MONOTONE == 2);
static_assert(LMH_READ == 1 && LMH_WRITE == 2 && LMH_SCRATCH == 3);
static_assert(LMH_WEIGHT == 1 && LMH_ACTIVATION == 2 && LMH_KV_CACHE == 3 && LMH_INDEX == 4);
// The note is read from the file by its size.
static_assert(sizeof(lmh_note) == 32);
#endif

#undef FIELD
#undef SIZE
