#include "report/devices.hpp"

#include <algorithm>

#include "report/json_writer.hpp"
#include "report/units.hpp"

namespace lmhost {
namespace {

using T = ComputeType;

// The dense nominal peak, on whichever units; "-" for none.
std::string peak_text(const Device& device, T type) {
  const Peak* peak = device.peak(type, false);
  if (peak == nullptr) peak = device.peak(type, true);
  if (peak == nullptr) return "-";
  return format_rate(peak->per_second.to_double(), "") + (peak->is_verified ? "" : "?");
}

// The 16-bit type whose ridge the list shows.
const Peak* half_peak(const Device& device) {
  for (const T type : {T::kBf16, T::kFp16})
    for (const bool is_vector : {false, true})
      if (const Peak* peak = device.peak(type, is_vector)) return peak;
  return nullptr;
}

std::string ridge_text(const Device& device) {
  const Peak* peak = half_peak(device);
  const Bandwidth* bandwidth = device.bandwidth();
  if (peak == nullptr || bandwidth == nullptr) return "-";
  return format_intensity(peak->per_second, bandwidth->bytes_per_second);
}

// Sources as footnotes, since most figures of a device share one or two.
class Footnotes {
 public:
  // "[2]", and "[2]?" for a figure that is not confirmed.
  std::string of(const FigureTag& tag) {
    const std::string text = tag.source + " (" + tag.retrieved + ")";
    auto found = std::find(texts_.begin(), texts_.end(), text);
    if (found == texts_.end()) found = texts_.insert(found, text);
    std::string mark = "[" + std::to_string(found - texts_.begin() + 1) + "]";
    return tag.is_verified ? mark : mark + "?";
  }
  void note(const std::string& figure, const FigureTag& tag) {
    if (!tag.note.empty()) notes_.push_back(figure + ": " + tag.note);
  }
  Text text(const TextStyle& style) const {
    Text text;
    const auto add = [&](const std::string& mark, const std::string& content) {
      std::string line = mark;
      for (const std::string& part : wrapped(content, style.width - mark.size())) {
        text += Text(line) + part + "\n";
        line.assign(mark.size(), ' ');
      }
    };
    for (std::size_t i = 0; i < texts_.size(); ++i)
      add("[" + std::to_string(i + 1) + "]  ", texts_[i]);
    for (const std::string& note : notes_) add("     ", note);
    return text;
  }

