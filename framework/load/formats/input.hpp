// What the user names as input: a JSON file of any format, or a folder whose files make one whole.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "load/formats/detect.hpp"
#include "load/graph.hpp"
#include "load/json.hpp"

namespace lmhost {

struct InputDocument {
  JsonDocument document;
  InputFormat format;
  std::string stem;  // of the file's name: "torch.addmm"
};

// All that belongs together. Values of every document have offsets into the one source.
struct Input {
  std::string name;                            // of the file or folder
  InputFormat format = InputFormat::kUnknown;  // of all documents but tables of names
  std::shared_ptr<const SourceText> source;    // of a folder: its files behind one another
  std::vector<InputDocument> documents;        // sorted by file
  std::vector<std::shared_ptr<const SourceText>> files;  // what was read, each by itself
};

// Any composite that no other calls will do: what is asked is about all of them.
inline constexpr std::string_view kAnyRoot = "*";

struct InputOptions {
  GraphLimits limits;
  std::string root;               // the composite that is meant; empty: the one that no other calls
  const Catalog* base = nullptr;  // what formulas of a module database may call
};

bool is_folder(const std::string& path);
// Whether a folder has files that read_input_folder() would read.
bool has_json_files(const std::string& folder);
// Every *.json of the folder but schemas, and the kernel_name_map.json beside it. Errors: kIo; those
// of the JSON texts, all of them; E114 when the files are of formats that do not go together.
Result<Input> read_input_folder(const std::string& folder);
Input input_of(const JsonDocument& document);
// The same from texts that are in memory, named as files of the folder would be.
Result<Input> input_of(const std::string& folder,
                       std::vector<std::shared_ptr<const SourceText>> files);
// A folder, a file, or "-" for standard input.
Result<Input> read_input(const std::string& path);

// Whatever describes a model becomes a graph; what declares kernels and no model, one that has
// `kernels` and no composites. Errors as of load_graph().
Result<Graph> decode_input(const Input& input, const InputOptions& options = {});

}  // namespace lmhost
