// Costs over a grid of runtime points: a column a question, a cell a point, every one exact.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lmhost/export.hpp"
#include "lmhost/quantity.hpp"
#include "lmhost/report.hpp"
#include "lmhost/runtime.hpp"

namespace lmhost {
LMHOST_VERSIONED_NAMESPACE {
  // What varies together, and the values it takes.
  struct SweepAxis {
    std::vector<RuntimeVariable>
        variables;  // {kBatchSize}; of a type {kWeightBits, kActivationBits}
    std::vector<Number> values;
  };

  // The sum of these quantities, of all executions of one node.
  struct SweepColumn {
    std::string node;  // ReportNode::path; "" for the whole model
    std::vector<Quantity> quantities;
  };

  // A value: cheap to copy, immutable, safe to read from any number of threads at once.
  class LMHOST_PUBLIC Sweep {
   public:
    std::size_t points() const;  // in the order of the grid: the last axis varies fastest
    std::size_t columns() const;
    // points() cells, for as long as the sweep lives; nullptr when one of them is a fraction or needs
    // more than 64 bits. REQUIRES: column < columns()
    const std::int64_t* whole(std::size_t column) const;
    // REQUIRES: column < columns(), point < points()
    Number at(std::size_t column, std::size_t point) const;

   private:
    friend class Plan;
    struct Data;
    explicit Sweep(std::shared_ptr<const Data> data) : data_(std::move(data)) {}
    std::shared_ptr<const Data> data_;
  };
}
}  // namespace lmhost