 private:
  std::vector<std::string> texts_;
  std::vector<std::string> notes_;
};

void write_tag(JsonWriter* json, const FigureTag& tag) {
  json->member("kind", tag.is_measured ? "measured" : "nominal");
  json->member("source", tag.source);
  json->member("retrieved", tag.retrieved);
  if (!tag.is_verified) json->member("verified", false);
  if (!tag.note.empty()) json->member("note", tag.note);
  json->end_object();
}

void write_bandwidths(JsonWriter* json, std::string_view key, const std::vector<Bandwidth>& list) {
  json->key(key);
  json->begin_array();
  for (const Bandwidth& bandwidth : list) {
    json->begin_object();
    json->member("name", bandwidth.name);
    json->member("direction", bandwidth.is_both_directions ? "both" : "each");
    json->quantity("bytes_per_second", bandwidth.bytes_per_second);
    write_tag(json, bandwidth);
  }
  json->end_array();
}

void write_capacity(JsonWriter* json, std::string_view key,
                    const std::optional<Capacity>& capacity) {
  if (!capacity) return;
  json->key(key);
  json->begin_object();
  json->quantity("bytes", capacity->bytes);
  write_tag(json, *capacity);
}

}  // namespace

Text write_device_list(const std::vector<Device>& devices, const TextStyle& style) {
  Table table({{"DEVICE", true, Ink::kBold},
               {"FP32", false, Ink::kPlain},
               {"BF16", false, Ink::kPlain},
               {"FP16", false, Ink::kPlain},
               {"FP8", false, Ink::kPlain},
               {"INT8", false, Ink::kPlain},
               {"BANDWIDTH", false, Ink::kPlain},
               {"CAPACITY", false, Ink::kPlain},
               {"RIDGE", false, Ink::kPlain}});
  for (const Device& device : devices) {
    const Bandwidth* bandwidth = device.bandwidth();
    const Capacity* capacity = device.capacity();
    table.add(
        {device.name, peak_text(device, T::kFp32), peak_text(device, T::kBf16),
         peak_text(device, T::kFp16), peak_text(device, T::kFp8), peak_text(device, T::kInt8),
         bandwidth == nullptr ? "-" : format_rate(bandwidth->bytes_per_second.to_double(), "B/s"),
         capacity == nullptr ? "-" : format_capacity(capacity->bytes), ridge_text(device)});
  }
  return table.text(style) +
         "\nDense nominal FLOP/s of matrix units, else of vector units; ?: not confirmed by the "
         "vendor's own\ndocument. Ridge: FLOP/B of bf16, else fp16. `lmhost devices show NAME` has "
         "every figure's source.\n";
}

Text write_efficiency_list(const std::vector<Efficiency>& profiles, const TextStyle& style) {
  Table table({{"PROFILE", true, Ink::kBold},
               {"FLOP/S", false, Ink::kPlain},
               {"OF DECODE", false, Ink::kPlain},
               {"BANDWIDTH", false, Ink::kPlain},
               {"BY", true, Ink::kDim}});
  const auto share = [](double value) { return value == 1 ? "-" : format_fixed(value, 2); };
  for (const Efficiency& profile : profiles)
    table.add({profile.name, share(profile.compute.prefill), share(profile.compute.decode),
               share(profile.memory.prefill), profile.source.substr(0, profile.source.find(','))});
  return table.text(style) +
         "\nShares of the nominal figures, for --efficiency. catalogs/efficiency.json has their "
         "sources.\n";
}

Text write_device(const Device& device, const TextStyle& style) {
  Text text = painted(device.name, Ink::kBold, style) + "  " + device.title + "\n";
  if (!device.doc.empty()) text += Text(device.doc) + "\n";
  std::string aliases;
  for (const std::string& alias : device.aliases) aliases += (aliases.empty() ? "" : ", ") + alias;
  if (!aliases.empty()) text += Text("also called ") + aliases + "\n";
  Table table({{"FIGURE", true, Ink::kPlain},
               {"VALUE", false, Ink::kPlain},
               {"WHAT", true, Ink::kPlain},
               {"SOURCE", true, Ink::kDim}});
  Footnotes notes;
  const auto add = [&](const std::string& name, const std::string& value, const std::string& what,
                       const FigureTag& tag) {
    table.add({name, value, what, notes.of(tag)});
    notes.note(name + " " + value, tag);
  };
  for (const Peak& peak : device.peaks) {
    std::string what = std::string(peak.is_vector ? "vector" : "matrix") + ", " +
                       (peak.is_sparse ? "sparse" : "dense") + ", " +
                       (peak.is_measured ? "measured" : "nominal");
    if (!peak.accumulate.empty()) what += ", accumulated in " + peak.accumulate;
    add(std::string(name_of(peak.type)), format_rate(peak.per_second.to_double(), "FLOP/s"), what,
        peak);
  }
  for (const auto* list : {&device.memory, &device.links})
    for (const Bandwidth& bandwidth : *list)
      add(bandwidth.name, format_rate(bandwidth.bytes_per_second.to_double(), "B/s"),
          std::string(list == &device.memory ? "memory" : "link") +
              (bandwidth.is_both_directions ? ", both directions" : ", each direction") +
              (bandwidth.is_measured ? ", measured" : ", nominal"),
          bandwidth);
  const auto add_capacity = [&](const std::string& name, const Capacity& capacity,
                                const std::string& what) {
    add(name, format_capacity(capacity.bytes),
        what + (capacity.is_measured ? ", measured" : ", nominal"), capacity);
  };
  if (device.capacity_nominal) add_capacity("capacity", *device.capacity_nominal, "as marketed");
  if (device.capacity_usable) add_capacity("capacity", *device.capacity_usable, "usable");
  for (const Capacity& memory : device.on_chip) add_capacity(memory.name, memory, "on chip");
  if (const Peak* peak = half_peak(device))
    table.add({"ridge", ridge_text(device) + " FLOP/B",
               std::string(name_of(peak->type)) + " peak over bandwidth", ""});
  text += Text("\n") + table.text(style) + "\n" + notes.text(style);
  return text;
}

std::string write_devices_json(const std::vector<Device>& devices) {
  JsonWriter json;
  json.begin_object();
  json.member("schema", "lmhost.devices/1");
  json.key("devices");
  json.begin_array();
  for (const Device& device : devices) {
    json.line();
    json.begin_object();
    json.member("name", device.name);
    json.member("title", device.title);
    json.member("vendor", device.vendor);
    json.member("kind", device.kind);
    json.key("aliases");
    json.begin_array();
    for (const std::string& alias : device.aliases) json.value(alias);
    json.end_array();
    if (!device.doc.empty()) json.member("doc", device.doc);
    json.key("peaks");
    json.begin_array();
    for (const Peak& peak : device.peaks) {
      json.begin_object();
      json.member("dtype", name_of(peak.type));
      if (!peak.accumulate.empty()) json.member("accumulate", peak.accumulate);
      json.member("sparsity", peak.is_sparse ? "sparse" : "dense");
      json.member("units", peak.is_vector ? "vector" : "matrix");
      json.quantity("per_second", peak.per_second);
      write_tag(&json, peak);
    }
    json.end_array();
    json.key("memory");
    json.begin_object();
    write_bandwidths(&json, "bandwidth", device.memory);
    write_capacity(&json, "capacity_nominal", device.capacity_nominal);
    write_capacity(&json, "capacity_usable", device.capacity_usable);
    json.end_object();
    write_bandwidths(&json, "links", device.links);
    json.key("on_chip");
    json.begin_array();
    for (const Capacity& memory : device.on_chip) {
      json.begin_object();
      json.member("name", memory.name);
      json.quantity("bytes", memory.bytes);
      write_tag(&json, memory);
    }
    json.end_array();
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.take();
}

}  // namespace lmhost
