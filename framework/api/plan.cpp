// Plan of the public API: one set of formulas, asked at many points by many threads.
#include <algorithm>
#include <utility>

#include "aggregate/aggregate.hpp"
#include "aggregate/cost_tree.hpp"
#include "api/objects.hpp"
#include "base/codes.hpp"

namespace lmhost::v0 {
namespace {

// A question costs a microsecond or so: blocks of this many are worth handing out.
constexpr std::size_t kPointGrain = 64;

using V = RuntimeVariable;

bool is_length(const Number& number) { return number.is_integer() && !number.is_negative(); }
bool is_bits(const Number& number) {
  return number.is_exact() && !number.is_zero() && !number.is_negative();
}

}  // namespace

Diagnostics check_point(const RuntimePoint& point, const Config& config) {
  if (is_length(point[V::kBatchSize]) && is_length(point[V::kSeqLen]) &&
      is_length(point[V::kCacheLen]) && is_bits(point[V::kWeightBits]) &&
      is_bits(point[V::kActivationBits]) && is_bits(point[V::kKvBits]) &&
      is_bits(point[V::kIndexBits]))
    return {};
  Workload workload;
  workload.batch_size = point[V::kBatchSize];
  workload.seq_len = point[V::kSeqLen];
  workload.cache_len = point[V::kCacheLen];
  workload.w_bits = point[V::kWeightBits];
  workload.a_bits = point[V::kActivationBits];
  workload.kv_bits = point[V::kKvBits];
  workload.index_bits = point[V::kIndexBits];
  const Result<RuntimePoint> checked = lmhost::Host::runtime_point(workload, config);
  return checked.ok() ? Diagnostics() : checked.errors();
}

Plan::Data::Data(Analysis planned, std::string installation)
    : analysis(std::move(planned)),
      prefix(std::move(installation)),
      schedule(make_schedule(*analysis.plan)),
      program(*analysis.plan, schedule) {}

const RuntimePoint& Plan::default_point() const { return data_->analysis.point; }

const Diagnostics& Plan::unknown() const { return data_->analysis.plan->unknown; }

Result<Report> Plan::analyze(const RuntimePoint& point, const RunOptions& options) const {
  if (Diagnostics errors = check_point(point, *data_->analysis.config); !errors.empty())
    return errors;
  Analysis at_point = data_->analysis;
  at_point.point = point;
  Result<Analysis> analysis =
      lmhost::Host::evaluate(std::move(at_point), data_->schedule, Run(options).execution);
  if (!analysis) return std::move(analysis).errors();
  Summary summary = summarize(*analysis);
  return Report(std::make_shared<const Report::Data>(
      Report::Data{std::move(analysis).value(), std::move(summary), data_->prefix}));
}

Result<Costs> Plan::Data::totals(const RuntimePoint& point, TotalsProgram::Scratch& scratch) const {
  if (Diagnostics errors = check_point(point, *analysis.config); !errors.empty()) return errors;
  if (const std::optional<Costs> costs = program.evaluate(point, scratch)) return *costs;
  // The long way: too large for polynomials, or there is an error to describe.
  const Result<Evaluation> evaluation = evaluate_plan(*analysis.plan, schedule, point);
  if (!evaluation) return evaluation.errors();
  return costs_of(*analysis.plan, *evaluation, analysis.plan->root());
}

Result<Costs> Plan::totals(const RuntimePoint& point) const {
  ScratchPool::Scratch scratch = data_->pool.take();
  Result<Costs> costs = data_->totals(point, *scratch);
  data_->pool.give(std::move(scratch));
  return costs;
}

Result<std::vector<Costs>> Plan::totals(const std::vector<RuntimePoint>& points,
                                        const RunOptions& options) const {
  const Execution execution = Run(options).execution;
  std::vector<Costs> costs(points.size());
  std::mutex lock;  // guards first_failure and errors
  std::size_t first_failure = points.size();
  Diagnostics errors;
  const auto ask = [&](std::size_t begin, std::size_t end) {
    ScratchPool::Scratch scratch = data_->pool.take();
    for (std::size_t i = begin; i < end; ++i) {
      Result<Costs> answer = data_->totals(points[i], *scratch);
      if (answer.ok()) {
        costs[i] = *answer;
        continue;
      }
      const std::lock_guard guard(lock);
      if (i >= first_failure) continue;
      first_failure = i;
      errors = std::move(answer).errors();
    }
    data_->pool.give(std::move(scratch));
    if (execution.is_serial()) execution.report(end, points.size());
  };
  for_each_range(points.size(), kPointGrain, execution, ask);
  if (execution.is_cancelled()) return cancelled_error();
  if (!errors.empty()) return errors;
  if (!execution.is_serial()) execution.report(points.size(), points.size());
  return costs;
}

}  // namespace lmhost::v0
