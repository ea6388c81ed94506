/* The C API from C.
 *   c_api_test PREFIX       of the installation, or a build tree */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <lmhost/lmhost.h>

static int failures;

#define CHECK(condition)                                                      \
  do {                                                                        \
    if (!(condition)) {                                                       \
      fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition); \
      ++failures;                                                             \
    }                                                                         \
  } while (0)

/* Takes the error of a call that must have failed. */
static void check_error(lmh_error* error, const char* code, const char* part) {
  CHECK(error != NULL);
  if (error == NULL) return;
  CHECK(lmh_error_count(error) >= 1);
  if (strcmp(lmh_error_code(error, 0), code) != 0 || strstr(lmh_error_text(error), part) == NULL) {
    fprintf(stderr, "expected %s and '%s', not:\n%s", code, part, lmh_error_text(error));
    ++failures;
  }
  CHECK(lmh_error_code(error, lmh_error_count(error)) == NULL);
  CHECK(lmh_error_message(error, lmh_error_count(error)) == NULL);
  lmh_error_free(error);
}

static int32_t stop_at_once(void* user, size_t done, size_t total) {
  ++*(int*)user;
  CHECK(done <= total);
  return 1;
}

static void test_context(const char* prefix) {
  lmh_context* context = NULL;
  lmh_error* error = NULL;
  const char* files[] = {"/nowhere/x.so"};
  char catalog[4096];
  const char* catalogs[] = {catalog};
  const char* use[] = {"torch.mm=nowhere"};
  struct {
    lmh_context_options options;
    int32_t newer;
  } grown;
  lmh_context_options options = {0};

  CHECK(lmh_context_open(&options, &context, &error) == 2);
  check_error(error, "E601", "lmh_context_options.struct_size is not set");
  options.struct_size = sizeof options;
  options.prefix = prefix;
  options.plugins = files;
  options.plugin_count = 1;
  error = NULL;
  CHECK(lmh_context_open(&options, &context, &error) == 5);
  check_error(error, "E501", "/nowhere/x.so");
  CHECK(lmh_context_open(&options, &context, NULL) == 5);
  CHECK(context == NULL);

  /* A program of a later lmhost: a member that is set is refused, one that is zero is not. */
  memset(&grown, 0, sizeof grown);
  grown.options.struct_size = sizeof grown;
  grown.options.prefix = prefix;
  grown.newer = 1;
  error = NULL;
  CHECK(lmh_context_open(&grown.options, &context, &error) == 2);
  check_error(error, "E601", "a member that this library does not know");
  grown.newer = 0;
  CHECK(lmh_context_open(&grown.options, &context, NULL) == 0);
  lmh_context_free(context);

  /* And of an earlier one: a struct that ends before the last members. */
  context = NULL;
  options.struct_size = offsetof(lmh_context_options, plugins);
  CHECK(lmh_context_open(&options, &context, NULL) == 0);
  lmh_context_free(context);

  /* Kernels as data. */
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  options.prefix = prefix;
  options.catalogs = catalogs;
  options.catalog_count = 1;
  snprintf(catalog, sizeof catalog, "%s/share/lmhost/catalogs/kernels/norm.json", prefix);
  context = NULL;
  CHECK(lmh_context_open(&options, &context, NULL) == 0);
  lmh_context_free(context);
  catalogs[0] = "/nowhere/x.json";
  error = NULL;
  CHECK(lmh_context_open(&options, &context, &error) == 5);
  check_error(error, "E501", "/nowhere/x.json");

  /* No installation: an error at once. */
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  options.prefix = "/nonexistent";
  error = NULL;
  CHECK(lmh_context_open(&options, &context, &error) == 5);
  check_error(error, "E501", "/nonexistent: error: not an installation of lmhost");

  /* Whose a name is: a choice of a plugin that is not there does nothing, which is an error. */
  options.prefix = prefix;
  options.use = use;
  options.use_count = 1;
  error = NULL;
  CHECK(lmh_context_open(&options, &context, &error) == 2);
  check_error(error, "E601", "nowhere");
  use[0] = "torch.mm=matmul";
  context = NULL;
  CHECK(lmh_context_open(&options, &context, NULL) == 0);
  lmh_context_free(context);

  error = NULL;
  CHECK(lmh_context_open(NULL, NULL, &error) == 2);
  check_error(error, "E601", "lmh_context_open: a handle, text or output is NULL");
}

