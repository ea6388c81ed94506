// What the file alone tells.
#include <lmhost/plugin.h>

#include <algorithm>
#include <iterator>

#include "check/elf_dynamic.hpp"
#include "check/stages.hpp"
#include "load/text_file.hpp"

namespace lmhost {
namespace {

// Of C, C++ and the compiler's own support; the sanitizers' run times come with the build.
constexpr std::string_view kAllowed[] = {
    "libc.so.",     "libm.so.", "libstdc++.so.",  "libc++.so.", "libc++abi.so.",
    "libgcc_s.so.", "ld-linux", "libpthread.so.", "libdl.so.",  "librt.so."};
constexpr std::string_view kSanitizers[] = {"libasan.so.", "libubsan.so.", "libtsan.so."};
constexpr std::size_t kMostShown = 5;

template <class Prefixes>
bool starts_with_any(const std::string& name, const Prefixes& prefixes) {
  return std::any_of(std::begin(prefixes), std::end(prefixes),
                     [&](std::string_view prefix) { return name.starts_with(prefix); });
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kMostShown); ++i)
    text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kMostShown)
    text += " and " + std::to_string(names.size() - kMostShown) + " more";
  return text;
}

void check_dynamic(const ElfDynamic& elf, CheckReport& report) {
  std::vector<std::string> others = elf.exported;
  std::erase(others, std::string(LMH_ENTRY_SYMBOL));
  if (!others.empty()) report.add("file.one_symbol", "it also exports " + listed(others));
  if (others.size() == elf.exported.size())
    report.add("file.one_symbol", "it does not export " LMH_ENTRY_SYMBOL);
  if (!elf.unique.empty()) report.add("file.no_unique_symbols", "it has " + listed(elf.unique));
  if (elf.has_text_relocations) report.add("file.position_independent", "it has text relocations");
  std::vector<std::string> needed;
  bool is_sanitized = false;
  for (const std::string& name : elf.needed) {
    if (starts_with_any(name, kSanitizers))
      is_sanitized = true;
    else if (!starts_with_any(name, kAllowed))
      needed.push_back(name);
  }
  if (!needed.empty()) report.add("file.needs_little", "it needs " + listed(needed));
  // One is the compiler's frame_dummy; sanitizers add theirs.
  if (elf.constructors > 1 && !is_sanitized)
    report.add("file.no_start_up_code", "it has " + std::to_string(elf.constructors - 1) +
                                            " start-up function" +
                                            (elf.constructors == 2 ? "" : "s"));
}

}  // namespace

std::optional<PluginFile> check_plugin_file(const std::string& path, CheckReport& report) {
  const Result<PluginFile> file = inspect_plugin_file(path);
  if (!file) {
    report.add(file.errors(), "file.readable");
    return std::nullopt;
  }
  const auto text = read_text(path);
  if (!text) {
    report.add(text.errors(), "file.readable");
    return std::nullopt;
  }
  const std::optional<ElfDynamic> elf = read_elf_dynamic(std::as_bytes(std::span((*text)->text)));
  if (elf)
    check_dynamic(*elf, report);
  else
    report.add("file.readable", "its dynamic section is damaged");
  return *file;
}

}  // namespace lmhost
