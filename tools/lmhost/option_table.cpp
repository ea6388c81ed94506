// Every option and command. Names and aliases are those of vLLM, SGLang and llama.cpp where these
// have one.
#include <algorithm>

#include "tools/lmhost/options.hpp"

namespace lmhost::tool {
namespace {

constexpr OptionSpec kOptions[] = {
    {"batch-size", "b", "max-num-seqs max-running-requests", "N", "", kWorkload, "sequences (1)"},
    {"seq-len", "sp", "isl n-prompt input-len", "N", "", kWorkload,
     "new tokens per sequence in this pass (2048; 1 with --phase decode). 2k is 2000, 2K is 2048"},
    {"cache-len", "cd", "n-depth", "N", "", kWorkload,
     "tokens per sequence already in the cache (0)"},
    {"phase", "", "", "PHASE", "prefill,decode", kWorkload,
     "decode: one new token per sequence; checked against the lengths"},
    {"dtype", "", "", "TYPE", "auto,bfloat16,bf16,float16,fp16,half,float32,fp32,float,fp8,int8",
     kWorkload, "of weights, activations and KV cache (auto: the model's own)"},
    {"kv-cache-dtype", "", "", "TYPE", "auto,bfloat16,bf16,float16,fp16,fp8,fp8_e4m3,fp8_e5m2,int8",
     kWorkload, "of the KV cache (auto: as --dtype)"},
    {"w-bits", "", "w-bit weight-bits", "BITS", "", kWorkload, "bits per weight; 4.125 is fine"},
    {"a-bits", "", "a-bit activation-bits", "BITS", "", kWorkload, "bits per activation"},
    {"kv-bits", "", "kv-bit", "BITS", "", kWorkload, "bits per element of the KV cache"},
    {"index-bits", "", "", "BITS", "", kWorkload, "bits per token id (64)"},
    {"threads", "", "", "N", "", kWorkload, "at most; never changes a result (LMHOST_THREADS)"},

    {"mode", "", "", "MODE", "eager,sdpa,fused", kModel,
     "what executes: Python op by op, PyTorch's attention kernel (sdpa, default), a serving "
     "engine's kernels"},
    {"set", "", "", "NAME=VALUE", "", kModel | kPopulate,
     "a value of config.json: --set num_hidden_layers=4"},
    {"hf-config", "", "hf-config-path", "FILE", "", kModel | kPopulate,
     "the config.json for a graph file"},
    {"allow-unknown", "", "", "", "", kModel,
     "leave unknown kernels out; totals become lower bounds"},
    {"locked", "", "", "FILE", "", kModel,
     "only with the plugins, by fingerprint, of this earlier JSON report"},

    {"rules", "", "", "FILE", "", kPopulate,
     "where parameters come from (catalogs/parameter_rules.json)"},

    {"view", "", "", "VIEW", "tree,kernels,roles", kView,
     "rows: the module tree, kernels, or operand roles"},
    {"depth", "", "", "N", "", kDepth,
     "levels of the tree below the model (tables of analyze: 4, else all)"},
    {"rows", "n", "", "N", "", kView,
     "at most of each composite, the smallest folded (10 in tables; 0: all)"},
    {"sort", "", "", "METRIC", "", kView, "order (default), or a column: flops, bytes, read, ..."},
    {"columns", "", "", "LIST", "", kView,
     "flops,matmul,useful,read,write,bytes,interm,stored,params,calls,..."},
    {"focus", "", "", "PATTERN", "", kView,
     "only rows whose path or kernel matches; * and ? or a part"},
    {"ignore", "", "", "PATTERN", "", kView, "no rows that match"},
    {"metric", "", "", "METRIC", "", kMetric, "explain this quantity only"},

    {"keep-config", "", "", "", "", kResolve,
     "leave the numbers of the config as names, config.NAME (without a config all of it is)"},
    {"trace", "", "", "", "", kKernelTools,
     "eval: how each number comes about, as a tree: formula, values, result"},
    {"graph", "", "", "MODEL", "", kKernelTools,
     "eval: KERNEL is a composite of this model, its parameters and batch_size, seq_len, cache_len "
     "the names"},

    {"format", "o", "output-format", "FORMAT", "", kFormat, "form of the result"},
    {"json", "", "", "", "", kFormat, "as --format json"},
    {"output", "", "", "FILE", "", kResult, "write there, whole or not at all"},
    {"exact", "", "", "", "", kExact, "whole numbers instead of 29.26 T"},

    {"conventions", "", "convention", "NAME|FILE", "lmhost,deepspeed,seed", kPlugins,
     "FLOPs of small operations (lmhost)"},
    {"plugin", "", "", "FILE", "", kPlugins, "load this plugin too"},
    {"plugin-dir", "", "", "DIR", "", kPlugins,
     "load the plugins of this folder too (LMHOST_PLUGIN_PATH)"},
    {"no-default-plugins", "", "", "", "", kPlugins, "none but those named"},
    {"catalog", "", "", "FILE", "", kPlugins,
     "kernels as data; they hide plugins' kernels of the same name"},
    {"use", "", "", "KERNEL=PLUGIN", "", kPlugins,
     "whose kernel is meant when several plugins declare the name"},

    {"all", "", "", "", "", kPluginTools, "plugin list: also libraries that are no plugins"},
    {"strict", "", "", "", "", kPluginTools, "plugin check: warnings fail too"},
    {"seed", "", "", "N", "", kPluginTools, "plugin check: of the random points (1)"},
    {"dir", "", "", "DIR", "", kPluginTools, "plugin new: make NAME below this folder (.)"},

    {"color", "", "colour", "WHEN", "auto,always,never", kCommon, "auto: on a terminal (NO_COLOR)"},
    {"ascii", "", "", "", "", kCommon, "no characters beyond ASCII"},
    {"help", "h", "", "", "", kCommon, "this text"},
};

constexpr unsigned kPlain = kCommon;
constexpr unsigned kHosted = kCommon | kPlugins | kResult;

constexpr CommandSpec kCommands[] = {
    {"analyze", "MODEL", kHosted | kFormat | kExact | kModel | kWorkload | kView | kDepth,
     "table,json,jsonl,csv,md", "what a model costs: FLOPs, bytes, memory",
     "MODEL is a graph file, a folder with config.json, a name of the catalogue, or - for a graph "
     "on standard input."},
    {"explain", "MODEL [NODE]", kHosted | kFormat | kExact | kModel | kWorkload | kMetric,
     "text,json", "where a number comes from: formula, values, plugin, source line",
     "NODE is a path as `analyze` and `inspect` print it, or any tail of it that is the only one."},
    {"inspect", "MODEL", kHosted | kFormat | kModel | kDepth, "tree,json,dot",
     "what a model is made of, without numbers",
     "A graph file, if not from standard input, needs no config for this."},
    {"resolve", "MODEL", kHosted | kFormat | kModel | kDepth | kResolve, "text,json",
     "what a model costs, as formulas",
     "FLOPs and bytes of every call and composite in the runtime variables, and in config.* if "
     "the\n"
     "model has no config or with --keep-config."},
    {"kernels", "list [PATTERN] | show KERNEL | eval KERNEL NAME=VALUE...",
     kHosted | kFormat | kModel | kKernelTools, "text,json", "the kernels that plugins declare",
     "eval takes the kernel's parameters and bytes= or w_bits=, a_bits=, kv_bits=, index_bits=."},
    {"plugin",
     "list | check FILE... | show FILE | dump FILE|ID | generate FILE | new NAME | explain CODE",
     kHosted | kPluginTools | kFormat, "text,json", "the plugins in use; check, dump, make one",
     "dump prints what a plugin declares as JSON; generate makes a plugin's C++ source of it.\n"
     "Exit status 1 when a check fails."},
    {"populate", "MODEL", kHosted | kPopulate, "",
     "fill in the parameters of a model's structure from its config",
     "MODEL is a model representation: {model_id, layers}. The result has in each basic layer the "
     "parameters of the kernel of its class, what is known at run time only as a template, and "
     "where "
     "each value came from."},
    {"validate", "FILE...", kHosted, "", "check graphs, configs, conventions and plugins",
     "The kind of a file is told by its content. Exit status 1 when a file has an error."},
    {"schema", "graph|report|resolved|conventions|kernels|parameter_rules", kPlain | kResult, "",
     "print a JSON Schema", ""},
    {"completion", "bash|zsh|fish", kPlain | kResult, "", "print a completion script",
     "bash: source <(lmhost completion bash)"},
    {"doctor", "", kHosted, "", "check this installation",
     "Opens every plugin, verifies every worked example. Exit status 1 when something is wrong."},
    {"help", "[COMMAND]", kPlain, "", "this text, or that of a command", ""},
};

}  // namespace

std::span<const OptionSpec> all_options() { return kOptions; }

std::span<const CommandSpec> all_commands() { return kCommands; }

const CommandSpec* find_command(std::string_view name) {
  const auto found = std::find_if(std::begin(kCommands), std::end(kCommands),
                                  [&](const CommandSpec& command) { return command.name == name; });
  return found == std::end(kCommands) ? nullptr : found;
}

std::string_view title_of(unsigned groups) {
  switch (groups & -groups) {
    case kPlugins:
      return "Plugins and conventions";
    case kPluginTools:
    case kKernelTools:
      return "Actions of this command";
    case kModel:
    case kPopulate:
      return "Model";
    case kWorkload:
      return "Workload";
    case kView:
      return "Rows and columns";
    case kMetric:
    case kDepth:
    case kResult:
    case kFormat:
    case kExact:
    case kResolve:
      return "Result";
    case kCommon:
      break;
  }
  return "General";
}

}  // namespace lmhost::tool
