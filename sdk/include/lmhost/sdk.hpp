// The C++17 face of the plugin ABI: a plugin author includes this header and writes one
// LMHOST_PLUGIN block.
//
//   LMHOST_PLUGIN(matmul, "1.0.0", "Dense matrix products") {
//     plugin.kernel("torch.mm")
//         .doc("(M,K) x (K,N) -> (M,N)")
//         .params({"M", "K", "N"})
//         .flops("2*M*K*N").matmul_flops("2*M*K*N")
//         .reads("input", "M*K").reads("mat2", "K*N").writes("output", "M*N")
//         .example("M=2, K=3, N=4, bytes=2", "flops=48, read=36, write=16");
//   }
//
// The macro hides the entry symbol, the ELF note, storage and exceptions: a body that throws makes
// the plugin fail to load with the exception's text. Everything here has hidden visibility, so that
// two plugins built with different flags or SDK versions never share a symbol. Depends on the C++
// standard library only.
#pragma once

#include <lmhost/plugin.h>

#include <cstring>
#include <deque>
#include <exception>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>
#define LMHOST_SDK_HIDDEN __attribute__((visibility("hidden")))

namespace lmhost {
namespace sdk LMHOST_SDK_HIDDEN {

// One parameter of a kernel: "M" is a required integer, "has_bias=0" has a default,
// "equation:string" has a type (int, float, bool, string), "k?" may stay unbound, "tile~" need
// not raise the cost when it grows. In this order: "name?~:type=default -- description".
struct Parameter {
  Parameter(const char* spelling)
      : text(spelling) {}  // NOLINT: implicit on purpose, for braced lists
  std::string text;
};

// Owns every string and table for the life of the process; element addresses never change.
class Storage {
 public:
  const char* keep(const char* text) { return keep(text, std::strlen(text)); }
  const char* keep(const std::string& text) { return keep(text.c_str(), text.size()); }

 private:
  static constexpr std::size_t kBlock = 16 * 1024;

  // Texts share blocks: a family of kernels has thousands of them, and every plugin pays for them when it loads.
  const char* keep(const char* text, std::size_t size) {
    if (left_ <= size) {
      left_ = size < kBlock ? kBlock : size + 1;
      next_ = blocks_.emplace_back(new char[left_]).get();
    }
    char* const kept = next_;
    std::memcpy(kept, text, size);
    kept[size] = '\0';
    next_ += size + 1;
    left_ -= size + 1;
    return kept;
  }

  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
};

template <class T>
lmh_span span_of(const std::vector<T>& items) {
  return items.empty() ? lmh_span{nullptr, 0, 0}
                       : lmh_span{items.data(), static_cast<uint32_t>(items.size()),
                                  static_cast<uint32_t>(sizeof(T))};
}

// Description of one kernel. Every method returns the kernel, so that calls chain; order does not
// matter, except that lets and parameters may use those declared before them.
class Kernel {
 public:
  Kernel(Storage& storage, const char* name) : storage_(&storage) {
    kernel_.name = storage.keep(name);
    kernel_.doc = "";
    kernel_.source = "";
    kernel_.revision = 1;
  }

  Kernel& doc(const char* text) {
    kernel_.doc = storage_->keep(text);
    return *this;
  }
  // Where the formulas come from: paper, PyTorch file and line, or the derivation.
  Kernel& source(const char* text) {
    kernel_.source = storage_->keep(text);
    return *this;
  }
  // Raise it whenever a formula changes its value.
  Kernel& revision(unsigned number) {
    kernel_.revision = number;
    return *this;
  }
  Kernel& alias(std::initializer_list<const char*> names) {
    for (const char* name : names) aliases_.push_back(storage_->keep(name));
    return *this;
  }
  // alias("a") and alias("a", "b") as well.
  template <class... More>
  Kernel& alias(const char* name, More... more) {
    return alias({name, more...});
  }
  Kernel& params(std::initializer_list<Parameter> list) {
    for (const Parameter& parameter : list) parameters_.push_back(parse(parameter.text));
    return *this;
  }
  // params("M") and params("M", "K") as well.
  template <class... More>
  Kernel& params(const char* parameter, More... more) {
    return params({parameter, more...});
  }
  Kernel& let(const char* name, const char* expression, const char* doc = "") {
    lets_.push_back({storage_->keep(name), storage_->keep(expression), storage_->keep(doc)});
    return *this;
  }
  Kernel& flops(const char* expression, const char* doc = "") {
    return quantity("flops", expression, doc);
  }
  // The part that runs on matrix units: what PyTorch's FlopCounterMode counts. Default 0.
  Kernel& matmul_flops(const char* expression, const char* doc = "") {
    return quantity("matmul_flops", expression, doc);
  }
  // The part that is not thrown away by a mask. Default: flops.
  Kernel& useful_flops(const char* expression, const char* doc = "") {
    return quantity("useful_flops", expression, doc);
  }
  // Of the backward pass in training, where it is not twice the forward pass: a kernel that computes
  // something again, or has no gradient.
  Kernel& backward_flops(const char* expression, const char* doc = "") {
    return quantity("backward_flops", expression, doc);
  }
  Kernel& backward_matmul_flops(const char* expression, const char* doc = "") {
    return quantity("backward_matmul_flops", expression, doc);
  }

