/* The lmhost plugin ABI, major 0: what crosses the boundary between the host and a kernel plugin.
 *
 * A plugin is a shared library that exports one function, lmhost_plugin_v0, which returns a tree of
 * const tables: kernels, their parameters and their formulas as text. The host copies every table
 * before the call returns to its caller, compiles the formulas itself and never unloads the
 * library. Nothing is allocated on one side and freed on the other, and no C++ type or exception
 * crosses. C++ authors include <lmhost/sdk.hpp> instead of this header.
 *
 * Growth inside a major: fields are only appended. Top-level structs start with their own size;
 * elements of an lmh_span are `stride` bytes apart. A shorter struct reads as if its missing fields
 * were zero, and zero always means "absent"; a longer struct is accepted when its unknown tail is
 * zero and refused otherwise.
 *
 * Strings are NUL-terminated UTF-8, at most 64 KiB, owned by the plugin until process exit, and
 * never NULL unless a field says "or NULL". A span holds at most 65,536 elements.
 */
#ifndef LMHOST_PLUGIN_H
#define LMHOST_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LMH_MAGIC 0x31484D4Cu /* "LMH1", little endian */
#define LMH_ABI_MAJOR 0       /* in the entry's name too; 0 until the ABI is frozen */
#define LMH_ABI_MINOR 1       /* informative: the header that the plugin was built with */
#define LMH_LANGUAGE 1 /* version of the formula language and of the meaning of every quantity */

#if defined(__GNUC__)
#define LMH_EXPORT __attribute__((visibility("default")))
#else
#define LMH_EXPORT
#endif

/* An array of structs: element i starts at (const char*)data + i * stride. {NULL, 0, 0} is empty.
 */
typedef struct lmh_span {
  const void* data;
  uint32_t count;
  uint32_t stride;
} lmh_span;

typedef enum lmh_type { LMH_INT = 1, LMH_FLOAT = 2, LMH_BOOL = 3, LMH_STRING = 4 } lmh_type;

typedef enum lmh_parameter_flag {
  /* May stay unbound although it has no default; a formula that then reaches it is an error. */
  LMH_PARAMETER_OPTIONAL = 1u << 0,
  /* Costs need not grow with it (a tile size, a group count). */
  LMH_PARAMETER_NOT_MONOTONE = 1u << 1
} lmh_parameter_flag;

typedef struct lmh_parameter {
  const char* name;
  const char* default_expression; /* or NULL: the caller must bind it. May use parameters declared
                                     before it. */
  const char* doc;
  uint32_t type;  /* lmh_type */
  uint32_t flags; /* lmh_parameter_flag */
} lmh_parameter;

/* A named expression: a let (usable by name in every later let and formula of its kernel) or a
 * quantity. Quantities: "flops" (required), "matmul_flops" (default 0), "useful_flops" (default
 * flops); of the backward pass in training "backward_flops" and "backward_matmul_flops" (default
 * twice flops, twice matmul_flops), which a host before them refuses as unknown. */
typedef struct lmh_formula {
  const char* name;
  const char* expression;
  const char* doc;
} lmh_formula;

typedef enum lmh_direction { LMH_READ = 1, LMH_WRITE = 2, LMH_SCRATCH = 3 } lmh_direction;
typedef enum lmh_role {
  LMH_WEIGHT = 1,
  LMH_ACTIVATION = 2,
  LMH_KV_CACHE = 3,
  LMH_INDEX = 4
} lmh_role;

/* One tensor of a kernel. LMH_READ and LMH_WRITE move elements*bits/8 bytes between the kernel and
 * device memory; LMH_SCRATCH is materialised besides inputs and outputs. */
typedef struct lmh_operand {
  const char* name;
  const char* elements;        /* elements moved (READ, WRITE) or held (SCRATCH) by one call */
  const char* stored_elements; /* elements that stay resident; NULL: `elements` for a weight that is
                                  read, else 0 */
  const char* bits; /* bits per element; NULL: w_bits, a_bits, kv_bits or index_bits by role */
  const char* doc;
  uint32_t direction; /* lmh_direction */
  uint32_t role;      /* lmh_role */
} lmh_operand;

/* A convention, not a fact (FLOPs of one exponential): a number that a convention set may override.
 */
typedef struct lmh_constant {
  const char* name; /* visible to every formula of the plugin; overridden as "<plugin>.<name>" */
  const char* value;
  const char* doc;
  const char* source;
} lmh_constant;

/* A worked example: "M=1, K=2, N=3, bytes=2" must give "flops=15, read=22, write=6". The host
 * verifies it. */
typedef struct lmh_example {
  const char* bindings;
  const char* expected;
  const char* source; /* the derivation or the page it was checked against; may be "" */
} lmh_example;

typedef struct lmh_kernel {
  const char* name; /* canonical, dotted: "torch.nn.functional.linear" */
  const char* doc;
  const char*
      source;        /* where the formulas come from: paper, PyTorch file and line, or derivation */
  uint32_t revision; /* raised whenever a formula changes its value; starts at 1 */
  uint32_t flags;    /* 0 */
  lmh_span aliases;  /* const char* */
  lmh_span parameters; /* lmh_parameter */
  lmh_span lets;       /* lmh_formula */
  lmh_span quantities; /* lmh_formula */
  lmh_span operands;   /* lmh_operand */
  lmh_span examples;   /* lmh_example */
} lmh_kernel;

