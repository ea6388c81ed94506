// Reads lmhost.hardware/1: every key known, every figure tagged, all errors of a file at once.
#include "load/device.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <utility>

#include "base/codes.hpp"
#include "load/json.hpp"
#include "load/text_file.hpp"

namespace lmhost {
namespace {

constexpr std::string_view kSchema = "lmhost.hardware/1";
constexpr std::array<std::string_view, kComputeTypeCount> kTypes = {
    "fp64", "fp32", "tf32", "bf16", "fp16", "fp8", "int8", "fp4", "int4"};

using Keys = std::span<const std::string_view>;

constexpr std::string_view kDeviceKeys[] = {"schema", "name",    "title",  "vendor",
                                            "kind",   "aliases", "doc",    "peaks",
                                            "memory", "links",   "on_chip"};
constexpr std::string_view kMemoryKeys[] = {"bandwidth", "capacity_nominal", "capacity_usable"};
constexpr std::string_view kPeakKeys[] = {"dtype",      "accumulate", "sparsity", "units",
                                          "per_second", "kind",       "source",   "retrieved",
                                          "verified",   "note"};
constexpr std::string_view kBandwidthKeys[] = {"name",   "direction", "bytes_per_second", "kind",
                                               "source", "retrieved", "verified",         "note"};
constexpr std::string_view kCapacityKeys[] = {"name",      "bytes",    "kind", "source",
                                              "retrieved", "verified", "note"};
constexpr std::string_view kDeviceKinds[] = {"gpu", "tpu", "accelerator", "cpu"};
constexpr std::string_view kAccumulators[] = {"fp32", "fp16", "int32"};
constexpr std::string_view kSparsities[] = {"dense", "sparse"};
constexpr std::string_view kUnits[] = {"matrix", "vector"};
constexpr std::string_view kDirections[] = {"both", "each"};
constexpr std::string_view kFigureKinds[] = {"nominal", "measured"};

class DeviceReader {
 public:
  Result<Device> read(JsonValue root) {
    if (!expect(root, JsonKind::kObject, "a device")) return std::move(errors_);
    const JsonValue schema = root.find("schema");
    if (!schema.exists() || !schema.is(JsonKind::kString) || schema.string() != kSchema) {
      errors_.push_back(
          error_at(schema.exists() ? schema : root, codes::kUnknownSchema,
                   "not a device: \"schema\" must be \"" + std::string(kSchema) + "\""));
      return std::move(errors_);
    }
    check_keys(root, kDeviceKeys, {});
    device_.name = text(root, "name", true);
    device_.title = text(root, "title", true);
    device_.vendor = text(root, "vendor", true);
    device_.kind = choice(root, "kind", kDeviceKinds, true);
    device_.doc = text(root, "doc", false);
    for (const JsonValue alias : elements(root, "aliases", true))
      if (expect(alias, JsonKind::kString, "an alias"))
        device_.aliases.emplace_back(alias.string());
    for (const JsonValue peak : elements(root, "peaks", true)) read_peak(peak);
    for (const JsonValue link : elements(root, "links", false)) read_bandwidth(link, device_.links);
    for (const JsonValue memory : elements(root, "on_chip", false))
      if (std::optional<Capacity> capacity = read_capacity(memory, true))
        device_.on_chip.push_back(std::move(*capacity));
    read_memory(root);
    if (!errors_.empty()) return std::move(errors_);
    return std::move(device_);
  }

 private:
  bool expect(JsonValue value, JsonKind kind, const std::string& what) {
    if (value.is(kind)) return true;
    JsonKind needed = kind;
    errors_.push_back(error_at(value, codes::kWrongType,
                               what + " must be " + std::string(name_of(needed)) + ", not " +
                                   std::string(name_of(value.kind()))));
    return false;
  }

  void check_keys(JsonValue object, Keys known, Keys required) {
    for (const JsonMember member : object.members())
      if (std::find(known.begin(), known.end(), member.key()) == known.end())
        errors_.push_back(error_at(member.name, codes::kUnknownKey,
                                   "unknown key " + quoted(member.key()),
                                   did_you_mean(member.key(), known)));
    for (const std::string_view key : required) member_of(object, key, true);
  }

  // The member, or one that does not exist; that is an error where it is required.
  JsonValue member_of(JsonValue object, std::string_view key, bool is_required) {
    const JsonValue value = object.find(key);
    if (!value.exists() && is_required)
      errors_.push_back(error_at(object, codes::kMissingKey, "missing key " + quoted(key)));
    return value;
  }

  std::string text(JsonValue object, std::string_view key, bool is_required) {
    const JsonValue value = member_of(object, key, is_required);
    if (!value.exists() || !expect(value, JsonKind::kString, quoted(key))) return {};
    if (value.string().empty())
      errors_.push_back(error_at(value, codes::kBadValue, quoted(key) + " must not be empty"));
    return std::string(value.string());
  }

