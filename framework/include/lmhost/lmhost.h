/* lmhost for C and whatever calls C: what a language model costs, asked in process. C11.
 *
 * Handles are opaque and immutable: any number of threads may use one at once; only freeing it must
 * be the last use. A handle keeps alive what it needs, so a plan outlives its context. Freeing NULL
 * does nothing. Only a builder changes, and belongs to one thread at a time. Strings are UTF-8 and end in a zero byte; paths are bytes.
 *
 * A function that can fail returns 0, or the kind of its error (2 usage, 3 input, 4 plugin, 5 I/O,
 * 70 internal); then its outputs are unchanged and *error, unless `error` is NULL, is a new error
 * that the caller frees. Success leaves *error alone. NULL where a handle or an output must be is an
 * error of kind 2.
 *
 * Structs that the caller fills start with their own size, so that they can grow: zero them, set
 * struct_size, then the members that matter. Zero always means "the default".
 *
 * The library prints nothing, never exits, installs no handler, and reads neither the environment,
 * the locale nor standard input. No C++ exception leaves it. */
#ifndef LMHOST_LMHOST_H
#define LMHOST_LMHOST_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define LMH_API __attribute__((visibility("default")))
#else
#define LMH_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lmh_context lmh_context;             /* loaded plugins and conventions */
typedef struct lmh_graph lmh_graph;                 /* a model as read */
typedef struct lmh_plan lmh_plan;                   /* the graph bound to kernels and a config */
typedef struct lmh_report lmh_report;               /* the plan at one point */
typedef struct lmh_sweep lmh_sweep;                 /* the plan over a grid of points */
typedef struct lmh_graph_builder lmh_graph_builder; /* a graph being made in memory */
typedef struct lmh_error lmh_error;                 /* one or more things that are wrong */

struct lmh_plugin; /* of <lmhost/plugin.h>, for plugins that are linked into the program */
struct lmh_host;
typedef const struct lmh_plugin* (*lmh_entry)(const struct lmh_host*);

typedef struct lmh_context_options {
  size_t struct_size;
  const char* prefix;         /* of the installation; NULL: the one that holds the library */
  const char* conventions;    /* a name or a file; NULL: "lmhost" */
  const char* const* plugins; /* files; one that fails is an error */
  size_t plugin_count;
  const char* const* directories; /* of plugins; a file in one that fails is left out */
  size_t directory_count;
  const lmh_entry* entries; /* of plugins linked into the program */
  size_t entry_count;
  int32_t no_default_plugins;  /* 1: not those of the installation */
  const char* const* catalogs; /* files of kernels as data: they hide plugins' of the same name */
  size_t catalog_count;
  const char* const* use; /* "torch.matmul=vendor_mm": whose, of names that conflict */
  size_t use_count;
} lmh_context_options;

typedef enum lmh_plugin_state {
  LMH_PLUGIN_LOADED,
  LMH_PLUGIN_REFUSED,
  LMH_PLUGIN_SHADOWED /* another source has one of this id */
} lmh_plugin_state;

typedef struct lmh_plugin_info {
  size_t struct_size;
  int32_t state;  /* lmh_plugin_state */
  const char* id; /* "" when refused */
  const char* version;
  const char* path;
  const char* fingerprint; /* of everything that decides a number */
  const char* reason;      /* why not loaded, as errors are printed */
} lmh_plugin_info;

typedef struct lmh_graph_binding {
  const char* parameter;
  const char* formula;
} lmh_graph_binding;

/* One use of a kernel by a composite. NULL: as if the key of a graph file were left out. */
typedef struct lmh_graph_call {
  size_t struct_size;
  const char* name;   /* in paths and errors: "up_proj" */
  const char* kernel; /* a composite of this graph, or a kernel by any of its names */
  const lmh_graph_binding* bindings;
  size_t binding_count;
  const char* count;        /* executions; NULL: 1 */
  const char* when;         /* the call is there when this is true */
  const char* stored_count; /* distinct weights among the executions; NULL: as count */
} lmh_graph_call;

typedef enum lmh_mode { LMH_MODE_DEFAULT = 0, LMH_EAGER, LMH_SDPA, LMH_FUSED } lmh_mode;

typedef struct lmh_plan_options {
  size_t struct_size;
  const char* config_file; /* config.json or its folder, for a graph without a config */
  const char* config_text; /* the content of one, instead */
  const char* const* set;  /* "num_hidden_layers=4" */
  size_t set_count;
  int32_t mode;          /* lmh_mode; 0: sdpa */
  int32_t allow_unknown; /* 1: calls of unknown kernels cost nothing */
} lmh_plan_options;