static void test_graphs(const lmh_context* context) {
  static const char kWrong[] =
      "{\"schema\": \"lmhost.graph/1\", \"root\": \"m.M\", \"kernels\": {\"m.M\": "
      "{\"sub_kernels\": [\n{\"name\": \"a\", \"kernel\": \"torch.nn.Liner\", \"bindings\": "
      "{}}]}}}";
  lmh_graph* graph = NULL;
  lmh_plan* plan = NULL;
  lmh_error* error = NULL;
  lmh_place place;
  lmh_plan_options options = {0};

  CHECK(lmh_graph_load(context, "llama-2-7c", &graph, &error) == 2);
  check_error(error, "E113", "did you mean 'llama-2-7b'?");
  error = NULL;
  CHECK(lmh_graph_load(NULL, "gpt2", &graph, &error) == 2);
  check_error(error, "E601", "NULL");
  error = NULL;
  CHECK(lmh_graph_parse(context, "{", 1, NULL, &graph, &error) == 3);
  check_error(error, "E102", "<memory>:1:2");
  error = NULL;
  CHECK(lmh_graph_parse(context, kWrong, sizeof kWrong - 1, "g.json", &graph, &error) == 0);
  CHECK(error == NULL);
  CHECK(lmh_plan_resolve(context, graph, NULL, &plan, &error) == 3);
  place = lmh_error_place(error, 0);
  CHECK(strcmp(place.file, "g.json") == 0);
  CHECK(place.line == 2 && place.column == 25);
  CHECK(strcmp(lmh_error_hint(error, 0), "did you mean 'torch.nn.Linear' (plugin matmul 1.0.0)?") ==
        0);
  CHECK(strcmp(lmh_error_context(error, 0), "M > a") == 0);
  CHECK(strcmp(lmh_error_source_line(error, 0),
               "{\"name\": \"a\", \"kernel\": \"torch.nn.Liner\", \"bindings\": {}}]}}}") == 0);
  CHECK(lmh_error_hint(error, 1) == NULL && lmh_error_context(error, 1) == NULL);
  CHECK(lmh_error_source_line(error, 1) == NULL);
  check_error(error, "E101", "did you mean 'torch.nn.Linear'");
  options.struct_size = sizeof options;
  options.allow_unknown = 1;
  CHECK(lmh_plan_resolve(context, graph, &options, &plan, NULL) == 0);
  lmh_plan_free(plan);
  options.mode = 7;
  error = NULL;
  CHECK(lmh_plan_resolve(context, graph, &options, &plan, &error) == 2);
  check_error(error, "E601", "lmh_plan_options.mode is 7");
  lmh_graph_free(graph);
}

