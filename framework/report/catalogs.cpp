#include "report/catalogs.hpp"

#include <algorithm>
#include <map>

#include "load/plugin_fingerprint.hpp"
#include "report/json_writer.hpp"
#include "report/provenance.hpp"
#include "report/units.hpp"

namespace lmhost {
namespace {

// "matmul/torch.mm", by the kernel that hides it.
using Hidden = std::map<const Kernel*, std::vector<std::string>>;

Hidden hidden_names(const Catalog& catalog) {
  Hidden names;
  for (const HiddenName& entry : catalog.hidden())
    for (const Kernel* kernel : entry.hidden)
      names[entry.owner].push_back(catalog.plugin_of(*kernel).id + "/" + std::string(entry.name));
  return names;
}

std::string validated_text(const Kernel& kernel) {
  if (kernel.provenance == nullptr) return "-";
  return kernel.provenance->human_validated ? "yes" : "no";
}

std::size_t validated_count(const Plugin& plugin) {
  return static_cast<std::size_t>(
      std::count_if(plugin.kernels.begin(), plugin.kernels.end(), [](const Kernel& kernel) {
        return kernel.provenance != nullptr && kernel.provenance->human_validated;
      }));
}

std::string joined(const std::vector<std::string>& texts) {
  std::string text;
  for (const std::string& one : texts) text += (text.empty() ? "" : ", ") + one;
  return text;
}

std::string difference_text(const ValueChange& change) {
  const double before = change.before.to_double(), after = change.after.to_double();
  if (before == 0) return "";
  const double percent = 100 * (after - before) / before;
  return std::string(percent < 0 ? "-" : "+") + format_fixed(percent < 0 ? -percent : percent, 2) +
         "%";
}

std::string_view mark_of(KernelChangeKind kind) {
  return kind == KernelChangeKind::kAdded ? "+" : kind == KernelChangeKind::kRemoved ? "-" : "~";
}

std::string_view name_of(KernelChangeKind kind) {
  return kind == KernelChangeKind::kAdded     ? "added"
         : kind == KernelChangeKind::kRemoved ? "removed"
                                              : "changed";
}

Text values_text(const KernelChange& change, const TextStyle& style) {
  if (change.kind != KernelChangeKind::kChanged) return "";
  if (change.compared == 0) return Text("  not compared: ") + change.not_compared + "\n";
  const std::string points = std::to_string(change.compared) + " random points";
  if (change.differing == 0) return Text("  the same numbers at ") + points + "\n";
  Text text = Text("  other numbers at ") + std::to_string(change.differing) + " of " + points +
              "; at " + change.point + ":\n";
  Table table({{"", true, Ink::kPlain},
               {"", false, Ink::kPlain},
               {"", true, Ink::kPlain},
               {"", false, Ink::kPlain},
               {"", false, Ink::kDim}});
  for (const ValueChange& value : change.values)
    table.add({value.quantity, to_grouped_string(value.before), "->",
               to_grouped_string(value.after), difference_text(value)});
  return text + table.text(style, "    ");
}

Text change_text(const KernelChange& change, const TextStyle& style) {
  Text text = Text(std::string(mark_of(change.kind))) + " " +
              painted(change.name, Ink::kBold, style) + "\n";
  for (const TextChange& one : change.texts) {
    text += Text("  ") + one.what + "\n";
    if (!one.before.empty()) text += Text("    - ") + one.before + "\n";
    if (!one.after.empty()) text += Text("    + ") + one.after + "\n";
  }
  return text + values_text(change, style);
}

}  // namespace

Text write_catalog_list(const Catalog& catalog, const std::vector<ListedCatalog>& catalogs,
                        const TextStyle& style) {
  const Hidden hidden = hidden_names(catalog);
  Table files({{"CATALOGUE", true, Ink::kPlain},
               {"FORM", true, Ink::kPlain},
               {"KERNELS", false, Ink::kPlain},
               {"VALIDATED", false, Ink::kPlain},
               {"PROBLEMS", false, Ink::kPlain},
               {"FILE", true, Ink::kDim}});
  Table kernels({{"KERNEL", true, Ink::kPlain},
                 {"CATALOGUE", true, Ink::kPlain},
                 {"VALIDATED", true, Ink::kPlain},
                 {"HIDES", true, Ink::kDim}});
  for (const ListedCatalog& listed : catalogs) {
    const Plugin& plugin = *listed.plugin;
    files.add({plugin.id, listed.form, std::to_string(plugin.kernels.size()),
               std::to_string(validated_count(plugin)), std::to_string(listed.problems),
               listed.path});
    for (const Kernel& kernel : plugin.kernels) {
      const auto found = hidden.find(&kernel);
      kernels.add({kernel.name, plugin.id, validated_text(kernel),
                   found == hidden.end() ? "" : joined(found->second)});
    }
  }
  return files.text(style) + "\n" + kernels.text(style);
}

std::string write_catalog_list_json(const Catalog& catalog,
                                    const std::vector<ListedCatalog>& catalogs) {
  const Hidden hidden = hidden_names(catalog);
  JsonWriter json;
  json.begin_object();
  json.member("schema", "lmhost.catalogs/1");
  json.line();
  json.key("catalogs");
  json.begin_array();
  for (const ListedCatalog& listed : catalogs) {
    json.line();
    json.begin_object();
    json.member("id", listed.plugin->id);
    json.member("version", listed.plugin->version);
    json.member("form", listed.form);
    json.member("file", listed.path);
    json.member("fingerprint", fingerprint_of(*listed.plugin));
    json.member("validated", validated_count(*listed.plugin));
    json.member("problems", listed.problems);
    json.key("kernels");
    json.begin_array();
    for (const Kernel& kernel : listed.plugin->kernels) {
      json.line();
      json.begin_object();
      json.member("name", kernel.name);
      json.key("aliases");
      json.begin_array();
      for (const std::string& alias : kernel.aliases) json.value(alias);
      json.end_array();
      if (kernel.provenance != nullptr) {
        json.key("provenance");
        write_provenance(&json, *kernel.provenance, false);
      }
      json.key("hides");
      json.begin_array();
      if (const auto found = hidden.find(&kernel); found != hidden.end())
        for (const std::string& name : found->second) json.value(name);
      json.end_array();
      json.end_object();
    }
    json.end_array();
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.take();
}

Text write_catalog_diff(const std::vector<KernelChange>& changes, const TextStyle& style) {
  if (changes.empty()) return "no difference\n";
  Text text;
  std::size_t counts[3] = {};
  for (const KernelChange& change : changes) {
    text += change_text(change, style);
    ++counts[static_cast<std::size_t>(change.kind)];
  }
  return text + "\n" + std::to_string(counts[0]) + " added, " + std::to_string(counts[1]) +
         " removed, " + std::to_string(counts[2]) + " changed\n";
}

std::string write_catalog_diff_json(const std::vector<KernelChange>& changes) {
  JsonWriter json;
  json.begin_object();
  json.member("schema", "lmhost.catalog_diff/1");
  json.line();
  json.key("kernels");
  json.begin_array();
  for (const KernelChange& change : changes) {
    json.line();
    json.begin_object();
    json.member("name", change.name);
    json.member("change", name_of(change.kind));
    json.key("texts");
    json.begin_array();
    for (const TextChange& one : change.texts) {
      json.begin_object();
      json.member("what", one.what);
      if (!one.before.empty()) json.member("before", one.before);
      if (!one.after.empty()) json.member("after", one.after);
      json.end_object();
    }
    json.end_array();
    if (change.kind == KernelChangeKind::kChanged) {
      json.member("points_compared", change.compared);
      json.member("points_differing", change.differing);
      if (!change.not_compared.empty()) json.member("not_compared", change.not_compared);
      if (!change.point.empty()) json.member("at", change.point);
      json.key("values");
      json.begin_array();
      for (const ValueChange& value : change.values) {
        json.begin_object();
        json.member("quantity", value.quantity);
        json.quantity("before", value.before);
        json.quantity("after", value.after);
        json.end_object();
      }
      json.end_array();
    }
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.take();
}

}  // namespace lmhost