/* What changes from one question to the next. Get one from lmh_plan_point() and change it. Bits may
 * be fractions of powers of two: 4.125. */
typedef struct lmh_point {
  size_t struct_size;
  int64_t batch_size;
  int64_t seq_len;
  int64_t cache_len;
  double w_bits;
  double a_bits;
  double kv_bits;
  double index_bits;
} lmh_point;

/* Exactly (high * 2^64 + low) / denominator; denominator 0: only `value` is known. */
typedef struct lmh_number {
  int64_t high;
  uint64_t low;
  int64_t denominator;
  double value; /* the nearest double in any case */
} lmh_number;

/* The quantities of every cost, in the order of lmh_costs.values; names by lmh_quantity_name(). */
typedef enum lmh_quantity {
  LMH_FLOPS,
  LMH_MATMUL_FLOPS,
  LMH_USEFUL_FLOPS,
  LMH_BYTES_READ_WEIGHT,
  LMH_BYTES_READ_ACTIVATION,
  LMH_BYTES_READ_KV_CACHE,
  LMH_BYTES_READ_INDEX,
  LMH_BYTES_WRITTEN_WEIGHT,
  LMH_BYTES_WRITTEN_ACTIVATION,
  LMH_BYTES_WRITTEN_KV_CACHE,
  LMH_BYTES_WRITTEN_INDEX,
  LMH_INTERMEDIATE_BYTES,
  LMH_STORED_BYTES_WEIGHT,
  LMH_STORED_BYTES_KV_CACHE,
  LMH_PARAMETERS,
  LMH_QUANTITY_COUNT
} lmh_quantity;

typedef struct lmh_costs {
  lmh_number values[LMH_QUANTITY_COUNT];
} lmh_costs;

typedef struct lmh_run_options {
  size_t struct_size;
  uint32_t threads; /* 0: the calling thread only */
  /* Called in the calling thread with what is done; returning other than 0 cancels. NULL: none. */
  int32_t (*progress)(void* user, size_t done, size_t total);
  void* user;
  /* Set to other than 0 by any thread to cancel; an aligned int that is read atomically. */
  const int32_t* cancelled;
} lmh_run_options;

/* What varies together over a sweep, and the values it takes. */
typedef struct lmh_axis {
  size_t struct_size;
  const char* variables; /* "batch_size"; of a type "w_bits, a_bits" */
  const double* values;  /* lengths up to 2^53, bits that are fractions of powers of two */
  size_t value_count;
} lmh_axis;

/* One cost of all executions of a node. */
typedef struct lmh_column {
  size_t struct_size;
  const char* node;     /* as lmh_report_node_path(); NULL: the whole model */
  const char* quantity; /* "flops", "bytes_read", ... as in the totals of a report */
} lmh_column;

typedef enum lmh_format { LMH_TEXT, LMH_JSON, LMH_JSON_LINES, LMH_CSV, LMH_MARKDOWN } lmh_format;

typedef struct lmh_place {
  const char* file; /* "" when there is none */
  size_t line;      /* 0: the whole file */
  size_t column;    /* bytes from 1 */
} lmh_place;

/* "0.1.0". [any thread; the string is static] */
LMH_API const char* lmh_version(void);

/* The key of a quantity in every machine format, or NULL. [any thread; the string is static] */
LMH_API const char* lmh_quantity_name(int32_t quantity);

/* Opens a context; `options` may be NULL. [any thread; the caller frees *context; nothing of the
 * options is kept but the code of the entries] */
LMH_API int32_t lmh_context_open(const lmh_context_options* options, lmh_context** context,
                                 lmh_error** error);
/* [any thread] */
LMH_API void lmh_context_free(lmh_context* context);

/* A graph file, a config.json or its folder, or the name of a model of the installation.
 * [any thread; the caller frees *graph] */
LMH_API int32_t lmh_graph_load(const lmh_context* context, const char* model, lmh_graph** graph,
                               lmh_error** error);
/* The same from `size` bytes of text; `name` stands for the file in errors. [any thread; the caller
 * frees *graph; the text is copied] */
LMH_API int32_t lmh_graph_parse(const lmh_context* context, const char* text, size_t size,
                                const char* name, lmh_graph** graph, lmh_error** error);
/* [any thread] */
LMH_API void lmh_graph_free(lmh_graph* graph);

/* A graph made in memory: composites, each begun by its name and followed by its calls; `root` is the
 * one that is the whole model. Nothing is checked before lmh_graph_build(). [one thread at a time; the
 * caller frees *builder; everything is copied] */
LMH_API int32_t lmh_graph_builder_new(const char* root, lmh_graph_builder** builder,
                                      lmh_error** error);
