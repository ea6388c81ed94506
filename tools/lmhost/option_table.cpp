// Every option and command. Names and aliases are those of vLLM, SGLang and llama.cpp where these
// have one.
#include <algorithm>

#include "tools/lmhost/options.hpp"

namespace lmhost::tool {
namespace {

constexpr OptionSpec kOptions[] = {
    {"batch-size", "b", "max-num-seqs max-running-requests", "N", "", kWorkload | kFits,
     "sequences (1)"},
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
     kWorkload | kFits, "of weights, activations and KV cache (auto: the model's own)"},
    {"kv-cache-dtype", "", "ctk ctv cache-type-k cache-type-v", "TYPE",
     "auto,bfloat16,bf16,float16,fp16,f16,fp8,fp8_e4m3,fp8_e5m2,int8,q8_0,q4_0", kWorkload | kFits,
     "of the KV cache (auto: as --dtype)"},
    {"w-bits", "", "w-bit weight-bits", "BITS", "", kWorkload | kFits,
     "bits per weight; 4.125 is fine"},
    {"a-bits", "", "a-bit activation-bits", "BITS", "", kWorkload | kFits, "bits per activation"},
    {"kv-bits", "", "kv-bit", "BITS", "", kWorkload | kFits, "bits per element of the KV cache"},
    {"index-bits", "", "", "BITS", "", kWorkload | kFits, "bits per token id (64)"},
    {"threads", "", "", "N", "", kWorkload, "at most; never changes a result (LMHOST_THREADS)"},

    {"max-model-len", "", "context-length ctx-size", "N", "", kFits,
     "tokens of a sequence, prompt and answer together (the model's own limit)"},
    {"max-num-batched-tokens", "", "chunked-prefill-size", "N", "", kFits,
     "new tokens of one step at most (8192)"},
    {"devices", "", "num-devices", "N", "", kFits, "how many (the product of the sizes below)"},
    {"tensor-parallel-size", "", "tp tp-size tensor-parallel", "N", "", kFits,
     "ranks that share every layer (what --devices leaves, else 1)"},
    {"pipeline-parallel-size", "", "pp pp-size pipeline-parallel", "N", "", kFits,
     "stages of whole layers (1)"},
    {"data-parallel-size", "", "dp dp-size data-parallel", "N", "", kFits, "replicas (1)"},
    {"expert-parallel-size", "", "ep ep-size expert-parallel", "N", "", kFits,
     "ranks of a stage that share the experts (1)"},
    {"gpu-memory-utilization", "", "mem-fraction-static", "SHARE", "", kFits,
     "of the device's memory that may be used (0.9)"},
    {"device-memory", "", "", "SIZE", "", kFits, "of one device, instead or alone: 80GB, 80GiB"},
    {"solve", "", "", "WHAT", "max-model-len,max-num-seqs,devices,dtype", kFits,
     "the largest length or number of sequences, the fewest devices, the widest weights that fit"},
    {"hw", "", "system hardware", "NAME|FILE", "", kDevice | kFits,
     "the device: its peaks bound times, its memory what fits (`lmhost devices`)"},
    {"peak", "", "", "RATE", "", kDevice, "FLOP/s of its matrix units, instead or alone: 312T"},
    {"bandwidth", "", "", "RATE", "", kDevice, "B/s of its memory, instead or alone: 2039G"},
    {"efficiency", "", "", "NAME|SHARES", "", kDevice,
     "the share of its peaks that it reaches: compute=.5,memory=.8, or a profile by name (`lmhost "
     "devices`)"},
    {"measured", "", "", "VALUE", "", kMeasured,
     "print its share of the roof: '36 tok/s', '27.5 ms', '150 TFLOP/s'"},

    {"price-per-hour", "", "", "X", "", kPrice,
     "of one device: prints the least price of a million tokens"},
    {"devices", "", "", "N", "", kPrice, "that share the work, each at that price (1)"},

    {"mode", "", "", "MODE", "eager,sdpa,fused", kModel,
     "what executes: Python op by op, PyTorch's attention kernel (sdpa, default), a serving "
     "engine's kernels"},
    {"set", "", "", "NAME=VALUE", "", kModel | kPopulate,
     "a value of config.json: --set num_hidden_layers=4"},
    {"hf-config", "", "hf-config-path", "FILE", "", kModel | kPopulate,
     "the config.json for a graph file"},
    {"root", "", "", "NAME", "", kRoot,
     "of a folder or file with several: the composite that is meant"},
    {"allow-unknown", "", "", "", "", kModel,
     "leave unknown kernels out; totals become lower bounds"},
    {"locked", "", "", "FILE", "", kModel,
     "only with the plugins, by fingerprint, of this earlier JSON report"},

