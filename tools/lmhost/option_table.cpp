// Every option and command. Names and aliases are those of vLLM, SGLang and llama.cpp where these
// have one.
#include <algorithm>

#include "tools/lmhost/options.hpp"

namespace lmhost::tool {
namespace {

constexpr OptionSpec kOptions[] = {
    {"batch-size", "b", "max-num-seqs max-running-requests", "N", "", kWorkload, "sequences (1)"},
    {"seq-len", "s", "", "N", "", kWorkload,
     "new tokens per sequence in this pass (2048; 1 with --phase decode). 2k is 2000, 2K is 2048"},
    {"isl", "p", "n-prompt input-len", "N", "", kWorkload,
     "tokens of the prompt: as --seq-len, and of --phase generate"},
    {"cache-len", "cd", "n-depth", "N", "", kWorkload,
     "tokens per sequence already in the cache (0)"},
    {"phase", "", "", "PHASE", "prefill,decode,generate,train", kWorkload,
     "decode: one new token per sequence; generate: the sum over --isl and --osl; train: forward "
     "and backward; checked against the lengths"},
    {"osl", "", "n-gen output-len max-tokens", "N", "", kPasses,
     "tokens to generate: the prefill gives the first, each other one is a decode step"},
    {"optimizer", "", "", "NAME", "adamw,adamw-pure,adamw-8bit,sgd-momentum,sgd", kPasses,
     "whose states --phase train keeps (adamw: two fp32 moments and an fp32 master copy)"},
    {"mfu-convention", "", "", "NAME", "palm,6nd,causal,no-embedding,executed", kPasses,
     "which FLOPs of a training step are the model's (palm: 6*N*D + 3*A, dense attention)"},
    {"dtype", "", "", "TYPE", "auto,bfloat16,bf16,float16,fp16,half,float32,fp32,float,fp8,int8",
     kWorkload, "of weights, activations and KV cache (auto: the model's own)"},
    {"kv-cache-dtype", "", "", "TYPE", "auto,bfloat16,bf16,float16,fp16,fp8,fp8_e4m3,fp8_e5m2,int8",
     kWorkload, "of the KV cache (auto: as --dtype)"},
    {"w-bits", "", "w-bit weight-bits", "BITS", "", kWorkload, "bits per weight; 4.125 is fine"},
    {"a-bits", "", "a-bit activation-bits", "BITS", "", kWorkload, "bits per activation"},
    {"kv-bits", "", "kv-bit", "BITS", "", kWorkload, "bits per element of the KV cache"},
    {"index-bits", "", "", "BITS", "", kWorkload, "bits per token id (64)"},
    {"threads", "", "", "N", "", kWorkload, "at most; never changes a result (LMHOST_THREADS)"},

    {"hw", "", "system hardware", "NAME|FILE", "", kDevice,
     "the device: bounds times, never forecasts them (`lmhost devices`)"},
    {"peak", "", "", "RATE", "", kDevice, "FLOP/s of its matrix units, instead or alone: 312T"},
    {"bandwidth", "", "", "RATE", "", kDevice, "B/s of its memory, instead or alone: 2039G"},
    {"efficiency", "", "", "NAME|SHARES", "", kDevice,
     "the share of its peaks that it reaches: compute=.5,memory=.8, or a profile by name"},
    {"measured", "", "", "VALUE", "", kMeasured,
     "print its share of the roof: '36 tok/s', '27.5 ms', '150 TFLOP/s'"},

    {"price-per-hour", "", "", "X", "", kPrice,
     "of one device: prints the least price of a million tokens"},
    {"devices", "", "", "N", "", kPrice, "that share the work, each at that price (1)"},

    {"mode", "", "", "MODE", "eager,sdpa,fused", kModel,
     "what executes: Python op by op, PyTorch's attention kernel (sdpa, default), a serving "
     "engine's kernels"},
    {"set", "", "", "NAME=VALUE", "", kModel, "a value of config.json: --set num_hidden_layers=4"},
    {"hf-config", "", "hf-config-path", "FILE", "", kModel, "the config.json for a graph file"},
    {"allow-unknown", "", "", "", "", kModel,
     "leave unknown kernels out; totals become lower bounds"},
    {"locked", "", "", "FILE", "", kModel,
     "only with the plugins, by fingerprint, of this earlier JSON report"},

    {"view", "", "", "VIEW", "tree,kernels,roles,roofline", kView,
     "rows: the module tree, kernels, operand roles, or kernels on the roof of --hw"},
    {"depth", "", "", "N", "", kDepth,
     "levels of the tree below the model (tables of analyze: 4, else all)"},
    {"rows", "n", "", "N", "", kView | kCompare,
     "at most of each composite, the smallest folded (10 in tables; 0: all)"},
    {"sort", "", "", "METRIC", "", kView, "order (default), or a column: flops, bytes, read, ..."},
    {"columns", "", "", "LIST", "", kView,
     "flops,matmul,useful,read,write,bytes,interm,stored,params,calls,..."},
    {"focus", "", "", "PATTERN", "", kView,
     "only rows whose path or kernel matches; * and ? or a part"},
    {"ignore", "", "", "PATTERN", "", kView, "no rows that match"},
    {"metric", "", "", "METRIC", "", kMetric,
     "this quantity only; of compare: of the rows by module"},
    {"export", "", "", "KIND=FILE", "", kExport,
     "also write the tree as folded, speedscope, pprof, dot or mermaid; KIND:METRIC=FILE for "
     "another metric than flops; repeatable; - is standard output, instead of the report"},
    {"fail-if", "", "", "CONDITION", "", kCompare,
     "exit status 1 when it holds; repeatable: 'flops>+1%', 'bytes_read@model.layers>+1G', "
     "'parameters>8.1G'"},

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
    {"analyze", "MODEL",
     kHosted | kFormat | kExact | kModel | kWorkload | kPasses | kDevice | kMeasured | kPrice |
         kView | kDepth | kExport,
     "table,json,jsonl,csv,md,latex", "what a model costs: FLOPs, bytes, memory",
     "MODEL is a graph file, a folder with config.json, a name of the catalogue, or - for a graph "
     "on standard input."},
    {"explain", "MODEL [NODE]", kHosted | kFormat | kExact | kModel | kWorkload | kMetric,
     "text,json", "where a number comes from: formula, values, plugin, source line",
     "NODE is a path as `analyze` and `inspect` print it, or any tail of it that is the only one."},
    {"compare", "MODEL... [-- BASE...]",
     kHosted | kFormat | kExact | kModel | kWorkload | kPasses | kDevice | kMetric | kDepth |
         kCompare,
     "table,json,csv,md", "what changes from one model, workload or saved report to another",
     "NEW and BASE are models, or reports that `analyze -o json` has saved. Options before -- hold "
     "for both sides, those behind it for the base alone, on top. Several NEW are compared with "
     "one "
     "base, or each with its own; without a base with the best (1.00).\n"
     "A CONDITION is METRIC[@NODE], one of > >= < <= == !=, and a limit: with % the change in "
     "percent of the base, with + or - the change, else the new value; k M G T P E are powers of "
     "1000, Ki Mi Gi ... of 1024. Exit status 1 when a condition holds.",
     true},
    {"devices", "[list | show NAME|FILE]", kPlain | kResult | kFormat, "text,json",
     "the devices of the catalogue, each figure with its source",
     "show has every figure: its type, accumulator, sparsity, direction, source and date."},
    {"inspect", "MODEL", kHosted | kFormat | kModel | kDepth, "tree,json,dot,mermaid",
     "what a model is made of, without numbers",
     "A graph file, if not from standard input, needs no config for this."},
    {"kernels", "list [PATTERN] | show KERNEL | eval KERNEL NAME=VALUE...", kHosted | kFormat,
     "text,json", "the kernels that plugins declare",
     "eval takes the kernel's parameters and bytes= or w_bits=, a_bits=, kv_bits=, index_bits=."},
    {"plugin",
     "list | check FILE... | show FILE | dump FILE|ID | generate FILE | new NAME | explain CODE",
     kHosted | kPluginTools | kFormat, "text,json", "the plugins in use; check, dump, make one",
     "dump prints what a plugin declares as JSON; generate makes a plugin's C++ source of it.\n"
     "Exit status 1 when a check fails."},
    {"validate", "FILE...", kHosted, "", "check graphs, configs, conventions and plugins",
     "The kind of a file is told by its content. Exit status 1 when a file has an error."},
    {"schema", "graph|report|comparison|conventions|kernels|hardware|efficiency", kPlain | kResult,
     "", "print a JSON Schema", ""},
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

std::string_view title_of(OptionGroup group) {
  switch (group) {
    case kPlugins:
      return "Plugins and conventions";
    case kPluginTools:
      return "Actions of this command";
    case kModel:
      return "Model";
    case kWorkload:
      return "Workload";
    case kView:
      return "Rows and columns";
    case kPasses:
      return "Workload";
    case kDevice:
    case kMeasured:
    case kPrice:
      return "Device";
    case kFits:
      return "Serving";
    case kCompare:
    case kExport:
    case kMetric:
    case kDepth:
    case kResult:
    case kFormat:
    case kExact:
      return "Result";
    case kCommon:
      break;
  }
  return "General";
}

}  // namespace lmhost::tool