/* [any thread] */
LMH_API void lmh_graph_builder_free(lmh_graph_builder* builder);
/* A key of config.json and its value as JSON: "4096", "true", "\"silu\"". [one thread at a time] */
LMH_API int32_t lmh_graph_builder_config(lmh_graph_builder* builder, const char* name,
                                         const char* json, lmh_error** error);
/* A name for a formula. [one thread at a time] */
LMH_API int32_t lmh_graph_builder_variable(lmh_graph_builder* builder, const char* name,
                                           const char* formula, lmh_error** error);
/* Begins a composite; parameters are "width", or "width=64" with a default. [one thread at a time] */
LMH_API int32_t lmh_graph_builder_composite(lmh_graph_builder* builder, const char* name,
                                            const char* const* parameters, size_t parameter_count,
                                            lmh_error** error);
/* Adds to the composite begun last. [one thread at a time] */
LMH_API int32_t lmh_graph_builder_call(lmh_graph_builder* builder, const lmh_graph_call* call,
                                       lmh_error** error);
/* The graph, with all the checks of a file; the builder may go on. `name` stands for the file; NULL:
 * "<memory>". The place of an error is "<memory>: call 'up' of 'Mlp'". [one thread at a time; the caller
 * frees *graph] */
LMH_API int32_t lmh_graph_build(const lmh_context* context, const lmh_graph_builder* builder,
                                const char* name, lmh_graph** graph, lmh_error** error);

/* Binds every call; all unknown kernels and names are one error. `options` may be NULL. [any
 * thread; the caller frees *plan] */
LMH_API int32_t lmh_plan_resolve(const lmh_context* context, const lmh_graph* graph,
                                 const lmh_plan_options* options, lmh_plan** plan,
                                 lmh_error** error);
/* [any thread] */
LMH_API void lmh_plan_free(lmh_plan* plan);

/* Fills *point with batch_size 1, seq_len 2048, cache_len 0 and the precision of the config.
 * REQUIRES: point->struct_size is set. [any thread; the caller's memory] */
LMH_API int32_t lmh_plan_point(const lmh_plan* plan, lmh_point* point, lmh_error** error);

/* The costs of the whole model at `count` points, in their order: microseconds each. The points lie
 * points->struct_size bytes apart. `options` may be NULL. [any thread; the caller's memory] */
LMH_API int32_t lmh_plan_totals(const lmh_plan* plan, const lmh_point* points, size_t count,
                                const lmh_run_options* options, lmh_costs* costs,
                                lmh_error** error);

/* Everything at one point. `options` may be NULL. [any thread; the caller frees *report] */
LMH_API int32_t lmh_plan_analyze(const lmh_plan* plan, const lmh_point* point,
                                 const lmh_run_options* options, lmh_report** report,
                                 lmh_error** error);
/* [any thread] */
LMH_API void lmh_report_free(lmh_report* report);

/* Nodes of the call tree in preorder; 0 is the root. [any thread] */
LMH_API size_t lmh_report_node_count(const lmh_report* report);
/* The costs of all executions of a node. [any thread; the caller's memory] */
LMH_API int32_t lmh_report_node_costs(const lmh_report* report, size_t node, lmh_costs* costs,
                                      lmh_error** error);
/* "model.layers.mlp"; "" for the root; NULL beyond the last. [any thread; freed by
 * lmh_string_free()] */
LMH_API char* lmh_report_node_path(const lmh_report* report, size_t node);
/* "torch.nn.Linear", or the composite that it calls; NULL beyond the last. [any thread; freed by
 * lmh_string_free()] */
LMH_API char* lmh_report_node_kernel(const lmh_report* report, size_t node);
/* Executions per execution of the parent, and in the whole analysis. [any thread; the caller's memory] */
LMH_API int32_t lmh_report_node_executions(const lmh_report* report, size_t node, lmh_number* count,
                                           lmh_number* times, lmh_error** error);
/* Where the numbers of a node come from: formula, values, plugin, line of the graph. `node` as
 * lmh_report_node_path(); `metric` "flops", "bytes_read", ...; NULL: all. [any thread; *text is freed by
 * lmh_string_free()] */
LMH_API int32_t lmh_report_explain(const lmh_report* report, const char* node, const char* metric,
                                   char** text, lmh_error** error);
/* The whole report in a format. [any thread; *text is freed by lmh_string_free()] */
LMH_API int32_t lmh_report_text(const lmh_report* report, int32_t format, char** text,
                                lmh_error** error);

/* Columns of costs over the grid of the axes, the last axis varying fastest: nanoseconds a point. The
 * axes lie axes->struct_size bytes apart, the columns likewise. `options` may be NULL. [any thread; the
 * caller frees *sweep; nothing of the arrays is kept] */
