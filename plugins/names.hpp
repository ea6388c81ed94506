// What the table-driven plugin families share: the spellings of one PyTorch operator, and a row's
// worked example.
//
// Rows hold their example as text, written by hand: an example computed from the row would prove
// nothing.
#pragma once

#include <lmhost/sdk.hpp>

#include <string>
#include <vector>

namespace family {

using lmhost::sdk::Kernel;
using lmhost::sdk::Plugin;

// Under which names PyTorch offers an operator besides its canonical one.
enum Spelling : unsigned {
  kFunctional = 1u << 0,  // torch.nn.functional.op, F.op
  kTorch = 1u << 1,       // torch.op
  kTensor = 1u << 2,      // torch.Tensor.op
  kInPlace = 1u << 3,     // torch.Tensor.op_: moves the same bytes, allocates nothing
  kAten = 1u << 4,        // aten::op, and aten::op_ if in place
  kMethod = kTorch | kTensor | kAten,
  kArithmetic = kMethod | kInPlace
};

struct Example {
  const char* bindings;
  const char* expected;
  const char* arithmetic;
};

// "torch.nn.functional.relu" -> "relu".
inline std::string last_part(const std::string& dotted) {
  return dotted.substr(dotted.rfind('.') + 1);
}

// Starts a kernel with every name that it goes by.
inline Kernel& begin_kernel(Plugin& plugin, const std::string& name, unsigned spellings,
                            const std::vector<const char*>& aliases) {
  const std::string op = last_part(name);
  std::vector<std::string> names;
  if (spellings & kFunctional) {
    names.push_back("torch.nn.functional." + op);
    names.push_back("F." + op);
  }
  if (spellings & kTorch) names.push_back("torch." + op);
  if (spellings & kTensor) names.push_back("torch.Tensor." + op);
  if (spellings & kInPlace) names.push_back("torch.Tensor." + op + "_");
  if (spellings & kAten) names.push_back("aten::" + op);
  if ((spellings & kAten) && (spellings & kInPlace)) names.push_back("aten::" + op + "_");
  Kernel& kernel = plugin.kernel(name.c_str());
  for (const std::string& spelled : names) {
    if (spelled != name) kernel.alias({spelled.c_str()});
  }
  for (const char* alias : aliases) kernel.alias({alias});
  return kernel;
}

}  // namespace family