  // Operands. `elements` is a formula; `bits` is a formula too, by default the precision variable
  // of the role.
  Kernel& reads(const char* name, const char* elements, const char* bits = nullptr,
                const char* doc = "") {
    return operand(LMH_READ, LMH_ACTIVATION, name, elements, nullptr, bits, doc);
  }
  Kernel& writes(const char* name, const char* elements, const char* bits = nullptr,
                 const char* doc = "") {
    return operand(LMH_WRITE, LMH_ACTIVATION, name, elements, nullptr, bits, doc);
  }
  Kernel& scratch(const char* name, const char* elements, const char* bits = nullptr,
                  const char* doc = "") {
    return operand(LMH_SCRATCH, LMH_ACTIVATION, name, elements, nullptr, bits, doc);
  }
  // A weight that is read; stored once per storage. `stored` differs from `elements` where only a
  // part is touched.
  Kernel& weight(const char* name, const char* elements, const char* stored = nullptr,
                 const char* bits = nullptr, const char* doc = "") {
    return operand(LMH_READ, LMH_WEIGHT, name, elements, stored, bits, doc);
  }
  // Any combination: role and direction spelled out. `stored` and `bits` may be null (see
  // lmh_operand).
  Kernel& operand(lmh_direction direction, lmh_role role, const char* name, const char* elements,
                  const char* stored = nullptr, const char* bits = nullptr, const char* doc = "") {
    lmh_operand row = {};
    row.name = storage_->keep(name);
    row.elements = storage_->keep(elements);
    row.stored_elements = stored == nullptr ? nullptr : storage_->keep(stored);
    row.bits = bits == nullptr ? nullptr : storage_->keep(bits);
    row.doc = storage_->keep(doc);
    row.direction = direction;
    row.role = role;
    operands_.push_back(row);
    return *this;
  }
  Kernel& example(const char* bindings, const char* expected, const char* source = "") {
    examples_.push_back(
        {storage_->keep(bindings), storage_->keep(expected), storage_->keep(source)});
    return *this;
  }

  lmh_kernel finish() {
    kernel_.aliases = span_of(aliases_);
    kernel_.parameters = span_of(parameters_);
    kernel_.lets = span_of(lets_);
    kernel_.quantities = span_of(quantities_);
    kernel_.operands = span_of(operands_);
    kernel_.examples = span_of(examples_);
    return kernel_;
  }

 private:
  Kernel& quantity(const char* name, const char* expression, const char* doc) {
    quantities_.push_back({name, storage_->keep(expression), storage_->keep(doc)});
    return *this;
  }

  lmh_parameter parse(std::string text) {
    lmh_parameter row = {};
    row.type = LMH_INT;
    row.doc = "";
    if (const auto dash = text.find(" -- "); dash != std::string::npos) {
      row.doc = storage_->keep(text.substr(dash + 4));
      text.resize(dash);
    }
    if (const auto equals = text.find('='); equals != std::string::npos) {
      row.default_expression = storage_->keep(text.substr(equals + 1));
      text.resize(equals);
    }
    if (const auto colon = text.find(':'); colon != std::string::npos) {
      row.type = type_named(text.substr(colon + 1), text);
      text.resize(colon);
    }
    for (; !text.empty() && (text.back() == '?' || text.back() == '~'); text.pop_back()) {
      row.flags |= static_cast<uint32_t>(text.back() == '?' ? LMH_PARAMETER_OPTIONAL
                                                            : LMH_PARAMETER_NOT_MONOTONE);
    }
    row.name = storage_->keep(text);
    return row;
  }

  static uint32_t type_named(const std::string& type, const std::string& parameter) {
    if (type == "int") return LMH_INT;
    if (type == "float") return LMH_FLOAT;
    if (type == "bool") return LMH_BOOL;
    if (type == "string") return LMH_STRING;
    throw std::invalid_argument("parameter '" + parameter +
                                "': unknown type; write int, float, bool or string");
  }

  Storage* storage_;
  lmh_kernel kernel_ = {};
  std::vector<const char*> aliases_;
  std::vector<lmh_parameter> parameters_;
  std::vector<lmh_formula> lets_;
  std::vector<lmh_formula> quantities_;
  std::vector<lmh_operand> operands_;
  std::vector<lmh_example> examples_;
};

using Macro = std::string (*)(const std::vector<std::string>& arguments);
using Scalar = double (*)(const std::vector<double>& arguments);

// Description of one plugin, filled by the body of LMHOST_PLUGIN.
class Plugin {
 public:
  Kernel& kernel(const char* name) { return kernels_.emplace_back(storage_, name); }

