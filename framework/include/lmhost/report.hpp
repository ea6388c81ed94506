// One analysis: the calls as a tree, every node with its costs, and the same as text.
//
// A value: cheap to copy, immutable, safe to read from any number of threads at once.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lmhost/export.hpp"
#include "lmhost/quantity.hpp"
#include "lmhost/result.hpp"
#include "lmhost/runtime.hpp"

// The objects of the API live in lmhost::v0, which programs see as lmhost: what a later version
// changes gets other symbols. Inside of the library the namespace is not inline, since its stages
// have types by the same words.
#if defined(LMHOST_INSIDE)
#define LMHOST_VERSIONED_NAMESPACE namespace v0
#else
#define LMHOST_VERSIONED_NAMESPACE inline namespace v0
#endif

namespace lmhost {
LMHOST_VERSIONED_NAMESPACE {
  enum class NodeKind { kAtomic, kComposite, kUnknown };

  struct ReportNode {
    std::string path;    // "model.layers.mlp"; "" for the root
    std::string name;    // "mlp"
    std::string kernel;  // "torch.nn.Linear"
    NodeKind kind = NodeKind::kAtomic;
    std::optional<std::size_t> parent;  // none for the root
    std::size_t depth = 0;
    Number count;  // executions per execution of the parent
    Number times;  // executions in the whole analysis
    Costs self;    // of all executions; zero for a composite, which is the sum of its calls
    Costs total;
  };

  struct PluginUse {
    std::string id;
    std::string version;
    std::string fingerprint;
    std::size_t kernels = 0;  // distinct ones that the analysis calls
  };

  // What the totals stand on.
  struct Coverage {
    Number calls;           // executions of kernels
    std::size_t sites = 0;  // calls in the tree
    std::vector<std::string> kernels;
    std::vector<PluginUse> plugins;
    std::vector<std::string> unknown;  // paths that cost nothing here: totals are a lower bound
    bool truncated = false;            // deeper nodes are missing; costs are whole
  };

  class LMHOST_PUBLIC Report {
   public:
    Costs totals() const;
    const RuntimePoint& point() const;
    Coverage coverage() const;

    // Nodes in preorder: 0 is the root, children follow their parent in order of execution.
    std::size_t size() const;
    ReportNode node(std::size_t index) const;  // REQUIRES: index < size()
    std::optional<std::size_t> find(const std::string& path) const;

    std::string to_json() const;        // lmhost.report/1
    std::string to_json_lines() const;  // an object a node
    std::string to_csv() const;         // a line a node
    std::string to_markdown() const;
    std::string to_text() const;  // the table that the command line prints, UTF-8 without colour
    // Where a number comes from: formula, values, plugin, graph line. `metric` as in the columns of
    // a report: "flops", "bytes_read"; empty: all. Errors: E602 no such node, E601 no such metric.
    Result<std::string> explain(const std::string& path, const std::string& metric = "") const;

   private:
    friend class Plan;
    struct Data;
    explicit Report(std::shared_ptr<const Data> data) : data_(std::move(data)) {}
    std::shared_ptr<const Data> data_;
  };
}
}  // namespace lmhost
