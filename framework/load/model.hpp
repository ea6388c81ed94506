// The model argument of every command: what the user names, as a graph with its config.
//
// Accepted, first hit wins:
//   1. "-": standard input
//   2. a file: a graph, another format that describes a model (load/formats/detect.hpp), or a
//      config.json, told apart by content
//   3. a folder with config.json; else one with the files of one of those formats
//   4. a name in <prefix>/share/lmhost/catalogs/models
// A config chooses its graph by architectures[0] among <prefix>/share/lmhost/graphs.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "load/config.hpp"
#include "load/graph.hpp"

namespace lmhost {

struct ModelRequest {
  std::string model;
  std::optional<std::string> hf_config;           // a config.json or its folder, for a graph file
  std::vector<std::string> set;                   // "num_hidden_layers=4", applied in order
  std::string prefix;                             // of the installation
  std::shared_ptr<const SourceText> model_text;   // the content of `model`, instead of a file
  std::shared_ptr<const SourceText> config_text;  // the content of `hf_config`, likewise
  std::string root = {};                          // the composite that is meant, of several
};

struct Model {
  std::string name;                    // as the user gave it; of standard input the root's class
  std::shared_ptr<const Graph> graph;  // its embedded config has moved into `config`
  Config config;                       // embedded, then --hf-config, then --set
  std::vector<std::shared_ptr<const SourceText>> files;  // all that was read, in order
  bool has_own_config = false;                           // a config.json chose the graph
};

// Errors: kIo for files that cannot be read, kUsage for unknown model names and assignments, kInput
// for content. A name that --set gives to nothing that the config or the graph knows is an error,
// because it would change nothing.
Result<Model> load_model(const ModelRequest& request);

// The same model with another config: hf_config, config_text and set of the request, as above.
Result<Model> configure_model(Model model, const ModelRequest& request);

// What --set may name: of the config, and of what the graph's formulas ask of it. Without "config.".
std::vector<std::string> config_names(const Model& model);

// The architectures of the graphs in <prefix>/share/lmhost/graphs, sorted.
std::vector<std::string> architecture_names(const std::string& prefix);

// The names in <prefix>/share/lmhost/catalogs/models, sorted.
std::vector<std::string> model_names(const std::string& prefix);

}  // namespace lmhost
