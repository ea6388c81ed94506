#include "tools/lmhost/foreign_options.hpp"

#include <algorithm>
#include <vector>

namespace lmhost::tool {
namespace {

constexpr ForeignOption kForeign[] = {
    {"q quant quantization quantize quant-method quant-type wbits nbits bits load-in-4bit "
     "load-in-8bit "
     "bnb-4bit",
     "w-bits dtype", "4 bits in groups of 128 with a 16-bit scale are --w-bits 4.125"},
    {"precision prec data-type datatype torch-dtype weight-dtype type fp16 bf16 fp8 half", "dtype",
     ""},
    {"kv-dtype kv-type kv-cache-type kvcache-dtype kv-quant kv-cache-quant kv-precision",
     "kv-cache-dtype kv-bits", ""},
    {"gpu gpu-type gpu-name device accelerator chip hardware-name card", "hw",
     "'lmhost devices' lists the names"},
    {"gpus num-gpus ngpu ngpus n-gpus gpu-count num-gpu world-size nproc nproc-per-node",
     "devices tensor-parallel-size", ""},
    {"ctx ctx-len context context-len context-size n-ctx max-context max-context-len "
     "max-context-length max-seq-len max-seq-length max-sequence-length max-length "
     "max-total-tokens",
     "max-model-len cache-len", ""},
    {"past past-len past-length kv-len kv-length past-kv-len cached cache-length past-tokens",
     "cache-len", ""},
    {"seq seqlen sequence sequence-length seq-length seq-lens prompt prompt-len prompt-length "
     "prompt-tokens prompt-size input input-length input-tokens random-input-len prefill-len "
     "n-tokens "
     "tokens num-tokens",
     "seq-len isl max-model-len", ""},
    {"gen gen-len generate-len output-length output-tokens random-output-len max-new-tokens "
     "n-predict "
     "new-tokens decode-len",
     "osl max-model-len", ""},
    {"bs batch batchsize n-batch ubatch-size concurrency max-concurrency num-prompts num-seqs "
     "users",
     "batch-size", ""},
    {"gpu-mem gpu-memory vram mem memory hbm memory-size", "device-memory hw", ""},
    {"gpu-util gpu-utilization mem-fraction memory-fraction", "gpu-memory-utilization", ""},
    {"mfu mbu utilization util", "efficiency", "as compute=.5,memory=.8"},
    {"price cost cost-per-hour hourly-cost usd", "price-per-hour", ""},
    {"train training inference infer decode prefill", "phase", ""},
    {"layers num-layers n-layer n-layers num-hidden-layers hidden-size vocab-size "
     "num-attention-heads",
     "set", "values of the config are --set num_hidden_layers=4"},
    {"config config-file model-config json-config", "hf-config",
     "of a model the config.json is the operand"},
    {"model m model-path model-name model-id model-dir checkpoint ckpt tokenizer", "",
     "the model is an operand: lmhost analyze llama-2-7b"},
    {"ngl n-gpu-layers gpu-layers num-gpu-layers offload cpu-offload-gb", "",
     "every layer is on the device here; there is no option for part of them"},
    {"trust-remote-code revision hf-token token download-dir", "",
     "nothing is downloaded and no code of a model is run"},
    {"csv markdown md html text", "format", "as -o csv"},
    {"flops macs params parameters mem-usage", "metric columns sort", ""},
    {"verbose debug detail details", "depth exact trace", ""},
};

std::string commands_with(std::string_view option) {
  std::string text;
  for (const CommandSpec& command : all_commands())
    if (takes_option(command, option))
      text += (text.empty() ? "'lmhost " : ", 'lmhost ") + std::string(command.name) + "'";
  return text;
}

std::string elsewhere(std::string_view option) {
  constexpr long kListed = 4;  // an option of nearly all says nothing about where to go
  const std::string commands = commands_with(option);
  const long others = std::count(commands.begin(), commands.end(), ',');
  if (others >= kListed) return "most other commands have --" + std::string(option);
  const bool is_one = others == 0;
  return commands + (is_one ? " has --" : " have --") + std::string(option);
}

}  // namespace

std::span<const ForeignOption> foreign_options() { return kForeign; }

const ForeignOption* find_foreign_option(std::string_view name) {
  for (const ForeignOption& row : kForeign)
    for (const std::string& known : split(row.names, ' '))
      if (known == name) return &row;
  return nullptr;
}

std::string elsewhere_hint(const OptionSpec& option) { return elsewhere(option.name); }

std::string foreign_option_hint(const CommandSpec& command, std::string_view name) {
  const ForeignOption* row = find_foreign_option(name);
  if (row == nullptr) return "";
  const std::vector<std::string> options = split(row->options, ' ');
  std::string taken;
  for (const std::string& option : options)
    if (takes_option(command, option)) taken += (taken.empty() ? "'--" : " or '--") + option + "'";
  if (options.empty()) return std::string(row->note);
  if (taken.empty()) return elsewhere(options.front());
  const std::string hint = "did you mean " + taken + "?";
  return row->note.empty() ? hint : hint + " " + std::string(row->note);
}

}  // namespace lmhost::tool