/* A graph from the builder and the same from text: the same report, byte for byte. */
static void test_builder(const lmh_context* context) {
  static const char kText[] =
      "{\"schema\": \"lmhost.graph/1\", \"root\": \"m\", \"config\": {\"k\": 4}, \"variables\": "
      "{\"t\": \"seq_len\"}, \"kernels\": {\"m\": {\"parameters\": [], \"sub_kernels\": ["
      "{\"name\": \"b\", \"kernel\": \"m.B\", \"bindings\": {\"n\": \"5\"}, \"count\": \"2\"}]}, "
      "\"m.B\": {\"parameters\": [\"n\"], \"sub_kernels\": [{\"name\": \"fc\", \"kernel\": "
      "\"torch.nn.Linear\", \"bindings\": {\"M\": \"t\", \"K\": \"config.k\", \"N\": \"n\"}}]}}}";
  const lmh_graph_binding to_block[] = {{"n", "5"}};
  const lmh_graph_binding to_linear[] = {{"M", "t"}, {"K", "config.k"}, {"N", "n"}};
  const char* parameters[] = {"n"};
  lmh_graph_call call = {0};
  lmh_graph_builder* builder = NULL;
  lmh_graph* graphs[2] = {NULL, NULL};
  char* texts[2] = {NULL, NULL};
  lmh_error* error = NULL;
  lmh_number count, times;
  char* explained = NULL;
  char* kernel;
  int i;

  CHECK(lmh_graph_builder_new("m", &builder, NULL) == 0);
  CHECK(lmh_graph_builder_config(builder, "k", "4", NULL) == 0);
  CHECK(lmh_graph_builder_variable(builder, "t", "seq_len", NULL) == 0);
  CHECK(lmh_graph_builder_composite(builder, "m", NULL, 0, NULL) == 0);
  CHECK(lmh_graph_builder_call(builder, &call, &error) == 2);
  check_error(error, "E601", "lmh_graph_call.struct_size is not set");
  call.struct_size = sizeof call;
  error = NULL;
  CHECK(lmh_graph_builder_call(builder, &call, &error) == 2);
  check_error(error, "E601", "lmh_graph_call has no name or no kernel");
  call.name = "b";
  call.kernel = "m.B";
  call.bindings = to_block;
  call.binding_count = 1;
  call.count = "2";
  CHECK(lmh_graph_builder_call(builder, &call, NULL) == 0);
  CHECK(lmh_graph_builder_composite(builder, "m.B", parameters, 1, NULL) == 0);
  call.name = "fc";
  call.kernel = "torch.nn.Linear";
  call.bindings = to_linear;
  call.binding_count = 3;
  call.count = NULL;
  CHECK(lmh_graph_builder_call(builder, &call, NULL) == 0);
  CHECK(lmh_graph_build(context, builder, NULL, &graphs[0], NULL) == 0);
  CHECK(lmh_graph_parse(context, kText, sizeof kText - 1, NULL, &graphs[1], NULL) == 0);
  for (i = 0; i < 2; ++i) {
    lmh_plan* plan = NULL;
    lmh_report* report = NULL;
    lmh_point point = {0};
    point.struct_size = sizeof point;
    CHECK(lmh_plan_resolve(context, graphs[i], NULL, &plan, NULL) == 0);
    CHECK(lmh_plan_point(plan, &point, NULL) == 0);
    CHECK(lmh_plan_analyze(plan, &point, NULL, &report, NULL) == 0);
    CHECK(lmh_report_text(report, LMH_TEXT, &texts[i], NULL) == 0);
    kernel = lmh_report_node_kernel(report, 1);
    CHECK(kernel != NULL && strcmp(kernel, "m.B") == 0);
    lmh_string_free(kernel);
    CHECK(lmh_report_node_kernel(report, 3) == NULL);
    CHECK(lmh_report_node_executions(report, 2, &count, &times, NULL) == 0);
    CHECK(count.low == 1 && times.low == 2);
    error = NULL;
    CHECK(lmh_report_node_executions(report, 3, &count, &times, &error) == 2);
    check_error(error, "E601", "there is no node 3");
    CHECK(lmh_report_explain(report, "b.fc", "flops", &explained, NULL) == 0);
    CHECK(strstr(explained, "2*M*K*N") != NULL);
    lmh_string_free(explained);
    explained = NULL;
    error = NULL;
    CHECK(lmh_report_explain(report, "b.fd", NULL, &explained, &error) == 2);
    check_error(error, "E602", "b.fd");
    CHECK(explained == NULL);
    lmh_report_free(report);
    lmh_plan_free(plan);
    lmh_graph_free(graphs[i]);
  }
  CHECK(strcmp(texts[0], texts[1]) == 0);
  for (i = 0; i < 2; ++i) lmh_string_free(texts[i]);

  /* A value must not close the object that it is in; and places name the call. */
  CHECK(lmh_graph_builder_config(builder, "x", "1}, \"root\": \"y", NULL) == 0);
  error = NULL;
  CHECK(lmh_graph_build(context, builder, "mine", &graphs[0], &error) == 3);
  check_error(error, "E102", "mine: config 'x':1:2");
  lmh_graph_builder_free(builder);
  CHECK(lmh_graph_builder_new("m", &builder, NULL) == 0);
  CHECK(lmh_graph_builder_composite(builder, "m", NULL, 0, NULL) == 0);
  call.count = "2*";
  CHECK(lmh_graph_builder_call(builder, &call, NULL) == 0);
  error = NULL;
  CHECK(lmh_graph_build(context, builder, NULL, &graphs[0], &error) == 3);
  check_error(error, "E201", "<memory>: call 'fc' of 'm':1:");
  error = NULL;
  CHECK(lmh_graph_builder_call(NULL, &call, &error) == 2);
  check_error(error, "E601", "lmh_graph_builder_call: a handle, text or output is NULL");
  lmh_graph_builder_free(builder);
}

