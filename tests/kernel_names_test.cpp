// Every spelling of a kernel's name means one kernel, or says what it might mean.
#include "load/kernel_names.hpp"

#include <doctest/doctest.h>

#include "support.hpp"

using namespace lmhost;
using namespace lmhost::test;

namespace {

std::string meaning(std::string_view given) {
  const Result<const Kernel*> kernel = find_spelling(*first_party_catalog(), given);
  return kernel ? (*kernel)->name : kernel.errors().front().code;
}

constexpr const char* kLinear = "torch.nn.functional.linear";

// A model file's classes: two models define a class of one name.
std::string among_classes(std::string_view given) {
  static constexpr const char* kNames[] = {
      "torch.nn.Embedding",
      "transformers.models.llama.modeling_llama.LlamaRotaryEmbedding",
      "transformers.models.llama.modeling_llama.LlamaMLP",
      "transformers.models.llama.modeling_llama.LlamaRMSNorm",
      "transformers.models.llama.modeling_llama.Attention",
      "transformers.models.gpt2.modeling_gpt2.Attention",
  };
  std::vector<SpelledName> names;
  for (std::size_t i = 0; i < std::size(kNames); ++i) names.push_back({kNames[i], i});
  std::string found;
  for (std::size_t owner : match_spelling(names, given))
    found += (found.empty() ? "" : "|") + std::string(kNames[owner]);
  return found;
}

}  // namespace

TEST_CASE("spellings of kernels: issue table of the ancestor's names") {
  struct {
    const char* given;
    std::string expected;
  } const rows[] = {
      // seeds 001, 002: every '.' and '_' as "__"; seeds 003: first and last part; full and public
      // path; the short alias; seeds 003, 004: generated class and file names
      {"torch.nn.functional.linear", kLinear},
      {"torch.nn.modules.linear.Linear", kLinear},
      {"torch.nn.Linear", kLinear},
      {"F.linear", kLinear},
      {"torch__nn__Linear", kLinear},
      {"torch__nn__functional__linear", kLinear},
      {"torch_nn_Linear", kLinear},
      {"torch_Linear", kLinear},
      {"TorchLinear", kLinear},
      {"torch_linear.py", kLinear},
      {"torch_linear", kLinear},
      {"nn.Linear", kLinear},
      {"Linear", kLinear},
      {"linear", kLinear},
      {"matmul/F.linear", kLinear},
      {"matmul/Linear", kLinear},
      {"TorchSilu", "torch.nn.functional.silu"},
      {"TorchSiLU", "torch.nn.functional.silu"},
      {"torch_silu.py", "torch.nn.functional.silu"},
      {"F.silu", "torch.nn.functional.silu"},
      {"SiLU", "torch.nn.functional.silu"},
      {"torch.nn.modules.activation.SiLU", "torch.nn.functional.silu"},
      {"torch.nn.modules.sparse.Embedding", "torch.nn.functional.embedding"},
      {"Embedding", "torch.nn.functional.embedding"},
      {"einsum", "torch.einsum"},
      {"torch::mm", "torch.mm"},
      // not whole parts, not a name at all
      {"inear", "E101"},
      {"nctional.linear", "E101"},
      {"torch.nn", "E101"},
      {"", "E101"},
      {"...", "E101"},
      {"___", "E101"},
      {"norm/F.linear", "E101"},
      {"nothing_like_it", "E101"},
      {"torch.nn.linear.functional", "E101"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.given);
    CHECK(meaning(row.given) == row.expected);
  }
}

TEST_CASE(
    "the spellings of every kernel of the catalogue find it or are ambiguous, never another") {
  const Catalog& catalog = *first_party_catalog();
  std::size_t found = 0;
  for (const Kernel* kernel : catalog.kernels()) {
    std::vector<std::string> names = kernel->aliases;
    names.push_back(kernel->name);
    for (const std::string& name : names) {
      CAPTURE(name);
      CHECK(meaning(name) == kernel->name);
      std::string marks;
      for (const char c : name) marks += c == '.' || c == '_' ? "__" : std::string(1, c);
      const Result<const Kernel*> spelled = find_spelling(catalog, marks);
      if (spelled)
        CHECK(*spelled == kernel);
      else
        CHECK(spelled.errors().front().code == "E206");
      found += spelled.ok() ? 1 : 0;
    }
  }
  CHECK(found > 200);
}

TEST_CASE("whole parts only, and the best kind of match decides") {
  CHECK(among_classes("Embedding") == "torch.nn.Embedding");
  CHECK(among_classes("LlamaRotaryEmbedding") ==
        "transformers.models.llama.modeling_llama.LlamaRotaryEmbedding");
  CHECK(among_classes("RotaryEmbedding") == "");
  CHECK(among_classes("modeling_llama.LlamaMLP") ==
        "transformers.models.llama.modeling_llama.LlamaMLP");
  CHECK(among_classes("transformers__models__llama__modeling__llama__LlamaMLP") ==
        "transformers.models.llama.modeling_llama.LlamaMLP");
  CHECK(among_classes("transformers_LlamaMLP") ==
        "transformers.models.llama.modeling_llama.LlamaMLP");
  CHECK(among_classes("TransformersLlamaRmsNorm") ==
        "transformers.models.llama.modeling_llama.LlamaRMSNorm");
  CHECK(among_classes("TransformersLlamaRMSNorm") ==
        "transformers.models.llama.modeling_llama.LlamaRMSNorm");
  CHECK(among_classes("transformers_llama_rms_norm.py") ==
        "transformers.models.llama.modeling_llama.LlamaRMSNorm");
  CHECK(among_classes("Attention") ==
        "transformers.models.llama.modeling_llama.Attention|"
        "transformers.models.gpt2.modeling_gpt2.Attention");
  CHECK(among_classes("modeling_gpt2.Attention") ==
        "transformers.models.gpt2.modeling_gpt2.Attention");
  CHECK(among_classes("transformers_Attention") ==
        "transformers.models.llama.modeling_llama.Attention|"
        "transformers.models.gpt2.modeling_gpt2.Attention");
}

TEST_CASE("errors list the candidates and the nearest name") {
  const Diagnostic ambiguous = ambiguous_spelling("Attention", {"b.Attention", "a.Attention"});
  CHECK(render({ambiguous}) ==
        "lmhost: error: 'Attention' may mean several kernels [E206]\n"
        "  one of a.Attention, b.Attention\n");
  const Result<const Kernel*> unknown =
      find_spelling(*first_party_catalog(), "torch.nn.functional.liner");
  REQUIRE_FALSE(unknown.ok());
  CHECK(render(unknown.errors()) ==
        "lmhost: error: unknown kernel 'torch.nn.functional.liner' [E101]\n"
        "  did you mean 'torch.nn.functional.linear'?\n");
}