  std::string choice(JsonValue object, std::string_view key, Keys choices, bool is_required) {
    const JsonValue value = member_of(object, key, is_required);
    if (!value.exists() || !expect(value, JsonKind::kString, quoted(key))) return {};
    if (std::find(choices.begin(), choices.end(), value.string()) != choices.end())
      return std::string(value.string());
    std::string hint = did_you_mean(value.string(), choices);
    if (hint.empty()) {
      hint = "one of ";
      for (const std::string_view one : choices)
        hint.append(hint.size() > 7 ? ", " : "").append(one);
    }
    errors_.push_back(error_at(value, codes::kBadValue,
                               quoted(key) + " cannot be " + quoted(value.string()), hint));
    return {};
  }

  std::vector<JsonValue> elements(JsonValue object, std::string_view key, bool is_required) {
    const JsonValue value = member_of(object, key, is_required);
    std::vector<JsonValue> list;
    if (!value.exists() || !expect(value, JsonKind::kArray, quoted(key))) return list;
    for (const JsonValue element : value.elements()) list.push_back(element);
    return list;
  }

  Number positive(JsonValue object, std::string_view key) {
    const JsonValue value = member_of(object, key, true);
    if (!value.exists() || !expect(value, JsonKind::kNumber, quoted(key))) return 1;
    const Number number = value.number();
    if (number.is_integer() && !number.is_negative() && !number.is_zero()) return number;
    errors_.push_back(error_at(value, codes::kBadValue,
                               quoted(key) + " must be a whole number above 0, in units of one"));
    return 1;
  }

  void read_tag(JsonValue object, FigureTag& tag) {
    tag.is_measured = choice(object, "kind", kFigureKinds, true) == "measured";
    tag.source = text(object, "source", true);
    tag.retrieved = text(object, "retrieved", true);
    tag.note = text(object, "note", false);
    const JsonValue verified = object.find("verified");
    if (verified.exists() && expect(verified, JsonKind::kBoolean, "'verified'"))
      tag.is_verified = verified.boolean();
  }

  void read_peak(JsonValue value) {
    if (!expect(value, JsonKind::kObject, "a peak")) return;
    check_keys(value, kPeakKeys, {});
    Peak peak;
    read_tag(value, peak);
    peak.type =
        compute_type_named(choice(value, "dtype", kTypes, true)).value_or(ComputeType::kBf16);
    peak.accumulate = choice(value, "accumulate", kAccumulators, false);
    peak.is_sparse = choice(value, "sparsity", kSparsities, true) == "sparse";
    peak.is_vector = choice(value, "units", kUnits, true) == "vector";
    peak.per_second = positive(value, "per_second");
    device_.peaks.push_back(std::move(peak));
  }

  void read_bandwidth(JsonValue value, std::vector<Bandwidth>& into) {
    if (!expect(value, JsonKind::kObject, "a bandwidth")) return;
    check_keys(value, kBandwidthKeys, {});
    Bandwidth bandwidth;
    read_tag(value, bandwidth);
    bandwidth.name = text(value, "name", true);
    bandwidth.is_both_directions = choice(value, "direction", kDirections, true) == "both";
    bandwidth.bytes_per_second = positive(value, "bytes_per_second");
    into.push_back(std::move(bandwidth));
  }

  std::optional<Capacity> read_capacity(JsonValue value, bool is_named) {
    if (!expect(value, JsonKind::kObject, "a capacity")) return std::nullopt;
    check_keys(value, kCapacityKeys, {});
    Capacity capacity;
    read_tag(value, capacity);
    capacity.name = text(value, "name", is_named);
    capacity.bytes = positive(value, "bytes");
    return capacity;
  }

  void read_memory(JsonValue root) {
    const JsonValue memory = member_of(root, "memory", true);
    if (!memory.exists() || !expect(memory, JsonKind::kObject, "'memory'")) return;
    check_keys(memory, kMemoryKeys, {});
    for (const JsonValue bandwidth : elements(memory, "bandwidth", true))
      read_bandwidth(bandwidth, device_.memory);
    if (const JsonValue nominal = memory.find("capacity_nominal"); nominal.exists())
      device_.capacity_nominal = read_capacity(nominal, false);
    if (const JsonValue usable = memory.find("capacity_usable"); usable.exists())
      device_.capacity_usable = read_capacity(usable, false);
  }

  Diagnostics errors_;
  Device device_;
};

std::string folder_of(const std::string& prefix) {
  return prefix + "/share/lmhost/catalogs/hardware";
}

// How names are compared: "H100_SXM" is h100-sxm.
std::string folded(std::string_view name) {
  std::string text(name);
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '_' || c == ' ') c = '-';
  }
  return text;
}