static void test_lists(const lmh_context* context) {
  lmh_plugin_info info = {0};
  lmh_error* error = NULL;
  char* names = NULL;
  size_t i, loaded = 0;

  CHECK(lmh_kernel_names(context, &names, NULL) == 0);
  CHECK(strstr(names, "\ntorch.mm\n") != NULL);
  lmh_string_free(names);
  CHECK(lmh_model_names(context, &names, NULL) == 0);
  CHECK(strstr(names, "llama-2-7b") != NULL && names[strlen(names) - 1] != '\n');
  lmh_string_free(names);
  CHECK(lmh_plugin_count(context) > 0 && lmh_plugin_count(NULL) == 0);
  CHECK(lmh_plugin_info_at(context, 0, &info, &error) == 2);
  check_error(error, "E601", "lmh_plugin_info.struct_size is not set");
  info.struct_size = sizeof info;
  for (i = 0; i < lmh_plugin_count(context); ++i) {
    CHECK(lmh_plugin_info_at(context, i, &info, NULL) == 0);
    if (strcmp(info.id, "matmul") != 0) continue;
    ++loaded;
    CHECK(info.state == LMH_PLUGIN_LOADED && strchr(info.version, '.') != NULL);
    CHECK(strstr(info.path, "/matmul.so") != NULL && strlen(info.fingerprint) == 64);
    CHECK(info.reason[0] == 0);
  }
  CHECK(loaded == 1);
  error = NULL;
  CHECK(lmh_plugin_info_at(context, i, &info, &error) == 2);
  check_error(error, "E601", "there is no plugin");
}

static void test_texts(const lmh_report* report) {
  static const char* const kParts[] = {"coverage", "\"schema\":\"lmhost.report/1\"", "{\"", "path,",
                                       "| "};
  lmh_error* error = NULL;
  char* text = NULL;
  for (int32_t format = LMH_TEXT; format <= LMH_MARKDOWN; ++format) {
    CHECK(lmh_report_text(report, format, &text, NULL) == 0);
    CHECK(strstr(text, kParts[format]) != NULL);
    lmh_string_free(text);
    text = NULL;
  }
  CHECK(lmh_report_text(report, 9, &text, &error) == 2);
  check_error(error, "E601", "there is no format 9");
  CHECK(text == NULL);
}

