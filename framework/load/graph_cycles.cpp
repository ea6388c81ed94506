// Cycles among composites: a depth-first walk with an explicit stack, once per mode that differs.
#include <algorithm>
#include <string>
#include <vector>

#include "base/codes.hpp"
#include "load/graph_forms.hpp"

namespace lmhost {
namespace {

constexpr std::size_t kNamesShown = 12;  // of a long cycle; its middle is left out

struct Step {
  std::uint32_t composite;
  std::size_t next;  // to follow, into composite_calls
  std::size_t end;
};

Step step_into(const GraphBuilder& builder, std::uint32_t composite, Mode mode) {
  const CallRange range = builder.graph.composites[composite].calls_in(mode);
  const std::vector<std::uint32_t>& calls = builder.composite_calls;
  const auto first = std::lower_bound(calls.begin(), calls.end(), range.first);
  const auto end = std::lower_bound(first, calls.end(), range.first + range.count);
  return {composite, static_cast<std::size_t>(first - calls.begin()),
          static_cast<std::size_t>(end - calls.begin())};
}

// "cycle: A -> B -> A" for the path that the last call of the stack closes.
std::string describe(const Graph& graph, const std::vector<Step>& path, std::uint32_t closing) {
  const auto first = std::find_if(
      path.begin(), path.end(), [closing](const Step& step) { return step.composite == closing; });
  const auto size = static_cast<std::size_t>(path.end() - first);
  std::string text = "cycle: ";
  for (std::size_t i = 0; i < size; ++i) {
    if (size > kNamesShown && i == kNamesShown / 2) {
      text += "... (" + std::to_string(size - kNamesShown) + " more) -> ";
      i += size - kNamesShown;
    }
    text.append(graph.composites[(first + static_cast<std::ptrdiff_t>(i))->composite].name)
        .append(" -> ");
  }
  return text.append(graph.composites[closing].name);
}

class CycleFinder {
 public:
  explicit CycleFinder(GraphBuilder* builder)
      : builder_(*builder), reported_(builder->graph.calls.size()) {}

  void run(Mode mode) {
    const Graph& graph = builder_.graph;
    states_.assign(graph.composites.size(), State::kNew);
    for (std::uint32_t start = 0; start < graph.composites.size(); ++start)
      if (states_[start] == State::kNew) walk(start, mode);
  }

 private:
  enum class State : unsigned char { kNew, kOpen, kDone };

  void walk(std::uint32_t start, Mode mode) {
    const Graph& graph = builder_.graph;
    std::vector<Step> path = {step_into(builder_, start, mode)};
    states_[start] = State::kOpen;
    while (!path.empty()) {
      Step& top = path.back();
      if (top.next == top.end) {
        states_[top.composite] = State::kDone;
        path.pop_back();
        continue;
      }
      const std::uint32_t call = builder_.composite_calls[top.next++];
      const std::uint32_t child = graph.calls[call].composite;
      if (states_[child] == State::kDone) continue;
      if (states_[child] == State::kOpen) {
        report(path, call);
      } else {
        states_[child] = State::kOpen;
        path.push_back(step_into(builder_, child, mode));
      }
    }
  }

  void report(const std::vector<Step>& path, std::uint32_t index) {
    if (reported_[index] || builder_.is_enough()) return;
    reported_[index] = true;
    const Call& call = builder_.graph.calls[index];
    builder_.fail(error_at(*builder_.graph.source, call.kernel_offset, call.kernel.size() + 2,
                           codes::kCycle, describe(builder_.graph, path, call.composite)));
  }

  GraphBuilder& builder_;
  std::vector<State> states_;
  std::vector<bool> reported_;
};

}  // namespace

void find_cycles(GraphBuilder* builder) {
  bool has_sdpa = false, has_fused = false;
  for (const Composite& composite : builder->graph.composites) {
    has_sdpa = has_sdpa || composite.sdpa;
    has_fused = has_fused || composite.fused;
  }
  CycleFinder finder(builder);
  finder.run(Mode::kEager);
  if (has_sdpa) finder.run(Mode::kSdpa);
  if (has_fused) finder.run(Mode::kFused);
}

}  // namespace lmhost