Diagnostic unknown_device(const std::string& name, const std::vector<Device>& devices) {
  std::vector<std::string_view> names;
  for (const Device& device : devices) {
    names.push_back(device.name);
    names.insert(names.end(), device.aliases.begin(), device.aliases.end());
  }
  const std::string wanted = folded(name);
  std::string hint = did_you_mean(wanted, names);
  // "h100-sxm-64g" is far from every name by edits, and near by its beginning.
  if (hint.empty()) {
    const std::string_view family = std::string_view(wanted).substr(0, wanted.find('-'));
    for (const Device& device : devices)
      if (!family.empty() && device.name.compare(0, family.size(), family) == 0)
        hint += (hint.empty() ? "there are " : ", ") + device.name;
  }
  if (hint.empty()) hint = "`lmhost devices` lists them; --peak and --bandwidth describe another";
  return plain_error(ErrorKind::kUsage, codes::kUnknownDevice,
                     "unknown device " + lmhost::quoted(name), hint);
}

}  // namespace

std::string_view name_of(ComputeType type) { return kTypes[static_cast<std::size_t>(type)]; }

std::optional<ComputeType> compute_type_named(std::string_view name) {
  const auto found = std::find(kTypes.begin(), kTypes.end(), name);
  if (found == kTypes.end()) return std::nullopt;
  return static_cast<ComputeType>(found - kTypes.begin());
}

const Peak* Device::peak(ComputeType type, bool is_vector) const {
  const Peak* best = nullptr;
  for (const Peak& peak : peaks) {
    if (peak.type != type || peak.is_vector != is_vector || peak.is_sparse || peak.is_measured)
      continue;
    const bool is_wide = peak.accumulate == "fp32" || peak.accumulate == "int32";
    if (best == nullptr || (is_wide && best->accumulate == "fp16")) best = &peak;
  }
  return best;
}

const Bandwidth* Device::bandwidth() const {
  const auto found = std::find_if(memory.begin(), memory.end(),
                                  [](const Bandwidth& one) { return !one.is_measured; });
  return found == memory.end() ? nullptr : &*found;
}

const Capacity* Device::capacity() const {
  if (capacity_usable) return &*capacity_usable;
  return capacity_nominal ? &*capacity_nominal : nullptr;
}

Result<Device> read_device(std::shared_ptr<const SourceText> source) {
  const Result<JsonDocument> document = JsonDocument::parse(std::move(source));
  if (!document) return document.errors();
  Result<Device> device = DeviceReader().read(document->root());
  if (device) device->file = document->source()->name;
  return device;
}

Result<Device> read_device(const std::string& path) {
  Result<std::shared_ptr<const SourceText>> source = read_text(path);
  if (!source) return std::move(source).errors();
  return read_device(std::move(*source));
}

Result<std::vector<Device>> load_devices(const std::string& prefix) {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder_of(prefix), error))
    if (entry.path().extension() == ".json") paths.push_back(entry.path().string());
  if (error)
    return plain_error(ErrorKind::kIo, codes::kCannotRead,
                       "cannot read the folder '" + folder_of(prefix) + "': " + error.message());
  std::sort(paths.begin(), paths.end());
  std::vector<Device> devices;
  Diagnostics errors;
  for (const std::string& path : paths) {
    Result<Device> device = read_device(path);
    if (device)
      devices.push_back(std::move(*device));
    else
      errors.insert(errors.end(), device.errors().begin(), device.errors().end());
  }
  std::map<std::string, const Device*> owners;
  for (const Device& device : devices) {
    std::vector<std::string> names = device.aliases;
    names.push_back(device.name);
    for (const std::string& name : names) {
      const auto [owner, is_new] = owners.emplace(folded(name), &device);
      if (!is_new)
        errors.push_back(plain_error(ErrorKind::kInput, codes::kDuplicateDevice,
                                     "the device name " + lmhost::quoted(name) +
                                         " is claimed by '" + owner->second->file + "' and '" +
                                         device.file + "'"));
    }
  }
  if (!errors.empty()) return errors;
  return devices;
}

Result<Device> load_device(const std::string& name_or_file, const std::string& prefix) {
  const bool is_path =
      name_or_file.find('/') != std::string::npos || name_or_file.ends_with(".json");
  if (is_path) return read_device(name_or_file);
  Result<std::vector<Device>> devices = load_devices(prefix);
  if (!devices) return std::move(devices).errors();
  const std::string wanted = folded(name_or_file);
  for (Device& device : *devices) {
    const bool is_alias = std::any_of(device.aliases.begin(), device.aliases.end(),
                                      [&](const auto& alias) { return folded(alias) == wanted; });
    if (is_alias || folded(device.name) == wanted) return std::move(device);
  }
  return unknown_device(name_or_file, *devices);
}

}  // namespace lmhost