static void test_plan(const lmh_context* context) {
  lmh_graph* graph = NULL;
  lmh_plan* plan = NULL;
  lmh_report* report = NULL;
  lmh_error* error = NULL;
  lmh_point points[2] = {{0}, {0}};
  lmh_costs costs[2], node;
  lmh_run_options run = {0};
  lmh_plan_options options = {0};
  const char* set[] = {"num_hidden_layers=2"};
  int32_t cancelled = 1;
  int calls = 0;
  char* path;

  CHECK(lmh_graph_load(context, "llama-2-7b", &graph, NULL) == 0);
  options.struct_size = sizeof options;
  options.set = set;
  options.set_count = 1;
  options.mode = LMH_EAGER;
  CHECK(lmh_plan_resolve(context, graph, &options, &plan, NULL) == 0);
  CHECK(lmh_plan_point(plan, &points[0], &error) == 2);
  check_error(error, "E601", "struct_size is not set");
  lmh_plan_free(plan);
  CHECK(lmh_plan_resolve(context, graph, NULL, &plan, NULL) == 0);
  points[0].struct_size = sizeof points[0];
  CHECK(lmh_plan_point(plan, &points[0], NULL) == 0);
  CHECK(points[0].batch_size == 1 && points[0].seq_len == 2048 && points[0].cache_len == 0);
  CHECK(points[0].w_bits == 16 && points[0].index_bits == 64);
  lmh_graph_free(graph);

  points[1] = points[0];
  points[1].kv_bits = 4.125;
  CHECK(lmh_plan_totals(plan, points, 2, NULL, costs, NULL) == 0);
  CHECK(costs[0].values[LMH_PARAMETERS].low == 6738415616u);
  CHECK(costs[0].values[LMH_PARAMETERS].high == 0);
  CHECK(costs[0].values[LMH_PARAMETERS].denominator == 1);
  CHECK(costs[1].values[LMH_STORED_BYTES_KV_CACHE].value ==
        costs[0].values[LMH_STORED_BYTES_KV_CACHE].value * 4.125 / 16);
  CHECK(lmh_plan_totals(plan, NULL, 0, NULL, NULL, NULL) == 0);

  CHECK(lmh_plan_analyze(plan, &points[0], NULL, &report, NULL) == 0);
  CHECK(lmh_report_node_count(report) > 10);
  CHECK(lmh_report_node_costs(report, 0, &node, NULL) == 0);
  CHECK(memcmp(&node, &costs[0], sizeof node) == 0);
  path = lmh_report_node_path(report, 1);
  CHECK(path != NULL && strcmp(path, "model") == 0);
  lmh_string_free(path);
  CHECK(lmh_report_node_path(report, lmh_report_node_count(report)) == NULL);
  error = NULL;
  CHECK(lmh_report_node_costs(report, 1000000, &node, &error) == 2);
  check_error(error, "E601", "there is no node 1000000");
  test_texts(report);
  lmh_report_free(report);

  points[1].seq_len = -1;
  error = NULL;
  CHECK(lmh_plan_totals(plan, points, 2, NULL, costs, &error) == 2);
  check_error(error, "E601", "seq_len must be a whole number >= 0, not -1");
  points[1] = points[0];
  points[1].kv_bits = (double)NAN;
  error = NULL;
  CHECK(lmh_plan_analyze(plan, &points[1], NULL, &report, &error) == 2);
  check_error(error, "E601", "kv_bits must be an exact number above 0");

  run.struct_size = sizeof run;
  run.progress = stop_at_once;
  run.user = &calls;
  error = NULL;
  CHECK(lmh_plan_analyze(plan, &points[0], &run, &report, &error) == 2);
  check_error(error, "E603", "the caller cancelled the analysis");
  CHECK(calls == 1);
  run.progress = NULL;
  run.cancelled = &cancelled;
  CHECK(lmh_plan_totals(plan, points, 1, &run, costs, NULL) == 2);
  cancelled = 0;
  run.threads = 2;
  CHECK(lmh_plan_totals(plan, points, 1, &run, costs, NULL) == 0);
  lmh_plan_free(plan);
}

