#include "tools/lmhost/sweep_run.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <mutex>
#include <utility>

#include "report/units.hpp"
#include "tools/lmhost/output.hpp"

namespace lmhost::tool {
namespace {

// Long enough that threads pay, short enough that Ctrl-C and progress do not wait.
constexpr double kBatchSeconds = 0.1;
constexpr std::size_t kLargestBatch = std::size_t{1} << 20;
constexpr std::size_t kBlocksPerBatch = 32;

std::atomic<int> last_signal{0};
static_assert(std::atomic<int>::is_always_lock_free);

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string clock_text(double seconds) {
  if (!(seconds < 360000)) return "99:59:59";
  const auto whole = static_cast<long>(std::ceil(seconds));
  const auto two = [](long n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  return std::to_string(whole / 3600) + ":" + two(whole / 60 % 60) + ":" + two(whole % 60);
}

// The place of a point among the axes, under the errors of its analysis.
void name_point(const Sweep& sweep, GridFailure& failure) {
  const std::vector<std::size_t> place = sweep.place(failure.point);
  std::string text;
  for (std::size_t i = 0; i < place.size(); ++i)
    text += (i == 0 ? "" : ", ") + sweep.axes()[i].name + "=" + sweep.axes()[i].labels[place[i]];
  for (Diagnostic& error : failure.errors) error.message += " (at " + text + ")";
}

struct Part {
  std::string text;
  std::optional<GridFailure> failure;
};

}  // namespace

ProgressLine::ProgressLine(std::size_t total)
    : total_(total), on_terminal_(isatty(STDERR_FILENO) == 1), start_(now()) {}

ProgressLine::~ProgressLine() {
  if (shown_) write_standard_error("\r\x1b[K");
}

void ProgressLine::update(std::size_t done) {
  const double at = now(), passed = at - start_;
  if (!on_terminal_ || passed < 1 || at - last_ < 0.2 || done == 0) return;
  last_ = at;
  shown_ = true;
  const double rate = static_cast<double>(done) / passed;
  const double left = static_cast<double>(total_ - done) / rate;
  const auto grouped = [](std::size_t n) {
    return to_grouped_string(Number(static_cast<std::uint64_t>(n)));
  };
  write_standard_error("\r\x1b[Ksweep " + grouped(done) + "/" + grouped(total_) + "  " +
                       std::to_string(static_cast<int>(100.0 * static_cast<double>(done) /
                                                       static_cast<double>(total_))) +
                       "%  " + format_count(Number::inexact(rate)).substr(1) + " points/s  eta " +
                       clock_text(left));
}

Interruptible::Interruptible() {
  last_signal = 0;
  struct sigaction action = {};
  action.sa_handler = [](int number) { last_signal = number; };
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

Interruptible::~Interruptible() {
  ::signal(SIGINT, SIG_DFL);
  ::signal(SIGTERM, SIG_DFL);
}

int Interruptible::signal() { return last_signal; }

SweepRange shard_of(std::size_t size, std::size_t index, std::size_t count) {
  // 128 bits, since sizes may use all of 63.
  const auto part = [&](std::size_t i) {
    return static_cast<std::size_t>(static_cast<UInt128>(size) * i / count);
  };
  return {part(index - 1), part(index), index == 1};
}

Result<int> run_sweep(const Sweep& sweep, SweepRange range, unsigned threads, std::string header,
                      const FormatBlock& format, RowSink& sink) {
  const Interruptible interruptible;
  ProgressLine progress(range.end - range.first);
  std::mutex mutex;
  std::vector<std::unique_ptr<SweepBlock>> idle;  // one a thread, kept from batch to batch
  std::vector<Part> parts;
  std::size_t batch = 1024;
  for (std::size_t first = range.first; first < range.end;) {
    if (Interruptible::signal() != 0) return 128 + Interruptible::signal();
    const double start = now();
    const std::size_t count = std::min(batch, range.end - first);
    const std::size_t block_size = std::max<std::size_t>(64, count / kBlocksPerBatch);
    parts.assign((count + block_size - 1) / block_size, {});
    for_each_range(parts.size(), 1, Execution(threads), [&](std::size_t begin, std::size_t end) {
      std::unique_ptr<SweepBlock> block;
      {
        const std::lock_guard<std::mutex> lock(mutex);
        if (!idle.empty()) {
          block = std::move(idle.back());
          idle.pop_back();
        }
      }
      if (block == nullptr) block = std::make_unique<SweepBlock>();
      for (std::size_t i = begin; i < end; ++i) {
        const std::size_t at = first + i * block_size;
        const std::size_t length = std::min(block_size, first + count - at);
        parts[i].failure = sweep.evaluate(at, length, *block);
        format(*block, at, parts[i].failure ? parts[i].failure->point - at : length, parts[i].text);
      }
      const std::lock_guard<std::mutex> lock(mutex);
      idle.push_back(std::move(block));
    });
    for (Part& part : parts) {
      // The header comes with the first row: a sweep that fails there leaves an older file alone.
      if (!header.empty()) part.text.insert(0, part.text.empty() ? "" : std::exchange(header, {}));
      if (Result<bool> written = sink.write(part.text); !written)
        return std::move(written).errors();
      if (part.failure) {
        name_point(sweep, *part.failure);
        return std::move(part.failure->errors);
      }
    }
    first += count;
    progress.update(first - range.first);
    if (now() - start < kBatchSeconds / 2) batch = std::min(batch * 2, kLargestBatch);
    if (now() - start > kBatchSeconds * 2) batch = std::max<std::size_t>(64, batch / 2);
  }
  if (Result<bool> written = sink.write(header); !written) return std::move(written).errors();
  if (Result<bool> finished = sink.finish(); !finished) return std::move(finished).errors();
  return 0;
}

}  // namespace lmhost::tool