LMH_API int32_t lmh_plan_sweep(const lmh_plan* plan, const lmh_axis* axes, size_t axis_count,
                               const lmh_column* columns, size_t column_count,
                               const lmh_run_options* options, lmh_sweep** sweep,
                               lmh_error** error);
/* [any thread] */
LMH_API void lmh_sweep_free(lmh_sweep* sweep);
/* The product of the lengths of the axes. [any thread] */
LMH_API size_t lmh_sweep_points(const lmh_sweep* sweep);
/* That many cells; NULL when one of the column is a fraction or needs more than 64 bits, or when there
 * is no such column. [any thread; they live as long as the sweep] */
LMH_API const int64_t* lmh_sweep_cells(const lmh_sweep* sweep, size_t column);
/* Any cell. [any thread; the caller's memory] */
LMH_API int32_t lmh_sweep_number(const lmh_sweep* sweep, size_t column, size_t point,
                                 lmh_number* number, lmh_error** error);

/* Between a kernel and device memory, and what it materialises besides inputs and outputs; bytes. */
typedef struct lmh_memory {
  lmh_number bytes_read;
  lmh_number bytes_written;
  lmh_number intermediate_bytes;
} lmh_memory;

/* The registry: one kernel by any spelling of its name ("F.linear", "torch__nn__Linear", "Linear"),
 * and its cost for arguments like "M=2048, K=4096, N=4096, bytes=2": formulas without names, for the
 * kernel's parameters and the precision (w_bits, a_bits, kv_bits, index_bits or *_bytes; 16, 16, 16
 * and 64 bits unless given). A kernel whose formulas call others includes them.
 * lmh_compute_flops: FLOP. [any thread; the caller's memory] */
LMH_API int32_t lmh_compute_flops(const lmh_context* context, const char* kernel,
                                  const char* arguments, lmh_number* flops, lmh_error** error);
LMH_API int32_t lmh_compute_memory(const lmh_context* context, const char* kernel,
                                   const char* arguments, lmh_memory* memory, lmh_error** error);
/* Everything. [any thread; the caller's memory] */
LMH_API int32_t lmh_compute_costs(const lmh_context* context, const char* kernel,
                                  const char* arguments, lmh_costs* costs, lmh_error** error);
/* The parameters without which the kernel has no cost, one a line: "M\nK\nN"; "" when there are
 * none. [any thread; *names is freed by lmh_string_free()] */
LMH_API int32_t lmh_required_parameters(const lmh_context* context, const char* kernel,
                                        char** names, lmh_error** error);

/* All kernels by their canonical names, and all models of the installation: sorted, one a line. [any
 * thread; *names is freed by lmh_string_free()] */
LMH_API int32_t lmh_kernel_names(const lmh_context* context, char** names, lmh_error** error);
LMH_API int32_t lmh_model_names(const lmh_context* context, char** names, lmh_error** error);

/* Plugins that were loaded, refused or shadowed. [any thread] */
LMH_API size_t lmh_plugin_count(const lmh_context* context);
/* One of them. REQUIRES: info->struct_size is set. [any thread; the caller's memory, the strings live as
 * long as the context] */
LMH_API int32_t lmh_plugin_info_at(const lmh_context* context, size_t index, lmh_plugin_info* info,
                                   lmh_error** error);

/* [any thread] */
LMH_API void lmh_string_free(char* string);

/* How many things are wrong: at least 1. [any thread] */
LMH_API size_t lmh_error_count(const lmh_error* error);
/* Of one of them the code ("E101"), one sentence, and the place. NULL beyond the last. [any thread;
 * the strings live as long as the error] */
LMH_API const char* lmh_error_code(const lmh_error* error, size_t index);
LMH_API const char* lmh_error_message(const lmh_error* error, size_t index);
/* What to do next ("did you mean 'x'?"), the calls that lead to it ("Model > layers > mlp"), and the line
 * that the place is in; "" where there is none. */
LMH_API const char* lmh_error_hint(const lmh_error* error, size_t index);
LMH_API const char* lmh_error_context(const lmh_error* error, size_t index);
LMH_API const char* lmh_error_source_line(const lmh_error* error, size_t index);
LMH_API lmh_place lmh_error_place(const lmh_error* error, size_t index);
/* All of them as the command line prints them: the line quoted, the nearest name. [any thread; the
 * string lives as long as the error] */
LMH_API const char* lmh_error_text(const lmh_error* error);
/* [any thread] */
LMH_API void lmh_error_free(lmh_error* error);

#ifdef __cplusplus
}
#endif

#endif
