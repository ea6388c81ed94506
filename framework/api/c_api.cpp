// The C API: the public C++ API behind handles. No exception leaves a function of this file.
#include <cstring>

#include "api/c_calls.hpp"

namespace lmhost::v0 {
namespace {

static_assert(LMH_QUANTITY_COUNT == kQuantityCount);
static_assert(LMH_PARAMETERS == static_cast<int>(Quantity::kParameters));
static_assert(LMH_FUSED - 1 == static_cast<int>(Mode::kFused));

using V = RuntimeVariable;

Result<HostOptions> read_options(const lmh_context_options* from) {
  const Result<lmh_context_options> read = read_struct(from, "lmh_context_options");
  if (!read) return read.errors();
  HostOptions options;
  options.prefix = text_or(read->prefix);
  options.conventions = text_or(read->conventions, "lmhost");
  options.plugin_files = texts(read->plugins, read->plugin_count);
  options.plugin_directories = texts(read->directories, read->directory_count);
  options.static_plugins.assign(read->entries, read->entries + read->entry_count);
  options.default_plugins = read->no_default_plugins == 0;
  options.catalogs = texts(read->catalogs, read->catalog_count);
  options.use = texts(read->use, read->use_count);
  return options;
}

Result<PlanOptions> read_options(const lmh_plan_options* from) {
  const Result<lmh_plan_options> read = read_struct(from, "lmh_plan_options");
  if (!read) return read.errors();
  if (read->mode < LMH_MODE_DEFAULT || read->mode > LMH_FUSED)
    return misuse("lmh_plan_options.mode is " + std::to_string(read->mode),
                  "write LMH_EAGER, LMH_SDPA or LMH_FUSED");
  PlanOptions options;
  if (read->mode != LMH_MODE_DEFAULT) options.mode = static_cast<Mode>(read->mode - LMH_EAGER);
  options.config_file = text_or(read->config_file);
  options.config_text = text_or(read->config_text);
  options.set = texts(read->set, read->set_count);
  options.allow_unknown = read->allow_unknown != 0;
  return options;
}

Result<std::vector<Costs>> totals_of(const Plan& plan, const lmh_point* points, std::size_t count,
                                     const lmh_run_options* options) {
  const Result<lmh_run_options> run = read_struct(options, "lmh_run_options");
  if (!run) return run.errors();
  std::vector<RuntimePoint> list;
  list.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    Result<RuntimePoint> point = read_point(element(points, i));
    if (!point) return std::move(point).errors();
    list.push_back(*point);
  }
  return plan.totals(list, Watch(*run).run());
}

Result<Report> report_of(const Plan& plan, const lmh_point* at, const lmh_run_options* options) {
  const Result<lmh_run_options> run = read_struct(options, "lmh_run_options");
  if (!run) return run.errors();
  const Result<RuntimePoint> point = read_point(at);
  if (!point) return point.errors();
  Watch watch(*run);
  return plan.analyze(*point, watch.run());
}

}  // namespace
}  // namespace lmhost::v0

using namespace lmhost::v0;  // NOLINT: the functions below belong to no namespace

const char* lmh_version(void) { return lmhost::version().data(); }  // a view of a literal

const char* lmh_quantity_name(int32_t quantity) {
  if (quantity < 0 || quantity >= LMH_QUANTITY_COUNT) return nullptr;
  // A view of a literal.
  return lmhost::name_of(static_cast<lmhost::Quantity>(quantity)).data();
}

int32_t lmh_context_open(const lmh_context_options* options, lmh_context** context,
                         lmh_error** error) {
  if (context == nullptr) return refuse_null("lmh_context_open", error);
  return guarded(
      error,
      [&]() -> lmhost::Result<Host> {
        const lmhost::Result<HostOptions> read = read_options(options);
        if (!read) return read.errors();
        return Host::open(*read);
      },
      [&](Host host) { *context = new lmh_context{std::move(host)}; });
}

void lmh_context_free(lmh_context* context) { delete context; }

