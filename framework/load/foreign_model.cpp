#include "load/foreign_model.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "base/codes.hpp"

namespace lmhost {
namespace {

struct FileKind {
  std::string_view ending;
  std::string_view what;
};

// Names before endings that they have.
constexpr FileKind kFileKinds[] = {
    {"adapter_config.json", "the config of an adapter (PEFT)"},
    {"tokenizer_config.json", "the config of a tokenizer"},
    {"tokenizer.json", "a tokenizer"},
    {"generation_config.json", "settings of sampling"},
    {"safetensors.index.json", "an index of weight files"},
    {"bin.index.json", "an index of weight files"},
    {".gguf", "a GGUF file of llama.cpp"},
    {".ggml", "a GGML file of llama.cpp"},
    {".safetensors", "a file of weights"},
    {".bin", "a file of weights"},
    {".pt", "a PyTorch file of weights"},
    {".pth", "a PyTorch file of weights"},
    {".ckpt", "a checkpoint"},
    {".onnx", "an ONNX model"},
    {".h5", "a file of weights"},
    {".msgpack", "a file of weights"},
    {".npz", "a file of arrays"},
    {".pkl", "a pickle, which is code"},
    {".engine", "a TensorRT engine"},
    {".py", "Python code"},
    {".yaml", "YAML"},
    {".yml", "YAML"},
};

// Of names of a hub: what does not change what a model costs.
constexpr std::string_view kTunings[] = {"",          "-hf", "-chat", "-chat-hf",
                                         "-instruct", "-it", "-base"};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

// The model of the catalogue that the last part of a hub's name is, or "".
std::string same_model(std::string_view name, std::span<const std::string> models) {
  std::string last = lower(name.substr(name.find_last_of("/:") + 1));
  if (last.starts_with("meta-")) last.erase(0, 5);
  for (const std::string& model : models)
    for (const std::string_view tuning : kTunings)
      if (last == lower(model) + std::string(tuning)) return model;
  return "";
}

bool is_hub_name(std::string_view model) {
  for (const std::string_view start : {"hf:", "hf://", "http://", "https://", "huggingface.co/"})
    if (model.starts_with(start)) return true;
  const bool is_path = model.starts_with('/') || model.starts_with('.') || model.starts_with('~');
  return !is_path && !model.ends_with(".json") && !model.ends_with('/') &&
         std::count(model.begin(), model.end(), '/') == 1;
}

}  // namespace

std::optional<Diagnostic> foreign_file(const std::string& path) {
  const std::string small = lower(path);
  for (const FileKind& kind : kFileKinds)
    if (small.ends_with(kind.ending))
      return plain_error(ErrorKind::kInput, codes::kUnknownSchema,
                         quoted(path) + " is " + std::string(kind.what) + ", not a model's config",
                         "give the model's config.json, or the folder that has it; weights are not "
                         "needed (--w-bits says their width)");
  return std::nullopt;
}

std::optional<Diagnostic> hub_name(const std::string& model, std::span<const std::string> models) {
  if (!is_hub_name(model)) return std::nullopt;
  const std::string known = same_model(model, models);
  return plain_error(ErrorKind::kUsage, codes::kUnknownModel,
                     quoted(model) + " is no file or folder here, and nothing is downloaded",
                     known.empty() ? "download its config.json and give that, or its folder"
                                   : "did you mean " + quoted(known) +
                                         "? Else download its config.json and give that");
}

}  // namespace lmhost
