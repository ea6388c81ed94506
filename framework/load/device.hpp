// A device as the catalogue describes it: lmhost.hardware/1 (catalogs/schemas/hardware.schema.json).
//
// Peaks are FLOP/s (of integer types operations/s), bandwidths B/s, capacities bytes; all exact, in
// units of one. Every value says what it is: of which type, accumulated in what, dense or sparse,
// nominal or measured, and where it comes from.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "lmhost/number.hpp"

namespace lmhost {

enum class ComputeType : std::uint8_t {
  kFp64,
  kFp32,
  kTf32,
  kBf16,
  kFp16,
  kFp8,
  kInt8,
  kFp4,
  kInt4
};
inline constexpr std::size_t kComputeTypeCount = 9;
std::string_view name_of(ComputeType type);  // "bf16"
std::optional<ComputeType> compute_type_named(std::string_view name);

// What stands behind a figure.
struct FigureTag {
  bool is_measured = false;  // else nominal: what the vendor states
  bool is_verified = true;   // false: of one third party, or two that disagree
  std::string source;        // the document or page
  std::string retrieved;     // "2026-08-21", "2026-08"; or the state of a document
  std::string note;          // a derivation, what else is said
};

struct Peak : FigureTag {
  Number per_second;
  ComputeType type = ComputeType::kBf16;
  std::string accumulate;  // "fp32", "fp16", "int32"; "" when nobody says
  bool is_sparse = false;
  bool is_vector = false;  // not the matrix units
};

struct Bandwidth : FigureTag {
  Number bytes_per_second;
  std::string name;                // of a link: "NVLink"; of memory: "HBM3"
  bool is_both_directions = true;  // the sum of both directions, else each
};

struct Capacity : FigureTag {
  Number bytes;
  std::string name;  // of on-chip memory: "L2"
};

struct Device {
  std::string name;   // "h100-sxm"
  std::string title;  // "NVIDIA H100 SXM5 80 GB"
  std::string vendor;
  std::string kind;  // "gpu", "tpu", "accelerator", "cpu"
  std::string doc;
  std::vector<std::string> aliases;
  std::vector<Peak> peaks;
  std::vector<Bandwidth> memory;  // nominal first
  std::vector<Bandwidth> links;   // between devices, and to the host
  std::vector<Capacity> on_chip;
  std::optional<Capacity> capacity_nominal;  // as marketed
  std::optional<Capacity> capacity_usable;   // what software is given
  std::string file;  // what it was read from; empty for one that options describe

  // The nominal dense peak of a type: accumulated in fp32 or int32, as PyTorch does unless told
  // otherwise, where several accumulators are listed. nullptr: none.
  const Peak* peak(ComputeType type, bool is_vector) const;
  const Bandwidth* bandwidth() const;  // nominal; nullptr when nobody says
  const Capacity* capacity() const;    // usable, else nominal; nullptr for memory of the host
};

// Reads one file. All errors of it are reported together.
Result<Device> read_device(const std::string& path);
Result<Device> read_device(std::shared_ptr<const SourceText> source);

// A path (it has a '/' or ends in .json), or a name or alias in <prefix>/share/lmhost/catalogs/
// hardware; case and '_' for '-' do not matter. Unknown: E122 with the nearest names.
Result<Device> load_device(const std::string& name_or_file, const std::string& prefix);

// All of <prefix>/share/lmhost/catalogs/hardware, by name. A file that is wrong is an error, and so
// is a name that two devices claim [E123].
Result<std::vector<Device>> load_devices(const std::string& prefix);

}  // namespace lmhost