/* One kernel by name: 2*2*3*4 FLOP; (2*3 + 3*4) elements of 2 bytes read, 2*4 written. */
static void test_registry(const lmh_context* context) {
  static const char* const kNames[] = {"torch.mm", "torch__mm", "mm", "torch_mm"};
  lmh_error* error = NULL;
  lmh_number flops = {0};
  lmh_memory memory = {{0}, {0}, {0}};
  lmh_costs costs;
  char* names = NULL;
  size_t i;

  for (i = 0; i < sizeof kNames / sizeof kNames[0]; ++i) {
    CHECK(lmh_compute_flops(context, kNames[i], "M=2, K=3, N=2*2", &flops, NULL) == 0);
    CHECK(flops.high == 0 && flops.low == 48 && flops.denominator == 1 && flops.value == 48.0);
  }
  CHECK(lmh_compute_memory(context, "mm", "M=2, K=3, N=4, bytes=2", &memory, NULL) == 0);
  CHECK(memory.bytes_read.low == 36 && memory.bytes_written.low == 16);
  CHECK(memory.intermediate_bytes.low == 0);
  CHECK(lmh_compute_costs(context, "mm", "M=2, K=3, N=4", &costs, NULL) == 0);
  CHECK(costs.values[LMH_MATMUL_FLOPS].low == 48);
  CHECK(lmh_compute_flops(context, "einsum", "equation='ij,jk->ik', i=2, j=3, k=4", &flops, NULL) ==
        0);
  CHECK(flops.low == 48);
  CHECK(lmh_required_parameters(context, "mm", &names, NULL) == 0);
  CHECK(strcmp(names, "M\nK\nN") == 0);
  lmh_string_free(names);

  CHECK(lmh_compute_flops(context, "torch.nm", "M=1", &flops, &error) == 2);
  check_error(error, "E101", "did you mean 'torch.mm'");
  error = NULL;
  CHECK(lmh_compute_flops(context, "mm", "M=1, K=2", &flops, &error) == 3);
  check_error(error, "E302", "parameter 'N' of 'torch.mm' is not bound");
  CHECK(flops.low == 48);
  error = NULL;
  CHECK(lmh_compute_flops(context, "mm", "M=1, K", &flops, &error) != 0);
  CHECK(error != NULL);
  lmh_error_free(error);
  error = NULL;
  CHECK(lmh_compute_memory(context, NULL, "M=1", &memory, &error) == 2);
  check_error(error, "E601", "lmh_compute_memory: a handle, text or output is NULL");
  error = NULL;
  CHECK(lmh_required_parameters(NULL, "mm", &names, &error) == 2);
  check_error(error, "E601", "lmh_required_parameters: a handle");
}

