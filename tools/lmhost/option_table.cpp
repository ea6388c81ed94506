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
    {"set", "", "", "NAME=VALUE", "", kModel, "a value of config.json: --set num_hidden_layers=4"},
    {"hf-config", "", "hf-config-path", "FILE", "", kModel, "the config.json for a graph file"},
    {"allow-unknown", "", "", "", "", kModel,
     "leave unknown kernels out; totals become lower bounds"},
    {"locked", "", "", "FILE", "", kModel,
     "only with the plugins, by fingerprint, of this earlier JSON report"},

    {"view", "", "", "VIEW", "tree,kernels,roles", kView,
     "rows: the module tree, kernels, or operand roles"},
    {"depth", "", "", "N", "", kDepth,
     "levels of the tree below the model (tables of analyze: 4, else all)"},
    {"rows", "n", "", "N", "", kView,
     "at most of each composite, the smallest folded (10 in tables; 0: all)"},
    {"sort", "", "", "METRIC", "", kView, "order (default), or a column: flops, bytes, read, ..."},
    {"columns", "", "", "LIST", "", kColumns,
     "flops,matmul,useful,read,write,bytes,interm,stored,params,calls,..."},
    {"focus", "", "", "PATTERN", "", kView,
     "only rows whose path or kernel matches; * and ? or a part"},
    {"ignore", "", "", "PATTERN", "", kView, "no rows that match"},
    {"metric", "", "", "METRIC", "", kMetric, "this quantity only"},

    {"vary", "P", "", "NAME=VALUES", "", kSweep,
     "an axis, as often as needed: batch_size=1-256*2, cache_len=1K,8K,32K, dtype=bf16,fp8, "
     "num_hidden_layers=1-32+1"},
    {"node", "", "", "NODE", "", kSweep, "of this node instead of the model; as often as needed"},
    {"shard", "", "", "I/N", "", kSweep,
     "the I-th of N parts; behind one another they are the whole"},
    {"resume", "", "", "", "", kSweep, "continue the file of --output, which must be of this sweep"},
    {"yes", "", "", "", "", kSweep, "more than 100 million points are meant"},

    {"in", "", "", "LIST", "", kForm,
     "what stays a variable: batch_size, seq_len, cache_len (these three), w_bits ... index_bits, "
     "names of the config"},
    {"asymptotic", "", "", "", "", kForm,
     "instead: the term that wins as each variable grows, and from where"},

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
    {"analyze", "MODEL", kHosted | kFormat | kExact | kModel | kWorkload | kView | kColumns | kDepth,
     "table,json,jsonl,csv,md", "what a model costs: FLOPs, bytes, memory",
     "MODEL is a graph file, a folder with config.json, a name of the catalogue, or - for a graph "
     "on standard input."},
    {"explain", "MODEL [NODE]", kHosted | kFormat | kExact | kModel | kWorkload | kMetric,
     "text,json", "where a number comes from: formula, values, plugin, source line",
     "NODE is a path as `analyze` and `inspect` print it, or any tail of it that is the only one."},
    {"formula", "MODEL [NODE]", kHosted | kFormat | kModel | kWorkload | kForm | kMetric,
     "text,latex,python,c,json", "costs as closed forms in the variables you choose",
     "Exact: the Python that it prints gives what `analyze` gives. What --in leaves out has the "
     "value that the workload gives it."},
    {"sweep", "MODEL",
     kHosted | kFormat | kExact | kModel | kWorkload | kSweep | kColumns | kMetric,
     "table,csv,jsonl,md", "costs over a grid of batches, lengths, precisions, config values",
     "Every point is what `analyze` says there. Without -o a map of the last two axes, of FLOPs.\n"
     "A range is FIRST-LAST, FIRST-LAST+STEP or FIRST-LAST*FACTOR (x will do for *)."},
    {"inspect", "MODEL", kHosted | kFormat | kModel | kDepth, "tree,json,dot",
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
    {"schema", "graph|report|conventions|kernels", kPlain | kResult, "", "print a JSON Schema", ""},
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
    case kColumns:
      return "Rows and columns";
    case kSweep:
      return "Sweep";
    case kForm:
      return "Form";
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