  // A named convention with its source; formulas use it by `name`, a convention set overrides
  // "<plugin>.<name>".
  Plugin& constant(const char* name, const char* value, const char* doc, const char* source) {
    constants_.push_back(
        {storage_.keep(name), storage_.keep(value), storage_.keep(doc), storage_.keep(source)});
    return *this;
  }
  // A function from string arguments to formula text: the result stays symbolic. Throw to report
  // a bad argument.
  Plugin& macro(const char* name, unsigned arity, Macro function, const char* doc) {
    lmh_function row = {};
    row.name = storage_.keep(name);
    row.doc = storage_.keep(doc);
    row.arity = arity;
    row.macro = &call_macro;
    row.user = reinterpret_cast<void*>(function);
    functions_.push_back(row);
    return *this;
  }
  // A function from numbers to a number; the last resort, since the host cannot look inside.
  Plugin& scalar(const char* name, unsigned arity, Scalar function, const char* doc) {
    lmh_function row = {};
    row.name = storage_.keep(name);
    row.doc = storage_.keep(doc);
    row.arity = arity;
    row.scalar = &call_scalar;
    row.user = reinterpret_cast<void*>(function);
    functions_.push_back(row);
    return *this;
  }
  Plugin& license(const char* spdx) {
    plugin_.license = storage_.keep(spdx);
    return *this;
  }

  const lmh_plugin* finish(const char* id, const char* version, const char* doc) {
    tables_.reserve(kernels_.size());
    for (Kernel& kernel : kernels_) tables_.push_back(kernel.finish());
    plugin_.struct_size = sizeof(lmh_plugin);
    plugin_.magic = LMH_MAGIC;
    plugin_.abi_major = LMH_ABI_MAJOR;
    plugin_.abi_minor = LMH_ABI_MINOR;
    plugin_.language = LMH_LANGUAGE;
    plugin_.id = id;
    plugin_.version = version;
    plugin_.doc = doc;
    if (plugin_.license == nullptr) plugin_.license = "";
    plugin_.constants = span_of(constants_);
    plugin_.functions = span_of(functions_);
    plugin_.kernels = span_of(tables_);
    return &plugin_;
  }

 private:
  static int32_t call_macro(const lmh_call* call, void* user, const char* const* arguments,
                            uint32_t count) noexcept {
    try {
      const std::vector<std::string> list(arguments, arguments + count);
      const std::string text = reinterpret_cast<Macro>(user)(list);
      call->emit(call, text.c_str(), text.size());
      return 0;
    } catch (const std::exception& error) {
      call->fail(call, error.what());
    } catch (...) {
      call->fail(call, "unknown exception");
    }
    return 1;
  }
  static int32_t call_scalar(const lmh_call* call, void* user, const double* arguments,
                             uint32_t count, double* result) noexcept {
    try {
      *result = reinterpret_cast<Scalar>(user)(std::vector<double>(arguments, arguments + count));
      return 0;
    } catch (const std::exception& error) {
      call->fail(call, error.what());
    } catch (...) {
      call->fail(call, "unknown exception");
    }
    return 1;
  }

  Storage storage_;
  std::deque<Kernel> kernels_;
  std::vector<lmh_kernel> tables_;
  std::vector<lmh_constant> constants_;
  std::vector<lmh_function> functions_;
  lmh_plugin plugin_ = {};
};

// Runs the body once and keeps the result until process exit: a leaked object has no destructor
// to run too early.
inline const lmh_plugin* describe(const lmh_host* host, const char* id, const char* version,
                                  const char* doc, void (*body)(Plugin&)) noexcept {
  try {
    static const lmh_plugin* const description = [&] {
      auto plugin = std::make_unique<Plugin>();
      body(*plugin);
      return plugin.release()->finish(id, version, doc);
    }();
    return description;
  } catch (const std::exception& error) {
    host->fail(host, error.what());
  } catch (...) {
    host->fail(host, "unknown exception");
  }
  return nullptr;
}
}  // namespace sdk
}  // namespace lmhost

#define LMHOST_PLUGIN(ID, VERSION, DOC)                                            \
  LMHOST_DECLARE_NOTE;                                                             \
  static void lmhost_describe_##ID(lmhost::sdk::Plugin& plugin);                   \
  extern "C" LMH_EXPORT const lmh_plugin* lmhost_plugin_v0(const lmh_host* host) { \
    return lmhost::sdk::describe(host, #ID, VERSION, DOC, &lmhost_describe_##ID);  \
  }                                                                                \
  static void lmhost_describe_##ID([[maybe_unused]] lmhost::sdk::Plugin& plugin)
