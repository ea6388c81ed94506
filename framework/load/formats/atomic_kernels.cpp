// Decodes catalogues of atomic kernels: name, parameters and three formulas, in groups or not.
//
//   {"$comment": "...", "matrix_operations": {"torch.mm": {"parameters": ["M", "K", "N"],
//     "flops": "2 * M * K * N", "memory_read": "(M * K + K * N) * bytes", "memory_write": ...,
//     "description": "..."}}}
//
// A model uses a few kernels of many, and some have no formula ("varies", "dynamic") or one that
// uses a name nobody declared: those are known, and an error where they are used.
#include <algorithm>
#include <array>
#include <vector>

#include "base/codes.hpp"
#include "load/formats/data_kernels.hpp"
#include "load/formats/decoders.hpp"
#include "load/plugin_table.hpp"

namespace lmhost {
namespace {

class AtomicDecoder {
 public:
  AtomicDecoder(const Input& input, GraphBuilder* builder)
      : input_(input),
        builder_(*builder),
        kernels_(builder, input.name, DataKernels::Strictness::kNote) {}

  void decode() {
    for (const InputDocument& file : input_.documents)
      if (file.format == InputFormat::kAtomicKernels) decode_group(file.document.root(), true);
    kernels_.finish();
  }

 private:
  static bool is_kernel(JsonValue json) {
    for (const std::string_view key : {"flops", "memory_read", "memory_write", "parameters"})
      if (json.find(key).exists()) return true;
    return false;
  }

  // Of the whole file or of a group in it, whose names say nothing.
  void decode_group(JsonValue group, bool may_have_groups) {
    for (const JsonMember member : group.members()) {
      if (builder_.is_enough()) return;
      if (member.key().starts_with('$')) {
        builder_.string(member.value, member.key());
      } else if (builder_.expect(member.value, JsonKind::kObject, member.key())) {
        if (may_have_groups && !is_kernel(member.value))
          decode_group(member.value, false);
        else
          decode_kernel(member);
      }
    }
  }

  void decode_kernel(const JsonMember& entry) {
    constexpr std::array<std::string_view, 5> kKeys = {"parameters", "flops", "memory_read",
                                                       "memory_write", "description"};
    if (!is_dotted_name(entry.key()))
      builder_.fail(entry.name, codes::kBadValue, quoted(entry.key()) + " is no name of a kernel",
                    "a name is identifiers joined by dots");
    else if (!names_.add(entry.key()).is_new)
      builder_.fail(entry.name, codes::kDuplicateName,
                    quoted(entry.key()) + " is declared in two groups");
    std::array<JsonValue, kKeys.size()> members;
    for (const JsonMember member : entry.value.members()) {
      const std::size_t key = builder_.key_index(member, kKeys, "an atomic kernel");
      if (key < kKeys.size()) members[key] = member.value;
    }
    for (std::size_t key = 0; key < 4; ++key)
      if (!members[key].exists())
        builder_.missing(entry.value, kKeys[key], "the kernel " + quoted(entry.key()));
    const auto [parameters, flops, read, write, description] = members;
    kernels_.begin(entry.key(), entry.name);
    if (description.exists()) kernels_.doc(builder_.string(description, "description"));
    if (parameters.exists()) decode_parameters(parameters);
    if (flops.exists()) kernels_.flops(flops);
    if (read.exists()) kernels_.bytes(Direction::kRead, read);
    if (write.exists()) kernels_.bytes(Direction::kWrite, write);
    // Nobody binds what every composite knows but a kernel does not.
    for (const ImplicitParameter& implicit : kernels_.end())
      builder_.fail(entry.value, codes::kUnknownName,
                    quoted(entry.key()) + " uses " + quoted(implicit.name) +
                        ", which is none of its parameters");
  }

  void decode_parameters(JsonValue list) {
    if (!builder_.expect(list, JsonKind::kArray, "parameters")) return;
    NameSet names;
    for (const JsonValue json : list.elements()) {
      const std::string_view name = builder_.string(json, "a parameter");
      if (!json.is(JsonKind::kString)) continue;
      if (!is_identifier(name) || is_precision_variable(name))
        builder_.fail(json, codes::kBadValue, quoted(name) + " is no name of a parameter");
      else if (!names.add(name).is_new)
        builder_.fail(json, codes::kDuplicateName, "duplicate parameter " + quoted(name));
      else
        kernels_.parameter(name);
    }
  }

  const Input& input_;
  GraphBuilder& builder_;
  DataKernels kernels_;
  NameSet names_;
};

}  // namespace

void decode_atomic_kernels(const Input& input, GraphBuilder* builder) {
  AtomicDecoder(input, builder).decode();
}

}  // namespace lmhost
