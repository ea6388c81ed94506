// The classes of a Python source tree, found by their dotted names: what `lmhost learn --source DIR`
// looks into.
//
// A file's module is what Python would import: packages are folders with __init__.py, so that
// transformers/src/transformers/models/llama/modeling_llama.py is
// transformers.models.llama.modeling_llama wherever the tree lies. Files are read as text and never
// executed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"

namespace lmhost {

struct SourceClass {
  std::string name;      // "transformers.models.llama.modeling_llama.LlamaMLP"
  std::string location;  // from the package's folder: "transformers/models/llama/modeling_llama.py"
  std::string file;      // as it can be opened
  std::size_t first_line = 0;  // as PythonDefinition has them
  std::size_t last_line = 0;
};

// True for a whole number of trailing components: "modeling_llama.LlamaMLP" of the class above,
// never "MLP".
bool has_dotted_suffix(std::string_view name, std::string_view suffix);

class SourceTree {
 public:
  // Every *.py file below the folders; hidden folders and links to folders are passed over. Of two
  // classes with one name the first folder's wins. Errors: E501 for a folder that cannot be read;
  // files that cannot are passed over. E107 beyond kMostFiles.
  static Result<SourceTree> read(const std::vector<std::string>& folders);

  static constexpr std::size_t kMostFiles = 200'000;

  // By the whole name; by trailing components; or as a package re-exports it, torch.nn.Linear for
  // torch.nn.modules.linear.Linear. The first rule that gives any class decides. Errors: E702, all
  // candidates named, when it gives several; E701 with the nearest name when none does.
  Result<const SourceClass*> find(std::string_view name) const;

  const std::vector<SourceClass>& classes() const { return classes_; }  // sorted by name

 private:
  std::vector<SourceClass> classes_;
  std::string folders_;  // as the user gave them, for messages
};

}  // namespace lmhost
