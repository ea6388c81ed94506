/* What one step of a model costs, from C.
 *   totals [MODEL] */
#include <inttypes.h>
#include <stdio.h>

#include <lmhost/lmhost.h>

static int fail(lmh_error* error) {
  fputs(lmh_error_text(error), stderr);
  lmh_error_free(error);
  return 1;
}

int main(int count, char** arguments) {
  lmh_error* error = NULL;
  lmh_context* context = NULL;
  lmh_graph* graph = NULL;
  lmh_plan* plan = NULL;
  lmh_point point = {.struct_size = sizeof point};
  lmh_costs costs;
  int failed = 1;

  if (lmh_context_open(NULL, &context, &error) ||
      lmh_graph_load(context, count > 1 ? arguments[1] : "llama-2-7b", &graph, &error) ||
      lmh_plan_resolve(context, graph, NULL, &plan, &error) ||
      lmh_plan_point(plan, &point, &error)) {
    fail(error);
  } else {
    point.batch_size = 8;
    point.seq_len = 1;
    point.cache_len = 4096;
    if (lmh_plan_totals(plan, &point, 1, NULL, &costs, &error)) {
      fail(error);
    } else {
      for (int32_t i = 0; i < LMH_QUANTITY_COUNT; ++i)
        if (costs.values[i].low != 0)
          printf("%-26s %20" PRIu64 "\n", lmh_quantity_name(i), costs.values[i].low);
      failed = 0;
    }
  }
  lmh_plan_free(plan);
  lmh_graph_free(graph);
  lmh_context_free(context);
  return failed;
}
