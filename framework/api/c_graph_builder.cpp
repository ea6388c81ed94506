// Graphs made in memory, from C.
#include "api/c_calls.hpp"

struct lmh_graph_builder {
  lmhost::v0::GraphBuilder value;
};

namespace lmhost::v0 {
namespace {

Result<GraphCall> read_call(const lmh_graph_call* from) {
  const Result<lmh_graph_call> read = read_struct(from, "lmh_graph_call");
  if (!read) return read.errors();
  if (read->name == nullptr || read->kernel == nullptr)
    return misuse("lmh_graph_call has no name or no kernel");
  GraphCall call;
  call.name = read->name;
  call.kernel = read->kernel;
  for (std::size_t i = 0; i < read->binding_count; ++i)
    call.bindings.emplace_back(text_or(read->bindings[i].parameter),
                               text_or(read->bindings[i].formula));
  call.count = text_or(read->count);
  call.when = text_or(read->when);
  call.stored_count = text_or(read->stored_count);
  return call;
}

// Adds to the builder; nothing of it can fail but memory.
template <class Add>
int32_t add(lmh_error** error, Add add_it) {
  return guarded(
      error,
      [&]() -> Result<bool> {
        add_it();
        return true;
      },
      [](bool) {});
}

}  // namespace
}  // namespace lmhost::v0

using namespace lmhost::v0;  // NOLINT: the functions below belong to no namespace

int32_t lmh_graph_builder_new(const char* root, lmh_graph_builder** builder, lmh_error** error) {
  if (root == nullptr || builder == nullptr) return refuse_null("lmh_graph_builder_new", error);
  return add(error, [&] { *builder = new lmh_graph_builder{GraphBuilder(root)}; });
}

void lmh_graph_builder_free(lmh_graph_builder* builder) { delete builder; }

int32_t lmh_graph_builder_config(lmh_graph_builder* builder, const char* name, const char* json,
                                 lmh_error** error) {
  if (builder == nullptr || name == nullptr || json == nullptr)
    return refuse_null("lmh_graph_builder_config", error);
  return add(error, [&] { builder->value.config(name, GraphValue::from_json(json)); });
}

int32_t lmh_graph_builder_variable(lmh_graph_builder* builder, const char* name,
                                   const char* formula, lmh_error** error) {
  if (builder == nullptr || name == nullptr || formula == nullptr)
    return refuse_null("lmh_graph_builder_variable", error);
  return add(error, [&] { builder->value.variable(name, formula); });
}

int32_t lmh_graph_builder_composite(lmh_graph_builder* builder, const char* name,
                                    const char* const* parameters, size_t parameter_count,
                                    lmh_error** error) {
  if (builder == nullptr || name == nullptr || (parameters == nullptr && parameter_count != 0))
    return refuse_null("lmh_graph_builder_composite", error);
  return add(error, [&] { builder->value.composite(name, texts(parameters, parameter_count)); });
}

int32_t lmh_graph_builder_call(lmh_graph_builder* builder, const lmh_graph_call* call,
                               lmh_error** error) {
  if (builder == nullptr || call == nullptr) return refuse_null("lmh_graph_builder_call", error);
  return guarded(
      error, [&] { return read_call(call); },
      [&](GraphCall read) { builder->value.call(std::move(read)); });
}

int32_t lmh_graph_build(const lmh_context* context, const lmh_graph_builder* builder,
                        const char* name, lmh_graph** graph, lmh_error** error) {
  if (context == nullptr || builder == nullptr || graph == nullptr)
    return refuse_null("lmh_graph_build", error);
  return guarded(
      error, [&] { return context->value.build(builder->value, text_or(name, "<memory>")); },
      [&](Graph built) { *graph = new lmh_graph{std::move(built)}; });
}