    {"rules", "", "", "FILE", "", kPopulate,
     "where parameters come from (catalogs/parameter_rules.json)"},

    {"view", "", "", "VIEW", "tree,kernels,roles,roofline", kView,
     "rows: the module tree, kernels, operand roles, or kernels on the roof of --hw"},
    {"depth", "", "", "N", "", kDepth,
     "levels of the tree below the model (tables of analyze: 4, else all)"},
    {"rows", "n", "", "N", "", kView | kCompare,
     "at most of each composite, the smallest folded (10 in tables; 0: all)"},
    {"sort", "", "", "METRIC", "", kView,
     "order (default), or a column: flops, bytes, read, time, ..."},
    {"columns", "", "", "LIST", "", kColumns,
     "flops,matmul,useful,read,write,bytes,interm,stored,params,calls,... and with --hw "
     "time,bound"},
    {"focus", "", "", "PATTERN", "", kView,
     "only rows whose path or kernel matches; * and ? or a part"},
    {"ignore", "", "", "PATTERN", "", kView, "no rows that match"},
    {"metric", "", "", "METRIC", "", kMetric,
     "this quantity only; of compare: of the rows by module"},
    {"reconcile", "", "", "VALUE", "", kReconcile,
     "instead: which way of counting gives this number of a paper or another tool: 61.48TFLOP, "
     "14.6TMAC, 13.5GB, 12.55GiB, '6.74B parameters'; exit status 1: none"},
    {"export", "", "", "KIND=FILE", "", kExport,
     "also write the tree as folded, speedscope, pprof, dot or mermaid; KIND:METRIC=FILE for "
     "another metric than flops; repeatable; - is standard output, instead of the report"},
    {"fail-if", "", "", "CONDITION", "", kCompare,
     "exit status 1 when it holds; repeatable: 'flops>+1%', 'bytes_read@model.layers>+1G', "
     "'parameters>8.1G'"},

    {"keep-config", "", "", "", "", kResolve,
     "leave the numbers of the config as names, config.NAME (without a config all of it is)"},
    {"trace", "", "", "", "", kKernelTools,
     "eval: how each number comes about, as a tree: formula, values, result"},
    {"graph", "", "", "MODEL", "", kKernelTools,
     "eval: KERNEL is a composite of this model, its parameters and batch_size, seq_len, cache_len "
     "the names"},
    {"vary", "P", "", "NAME=VALUES", "", kSweep,
     "an axis, as often as needed: batch_size=1-256*2, cache_len=1K,8K,32K, dtype=bf16,fp8, "
     "num_hidden_layers=1-32+1"},
    {"node", "", "", "NODE", "", kSweep, "of this node instead of the model; as often as needed"},
    {"shard", "", "", "I/N", "", kSweep,
     "the I-th of N parts; behind one another they are the whole"},
    {"output", "o", "", "FILE", "", kSweep,
     "rows go there as they are computed; a map is written whole or not at all"},
    {"resume", "", "", "", "", kSweep,
     "continue the file of --output, which must be of this sweep"},
    {"yes", "", "", "", "", kSweep, "more than 100 million points are meant"},

    {"in", "", "", "LIST", "", kForm,
     "what stays a variable: batch_size, seq_len, cache_len (these three), w_bits ... index_bits, "
     "names of the config"},
    {"asymptotic", "", "", "", "", kForm,
     "instead: the term that wins as each variable grows, and from where"},

    {"format", "o", "output-format", "FORMAT", "", kFormat, "form of the result"},
    {"json", "", "", "", "", kFormat, "as --format json"},
    {"output", "o", "", "FILE", "", kResult, "write there, whole or not at all"},
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

    {"missing", "", "ensure-modules", "", "", kMissing,
     "the kernels of MODEL that no plugin and no catalogue knows; with --agent they are learned"},
    {"agent", "", "", "COMMAND", "", kLearn,
     "the program that analyses a module: prompt on standard input, JSON on standard output or in "
     "$LMHOST_OUTPUT; run without a shell"},
    {"source", "", "", "DIR", "", kLearn, "a Python source tree to find classes in"},
    {"timeout", "", "", "SECONDS", "", kLearn, "for one answer; then the agent is killed (600)"},
    {"retries", "", "", "N", "", kLearn, "after a refused answer, with its errors (2)"},
    {"progress", "", "", "HOW", "auto,plain,json,none", kLearn,
     "on standard error: for people, or one JSON object a line (auto: colour on a terminal)"},
    {"force", "", "", "", "", kLearn, "learn again what is known already"},
    {"generate", "", "", "", "", kLearn, "also write and build a plugin of each module (CXX)"},