/* Handed to a function of the plugin for the duration of one call. */
typedef struct lmh_call {
  uint32_t struct_size;
  uint32_t reserved;
  void* host_data;
  void (*fail)(const struct lmh_call*, const char* message); /* copies the message */
  void (*emit)(const struct lmh_call*, const char* text,
               size_t size); /* appends to the macro's result; copies */
} lmh_call;

/* Macro: string arguments to formula text, given through emit(). Returns 0, or non-zero after
 * fail(). [any thread, concurrent, pure: the same arguments always give the same text] */
typedef int32_t (*lmh_macro)(const lmh_call*, void* user, const char* const* arguments,
                             uint32_t count);

/* Scalar: numbers to a number, the last resort when no formula says it. Its result is marked
 * inexact. [any thread, concurrent, pure] */
typedef int32_t (*lmh_scalar)(const lmh_call*, void* user, const double* arguments, uint32_t count,
                              double* result);

/* Callable by name from the formulas of this plugin only. Exactly one of macro and scalar is set.
 */
typedef struct lmh_function {
  const char* name;
  const char* doc;
  uint32_t arity; /* exact number of arguments */
  uint32_t flags; /* 0 */
  lmh_macro macro;
  lmh_scalar scalar;
  void* user;
} lmh_function;

typedef struct lmh_plugin {
  uint32_t struct_size;
  uint32_t magic; /* LMH_MAGIC */
  uint16_t abi_major;
  uint16_t abi_minor;
  uint32_t language;   /* LMH_LANGUAGE */
  uint64_t flags;      /* 0 */
  const char* id;      /* [a-z][a-z0-9_]*, equal to the file's name without ".so" */
  const char* version; /* semantic version, "1.2.0" */
  const char* doc;
  const char* license; /* SPDX identifier */
  lmh_span constants;  /* lmh_constant */
  lmh_span functions;  /* lmh_function */
  lmh_span kernels;    /* lmh_kernel */
} lmh_plugin;

typedef struct lmh_host {
  uint32_t struct_size;
  uint16_t abi_major;
  uint16_t abi_minor;
  const char* version;
  void* host_data;
  void (*fail)(const struct lmh_host*,
               const char* message); /* why the entry returns NULL; copies the message */
} lmh_host;

/* The only exported symbol. Returns the same const tree every time, or NULL after host->fail().
 * [any thread; calls are serialised by the host; idempotent; no I/O, no threads, no locale or
 * FP-state change] */
LMH_EXPORT const lmh_plugin* lmhost_plugin_v0(const lmh_host* host);
#define LMH_ENTRY_SYMBOL "lmhost_plugin_v0"

/* The ELF note that says "lmhost plugin, ABI major.minor". The host reads it from the file before
 * it opens the library, so that a foreign or stale file never runs code. Section .note.lmhost,
 * owner "lmhost", type 1. */
typedef struct lmh_note {
  uint32_t name_size;        /* 7 */
  uint32_t description_size; /* 12 */
  uint32_t type;             /* 1 */
  char name[8];              /* "lmhost\0" padded to a multiple of 4 */
  uint32_t magic;
  uint16_t abi_major;
  uint16_t abi_minor;
  uint8_t pointer_size;
  uint8_t zero[3];
} lmh_note;

#if defined(__GNUC__)
#define LMHOST_DECLARE_NOTE                                          \
  __attribute__((used, section(".note.lmhost"),                      \
                 aligned(4))) static const lmh_note lmhost_note_ = { \
      7, 12, 1, "lmhost", LMH_MAGIC, LMH_ABI_MAJOR, LMH_ABI_MINOR, sizeof(void*), {0, 0, 0}}
#endif

#ifdef __cplusplus
} /* extern "C" */
#endif

/* Offsets of the released header, checked wherever it is compiled (LP64 and LLP64). */
#if defined(__cplusplus)
#define LMH_ASSERT(condition) static_assert(condition, #condition)
#else
#define LMH_ASSERT(condition) _Static_assert(condition, #condition)
#endif
#if UINTPTR_MAX == 0xFFFFFFFFFFFFFFFFu
LMH_ASSERT(sizeof(lmh_span) == 16);
LMH_ASSERT(sizeof(lmh_parameter) == 32 && offsetof(lmh_parameter, type) == 24);
LMH_ASSERT(sizeof(lmh_formula) == 24);
LMH_ASSERT(sizeof(lmh_operand) == 48 && offsetof(lmh_operand, direction) == 40);
LMH_ASSERT(sizeof(lmh_constant) == 32);
LMH_ASSERT(sizeof(lmh_example) == 24);
LMH_ASSERT(sizeof(lmh_kernel) == 128 && offsetof(lmh_kernel, aliases) == 32 &&
           offsetof(lmh_kernel, examples) == 112);
LMH_ASSERT(sizeof(lmh_call) == 32);
LMH_ASSERT(sizeof(lmh_function) == 48 && offsetof(lmh_function, macro) == 24);
LMH_ASSERT(sizeof(lmh_plugin) == 104 && offsetof(lmh_plugin, id) == 24 &&
           offsetof(lmh_plugin, kernels) == 88);
LMH_ASSERT(sizeof(lmh_host) == 32 && offsetof(lmh_host, fail) == 24);
LMH_ASSERT(sizeof(lmh_note) == 32);
#endif

#endif /* LMHOST_PLUGIN_H */
