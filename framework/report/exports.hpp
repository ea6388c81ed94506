// An analysis in the forms of programs that people already look at costs with. Each is one small
// printer and returns the whole text (pprof: bytes).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aggregate/analysis.hpp"
#include "report/columns.hpp"
#include "report/layout.hpp"

namespace lmhost {

// One call of the tree as a stack frame: where it stands in the model's source.
struct Frame {
  std::string name;      // the call's; of the root its class
  std::string kernel;    // what it calls
  std::string file;      // of the composite that makes the call; of the root its own. May be empty
  std::size_t line = 0;  // the call's first line; 0: not known
  std::size_t start_line = 0;  // of that composite
};

// By node of the tree.
std::vector<Frame> frames_of(const Analysis& analysis);
// The calls that have costs of their own: atomic ones, and what a truncated tree ends with.
std::vector<std::uint32_t> leaves_of(const Analysis& analysis);
// From the root to the node.
std::vector<std::uint32_t> stack_of(const Analysis& analysis, std::uint32_t node);

// Halves away from zero: what formats of whole numbers hold of a fraction (4.125-bit weights).
Number rounded(const Number& value);

// "root;model;layers;mlp;gate_proj 5772436045824": flamegraph.pl, inferno and speedscope read it.
std::string write_folded(const Analysis& analysis, const Column& metric);
// https://www.speedscope.app/file-format-schema.json: one sampled profile for each of the metrics,
// the chosen one first.
std::string write_speedscope(const Analysis& analysis, const Column& metric);
// perftools.profiles.Profile (proto/profile.proto of google/pprof), gzipped: every metric is a value
// of each sample, the chosen one the default. Values are int64: a metric whose total is larger is in
// a unit of 1000, 1000^2, ... times as much, rounded, and a comment of the profile says so.
std::string write_pprof(const Analysis& analysis, const Column& metric);
// Modules as nodes with their costs, shaded by their share.
std::string write_dot(const Analysis& analysis, const Column& metric);
std::string write_mermaid(const Analysis& analysis, const Column& metric);

struct ExportKind {
  std::string_view name;
  std::string (*write)(const Analysis& analysis, const Column& metric);
  std::string_view doc;
};
std::span<const ExportKind> export_kinds();

// "folded:bytes_read=model.folded".
struct ExportRequest {
  const ExportKind* kind = nullptr;
  const Column* metric = nullptr;  // FLOPs when not named
  std::string path;                // "-": standard output
};
// Errors: E610 for an unknown kind, with the nearest; E601 for a metric or a missing file.
Result<ExportRequest> parse_export(std::string_view text);

}  // namespace lmhost