    {"all", "", "", "", "", kPluginTools, "plugin list: also libraries that are no plugins"},
    {"strict", "", "", "", "", kPluginTools, "plugin check: warnings fail too"},
    {"seed", "", "", "N", "", kPluginTools, "plugin check: of the random points (1)"},
    {"dir", "", "", "DIR", "", kPluginTools | kLearn,
     "the folder for new files: of plugin new (.), of --generate (that of the database)"},

    {"by", "", "", "WHO", "", kApproval, "catalog approve: who has looked at it"},
    {"date", "", "", "DATE", "", kApproval, "catalog approve: when; nothing is dated by itself"},
    {"notes", "", "", "TEXT", "", kApproval, "catalog approve: why, or with what reserve"},
    {"revoke", "", "", "", "", kApproval, "catalog approve: take it back"},

    {"color", "", "colour", "WHEN", "auto,always,never", kCommon, "auto: on a terminal (NO_COLOR)"},
    {"ascii", "", "", "", "", kCommon, "no characters beyond ASCII"},
    {"help", "h", "", "", "", kCommon, "this text"},
};

constexpr unsigned kPlain = kCommon;
constexpr unsigned kHosted = kCommon | kPlugins | kResult;

constexpr CommandSpec kCommands[] = {
    {"analyze", "MODEL",
     kHosted | kFormat | kExact | kModel | kRoot | kWorkload | kPasses | kDevice | kMeasured |
         kPrice | kView | kColumns | kDepth | kExport,
     "table,json,jsonl,csv,md,latex", "what a model costs: FLOPs, bytes, memory",
     "MODEL is a graph file, a folder with config.json, a name of the catalogue, a file or folder "
     "of another format (see import), or - for a graph on standard input."},
    {"explain", "MODEL [NODE]",
     kHosted | kFormat | kExact | kModel | kRoot | kWorkload | kMetric | kReconcile, "text,json",
     "where a number comes from: formula, values, plugin, source line",
     "NODE is a path as `analyze` and `inspect` print it, or any tail of it that is the only one."},
    {"compare", "MODEL... [-- BASE...]",
     kHosted | kFormat | kExact | kModel | kWorkload | kPasses | kDevice | kMetric | kDepth |
         kCompare,
     "table,json,csv,md", "what changes from one model, workload or saved report to another",
     "NEW and BASE are models, or reports that `analyze -o json` has saved. Options before -- hold "
     "for both sides, those behind it for the base alone, on top. Several NEW are compared with "
     "one base, or each with its own; without a base with the best (1.00).\n"
     "A CONDITION is METRIC[@NODE], one of > >= < <= == !=, and a limit: with % the change in "
     "percent of the base, with + or - the change, else the new value; k M G T P E are powers of "
     "1000, Ki Mi Gi ... of 1024. Exit status 1 when a condition holds.",
     true},
    {"devices", "[list | show NAME|FILE]", kPlain | kResult | kFormat, "text,json",
     "the devices of the catalogue, each figure with its source",
     "show has every figure: its type, accumulator, sparsity, direction, source and date."},
    {"fits", "MODEL", kHosted | kFormat | kExact | kModel | kFits, "text,json",
     "whether weights, KV cache and activations fit on devices, and what would",
     "Exit status 0 when it fits, 1 when not. The mode is fused unless --mode says otherwise. "
     "What a driver, a communication library and fragmentation take is no part of it: that is what "
     "--gpu-memory-utilization leaves."},
    {"formula", "MODEL [NODE]", kHosted | kFormat | kModel | kRoot | kWorkload | kForm | kMetric,
     "text,latex,python,c,json", "costs as closed forms in the variables you choose",
     "Exact: the Python that it prints gives what `analyze` gives. What --in leaves out has the "
     "value that the workload gives it."},
    {"sweep", "MODEL",
     kCommon | kPlugins | kFormat | kExact | kModel | kRoot | kWorkload | kDevice | kSweep |
         kColumns | kMetric,
     "table,csv,jsonl,md", "costs over a grid of batches, lengths, precisions, config values",
     "Every point is what `analyze` says there. Without -o a map of the last two axes: of FLOPs, "
     "or "
     "with a device of tokens per second at most; a dot is where weights and cache exceed 0.9 of "
     "its memory. The device may be an axis: -P hw=a100-80g,h100-sxm.\n"
     "A range is FIRST-LAST, FIRST-LAST+STEP or FIRST-LAST*FACTOR (x will do for *).\n"
     "The file of --output keeps what it had until the first row is there. After Ctrl-C or on a "
     "full "
     "disk it ends with a whole row, and whatever ended the sweep, --resume completes it. One "
     "sweep writes to a file at a time; a second one is refused."},
    {"inspect", "MODEL", kHosted | kFormat | kModel | kRoot | kDepth, "tree,json,dot,mermaid",
     "what a model is made of, without numbers",
     "A graph file, if not from standard input, needs no config for this."},
    {"resolve", "MODEL", kHosted | kFormat | kModel | kDepth | kResolve, "text,json",
     "what a model costs, as formulas",
     "FLOPs and bytes of every call and composite in the runtime variables, and in config.* if the "
     "model has no config or with --keep-config."},
    {"kernels", "list [PATTERN] | show KERNEL | eval KERNEL NAME=VALUE...",
     kHosted | kFormat | kModel | kKernelTools, "text,json", "the kernels that plugins declare",
     "eval takes the kernel's parameters and bytes= or w_bits=, a_bits=, kv_bits=, index_bits=."},
    {"plugin",
     "list | check FILE... | show FILE | dump FILE|ID | generate FILE | new NAME | explain CODE",
     kHosted | kPluginTools | kFormat, "text,json", "the plugins in use; check, dump, make one",
     "dump prints what a plugin declares as JSON; generate makes a plugin's C++ source of it.\n"
     "Exit status 1 when a check fails."},
    {"catalog",
     "list FILE... | show KERNEL FILE | validate FILE... | diff BEFORE AFTER | approve KERNEL...",
     kHosted | kApproval | kFormat, "text,json", "kernels as data: databases of modules and others",
     "approve writes into the --catalog FILE that a person has looked at KERNEL; every other byte "
     "stays.\n"
     "Exit status 1 when a file is not valid, or when two differ."},
    {"import", "FILE|DIR", kHosted | kRoot, "",
     "turn another format into a graph, or into a catalogue of kernels",
     "Reads kernel dependency trees, kernel cost files and folders of them, atomic kernels, module "
     "databases, module analyses and model representations, told apart by content. What the format "
     "does not say is reported call by call and left out."},
    {"learn", "NAME...", kHosted | kFormat | kLearn, "text,json",
     "have an agent analyse modules from their source",
     "NAME is a class, whole or its last parts: LlamaMLP. What is known is left alone. What an "
     "agent answers is judged, and kept in the last --catalog FILE, which is made when it is not "
     "there. "
     "Exit status 1 when a module failed."},
    {"populate", "MODEL", kHosted | kPopulate, "",
     "fill in the parameters of a model's structure from its config",
     "MODEL is a model representation: {model_id, layers}. The result has in each basic layer the "
     "parameters of the kernel of its class, what is known at run time only as a template, and "
     "where each value came from."},
    {"validate", "FILE... | --missing MODEL", kHosted | kFormat | kMissing | kLearn, "text,json",
     "check graphs, configs, conventions and plugins",
     "The kind of a file is told by its content. Exit status 1 when a file has an error.\n"
     "--missing lists the kernels of MODEL, and exits with 1 when some are known to nobody."},
    {"schema",
     "graph|report|resolved|comparison|fits|formula|growth|reconciliation|conventions|kernels|"
     "hardware|efficiency|parameter_rules|modules|module_answer",
     kPlain | kResult, "", "print a JSON Schema", ""},
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

const OptionSpec* find_option(std::string_view spelled) {
  std::string name(spelled);
  std::replace(name.begin(), name.end(), '_', '-');
  for (const OptionSpec& option : kOptions) {
    if (option.name == name) return &option;
    for (const std::string& alias : split(option.aliases, ' '))
      if (alias == name) return &option;
  }
  return nullptr;
}

bool takes_option(const CommandSpec& command, std::string_view name) {
  return std::any_of(std::begin(kOptions), std::end(kOptions), [&](const OptionSpec& option) {
    return option.name == name && (option.group & command.groups) != 0;
  });
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::string_view title_of(unsigned groups) {
  switch (groups & -groups) {
    case kPlugins:
      return "Plugins and conventions";
    case kPluginTools:
    case kKernelTools:
    case kApproval:
      return "Actions of this command";
    case kMissing:
    case kLearn:
      return "Learning";
    case kModel:
    case kRoot:
    case kPopulate:
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
    case kReconcile:
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
