// A structure as JSON.
#include "report/json_writer.hpp"
#include "report/structure.hpp"

namespace lmhost {

std::string write_structure_json(const Structure& structure) {
  JsonWriter json;
  json.begin_object();
  json.member("schema", "lmhost.structure/1");
  json.member("root", structure.root);
  json.member("is_truncated", false);
  json.line();
  json.key("nodes");
  json.begin_array();
  for (std::size_t i = 0; i < structure.nodes.size(); ++i) {
    const StructureNode& node = structure.nodes[i];
    json.line();
    json.begin_object();
    json.member("id", i);
    json.key("parent");
    if (node.parent < 0)
      json.null();
    else
      json.value(static_cast<std::size_t>(node.parent));
    json.member("path", node.path);
    json.member("name", node.name);
    json.member("kernel", node.kernel);
    json.member("type", node.type);
    if (!node.plugin.empty()) json.member("plugin", node.plugin);
    json.member("count", node.count.empty() ? std::string_view("1") : std::string_view(node.count));
    if (!node.when.empty()) json.member("when", node.when);
    if (!node.place.empty()) json.member("source", node.place);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.take();
}

}  // namespace lmhost