int32_t lmh_graph_load(const lmh_context* context, const char* model, lmh_graph** graph,
                       lmh_error** error) {
  if (context == nullptr || model == nullptr || graph == nullptr)
    return refuse_null("lmh_graph_load", error);
  return guarded(
      error, [&] { return context->value.load(model); },
      [&](Graph loaded) { *graph = new lmh_graph{std::move(loaded)}; });
}

int32_t lmh_graph_parse(const lmh_context* context, const char* text, size_t size, const char* name,
                        lmh_graph** graph, lmh_error** error) {
  if (context == nullptr || text == nullptr || graph == nullptr)
    return refuse_null("lmh_graph_parse", error);
  return guarded(
      error,
      [&] { return context->value.parse(std::string(text, size), text_or(name, "<memory>")); },
      [&](Graph parsed) { *graph = new lmh_graph{std::move(parsed)}; });
}

void lmh_graph_free(lmh_graph* graph) { delete graph; }

int32_t lmh_plan_resolve(const lmh_context* context, const lmh_graph* graph,
                         const lmh_plan_options* options, lmh_plan** plan, lmh_error** error) {
  if (context == nullptr || graph == nullptr || plan == nullptr)
    return refuse_null("lmh_plan_resolve", error);
  return guarded(
      error,
      [&]() -> lmhost::Result<Plan> {
        const lmhost::Result<PlanOptions> read = read_options(options);
        if (!read) return read.errors();
        return context->value.resolve(graph->value, *read);
      },
      [&](Plan resolved) { *plan = new lmh_plan{std::move(resolved)}; });
}

void lmh_plan_free(lmh_plan* plan) { delete plan; }

int32_t lmh_plan_point(const lmh_plan* plan, lmh_point* point, lmh_error** error) {
  if (plan == nullptr || point == nullptr) return refuse_null("lmh_plan_point", error);
  return guarded(
      error,
      [&]() -> lmhost::Result<lmh_point> {
        if (point->struct_size < sizeof(lmh_point))
          return misuse("lmh_point.struct_size is not set",
                        "write point.struct_size = sizeof point");
        const lmhost::RuntimePoint& from = plan->value.default_point();
        lmh_point filled = {};
        filled.struct_size = point->struct_size;
        filled.batch_size = from[V::kBatchSize].to_int64().value_or(0);
        filled.seq_len = from[V::kSeqLen].to_int64().value_or(0);
        filled.cache_len = from[V::kCacheLen].to_int64().value_or(0);
        filled.w_bits = from[V::kWeightBits].to_double();
        filled.a_bits = from[V::kActivationBits].to_double();
        filled.kv_bits = from[V::kKvBits].to_double();
        filled.index_bits = from[V::kIndexBits].to_double();
        return filled;
      },
      [&](const lmh_point& filled) { std::memcpy(point, &filled, sizeof filled); });
}

int32_t lmh_plan_totals(const lmh_plan* plan, const lmh_point* points, size_t count,
                        const lmh_run_options* options, lmh_costs* costs, lmh_error** error) {
  if (plan == nullptr || (count != 0 && (points == nullptr || costs == nullptr)))
    return refuse_null("lmh_plan_totals", error);
  return guarded(
      error, [&] { return totals_of(plan->value, points, count, options); },
      [&](const std::vector<lmhost::Costs>& totals) {
        for (std::size_t i = 0; i < count; ++i) costs[i] = to_c(totals[i]);
      });
}

int32_t lmh_plan_analyze(const lmh_plan* plan, const lmh_point* point,
                         const lmh_run_options* options, lmh_report** report, lmh_error** error) {
  if (plan == nullptr || point == nullptr || report == nullptr)
    return refuse_null("lmh_plan_analyze", error);
  return guarded(
      error, [&] { return report_of(plan->value, point, options); },
      [&](Report made) { *report = new lmh_report{std::move(made)}; });
}

void lmh_string_free(char* string) { delete[] string; }