/* A sweep is as many analyses. */
static void test_sweep(const lmh_context* context) {
  lmh_graph* graph = NULL;
  lmh_plan* plan = NULL;
  lmh_sweep* sweep = NULL;
  lmh_error* error = NULL;
  lmh_point point = {0};
  lmh_costs costs;
  lmh_number number;
  size_t i;
  const double batches[] = {1, 3}, lengths[] = {1, 7, 129790}, bits[] = {8, 4.125};
  lmh_axis axes[] = {{sizeof(lmh_axis), "batch_size", batches, 2},
                     {sizeof(lmh_axis), "seq_len", lengths, 3}};
  lmh_axis precision = {sizeof(lmh_axis), "w_bits, a_bits", bits, 2};
  lmh_column columns[] = {{sizeof(lmh_column), NULL, "flops"},
                          {sizeof(lmh_column), "model.layers.mlp", "bytes_read_weight"}};

  CHECK(lmh_graph_load(context, "llama-2-7b", &graph, NULL) == 0);
  CHECK(lmh_plan_resolve(context, graph, NULL, &plan, NULL) == 0);
  CHECK(lmh_plan_sweep(plan, axes, 2, columns, 2, NULL, &sweep, NULL) == 0);
  CHECK(lmh_sweep_points(sweep) == 6);
  CHECK(lmh_sweep_cells(sweep, 0) != NULL && lmh_sweep_cells(sweep, 2) == NULL);
  point.struct_size = sizeof point;
  CHECK(lmh_plan_point(plan, &point, NULL) == 0);
  for (i = 0; i < 6; ++i) {
    point.batch_size = (int64_t)batches[i / 3];
    point.seq_len = (int64_t)lengths[i % 3];
    CHECK(lmh_plan_totals(plan, &point, 1, NULL, &costs, NULL) == 0);
    CHECK(lmh_sweep_cells(sweep, 0)[i] == (int64_t)costs.values[LMH_FLOPS].low);
    CHECK(lmh_sweep_number(sweep, 0, i, &number, NULL) == 0);
    CHECK(memcmp(&number, &costs.values[LMH_FLOPS], sizeof number) == 0);
    /* Three matrices of 4096 x 11008 in 32 layers, 2 bytes each. */
    CHECK(lmh_sweep_cells(sweep, 1)[i] == INT64_C(2) * 32 * 3 * 4096 * 11008);
  }
  CHECK(lmh_sweep_number(sweep, 0, 6, &number, &error) == 2);
  check_error(error, "E601", "no cell at column 0, point 6");
  lmh_sweep_free(sweep);

  /* Both precisions at once. */
  sweep = NULL;
  CHECK(lmh_plan_sweep(plan, &precision, 1, columns + 1, 1, NULL, &sweep, NULL) == 0);
  CHECK(lmh_sweep_cells(sweep, 0)[0] == INT64_C(32) * 3 * 4096 * 11008);
  lmh_sweep_free(sweep);

  sweep = NULL;
  axes[0].variables = "batch";
  error = NULL;
  CHECK(lmh_plan_sweep(plan, axes, 2, columns, 2, NULL, &sweep, &error) == 2);
  check_error(error, "E604", "'batch', which is no runtime variable");
  axes[0].variables = "batch_size";
  columns[0].quantity = "flop_count";
  error = NULL;
  CHECK(lmh_plan_sweep(plan, axes, 2, columns, 2, NULL, &sweep, &error) == 2);
  check_error(error, "E601", "flop_count");
  columns[0].quantity = "intensity";
  error = NULL;
  CHECK(lmh_plan_sweep(plan, axes, 2, columns, 2, NULL, &sweep, &error) == 2);
  check_error(error, "E601", "no sum of quantities");
  axes[1].struct_size = 0;
  columns[0].quantity = "flops";
  error = NULL;
  CHECK(lmh_plan_sweep(plan, axes, 2, columns, 2, NULL, &sweep, &error) == 2);
  check_error(error, "E601", "lmh_axis.struct_size is not set");
  error = NULL;
  CHECK(lmh_plan_sweep(NULL, axes, 2, columns, 2, NULL, &sweep, &error) == 2);
  check_error(error, "E601", "lmh_plan_sweep: a handle, text or output is NULL");
  CHECK(sweep == NULL);
  lmh_plan_free(plan);
  lmh_graph_free(graph);
}

int main(int count, char** arguments) {
  lmh_context* context = NULL;
  lmh_context_options options = {0};
  if (count != 2) return 2;
  CHECK(strchr(lmh_version(), '.') != NULL);
  CHECK(strcmp(lmh_quantity_name(LMH_FLOPS), "flops") == 0);
  CHECK(strcmp(lmh_quantity_name(LMH_PARAMETERS), "parameters") == 0);
  CHECK(lmh_quantity_name(LMH_QUANTITY_COUNT) == NULL && lmh_quantity_name(-1) == NULL);
  test_context(arguments[1]);
  options.struct_size = sizeof options;
  options.prefix = arguments[1];
  CHECK(lmh_context_open(&options, &context, NULL) == 0);
  test_graphs(context);
  test_builder(context);
  test_lists(context);
  test_plan(context);
  test_registry(context);
  test_sweep(context);
  lmh_context_free(context);
  lmh_context_free(NULL);
  lmh_graph_free(NULL);
  lmh_graph_builder_free(NULL);
  lmh_plan_free(NULL);
  lmh_report_free(NULL);
  lmh_sweep_free(NULL);
  lmh_error_free(NULL);
  lmh_string_free(NULL);
  return failures == 0 ? 0 : 1;
}
