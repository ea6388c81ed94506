#include "tools/lmhost/plugin_build.hpp"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <filesystem>
#include <memory>
#include <system_error>
#include <vector>

#include "base/codes.hpp"
#include "check/child.hpp"
#include "check/process.hpp"
#include "formula/rewrite.hpp"
#include "report/kernel_catalog.hpp"
#include "tools/lmhost/agent.hpp"
#include "tools/lmhost/output.hpp"

namespace lmhost::tool {
namespace {

constexpr std::size_t kKeptErrors = 4096;
constexpr std::chrono::minutes kLongestBuild{5};

std::string environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): no other thread
  return value == nullptr ? std::string() : std::string(value);
}

// What the user names, or what a machine may have, in this order.
Result<std::vector<std::vector<std::string>>> compilers() {
  std::vector<std::vector<std::string>> commands = {{"c++"}, {"g++"}, {"clang++"}};
  const std::string given = environment("CXX");
  if (given.empty()) return commands;
  Result<std::vector<std::string>> words = split_command(given);
  if (!words.ok()) return std::move(words).errors();
  return std::vector<std::vector<std::string>>{std::move(words).value()};
}

// Where an installation has the plugin header, or a build tree its sources.
std::string header_folder(const std::string& prefix) {
  const std::string installed = prefix + "/include";
  if (access((installed + "/lmhost/plugin.h").c_str(), R_OK) == 0) return installed;
  return prefix + "/share/lmhost/template/../include";
}

ProcessOptions compilation(const std::vector<std::string>& command, const std::string& headers,
                           const std::string& source, const std::string& library) {
  ProcessOptions process;
  process.program = command.front();
  process.arguments = command;
  for (const std::string& argument :
       {std::string("-std=c++17"), std::string("-O2"), std::string("-shared"), std::string("-fPIC"),
        std::string("-fvisibility=hidden"), "-I" + headers, source, std::string("-o"), library})
    process.arguments.push_back(argument);
  process.kept_errors = kKeptErrors;
  process.timeout = kLongestBuild;
  return process;
}

Result<bool> compile(const Host& host, const std::string& source, const std::string& library) {
  const Result<std::vector<std::vector<std::string>>> commands = compilers();
  if (!commands.ok()) return commands.errors();
  const std::string headers = header_folder(host.prefix());
  std::string absent;
  for (const std::vector<std::string>& command : *commands) {
    const Result<ProcessResult> result =
        run_process(compilation(command, headers, source, library));
    if (!result.ok()) {
      absent += (absent.empty() ? "'" : ", '") + command.front() + "'";
      continue;
    }
    if (result->end == ProcessEnd::kExited && result->status == 0) return true;
    return plain_error(ErrorKind::kIo, codes::kCompiler,
                       "'" + command.front() + "' could not build '" + source + "'",
                       result->errors.substr(0, result->errors.find('\n')));
  }
  return plain_error(ErrorKind::kIo, codes::kCompiler,
                     "no C++ compiler to build a plugin with: cannot start " + absent,
                     "install g++ or clang++, or name one in the environment variable CXX");
}

// A formula as the host's language has it: of data the text may be that of another one.
class Canonical {
 public:
  Result<const Expression*> expression(const Expression* from) {
    if (from == nullptr) return from;
    Result<Expression> parsed = parse_expression(print(*from), "formula");
    if (!parsed.ok()) return std::move(parsed).errors();
    expressions_->push_back(std::move(parsed).value());
    return &expressions_->back();
  }
  std::shared_ptr<const std::deque<Expression>> expressions() const { return expressions_; }

 private:
  std::shared_ptr<std::deque<Expression>> expressions_ = std::make_shared<std::deque<Expression>>();
};

Result<Plugin> plugin_of(const Plugin& from, const Kernel& kernel) {
  Plugin plugin;
  plugin.id = generated_plugin_id(kernel.name);
  plugin.version = "0.1.0";
  plugin.doc = "Learned from source: " + kernel.name;
  plugin.language = from.language;
  plugin.constants = from.constants;
  Kernel copy = kernel;
  copy.plugin = 0;
  Canonical canonical;
  Diagnostics errors;
  const auto renew = [&](const Expression*& expression) {
    Result<const Expression*> renewed = canonical.expression(expression);
    if (renewed.ok())
      expression = *renewed;
    else
      errors.push_back(renewed.errors().front());
  };
  for (KernelParameter& row : copy.parameters) renew(row.default_value);
  for (std::vector<KernelFormula>* rows : {&copy.lets, &copy.quantities})
    for (KernelFormula& row : *rows) renew(row.expression);
  for (KernelOperand& row : copy.operands) {
    renew(row.elements);
    renew(row.stored_elements);
    renew(row.bits);
  }
  if (!errors.empty()) return errors;
  plugin.kernels.push_back(std::move(copy));
  plugin.expressions = canonical.expressions();
  return plugin;
}

Result<bool> check_built(const std::string& library) {
  const Result<CheckReport> report = check_plugin(library);
  if (!report.ok()) return report.errors();
  if (!report->has_failed(false)) return true;
  for (const auto& [check, findings] : report->findings)
    if (const CheckSpec* spec = find_check(check); spec != nullptr && !spec->is_advice)
      return plain_error(
          ErrorKind::kPlugin, codes::kCompiler,
          "the built plugin '" + library + "' does not pass " + check + ": " + findings.front());
  return true;
}

}  // namespace

std::string generated_plugin_id(std::string_view kernel) {
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const std::size_t dot = kernel.rfind('.');
  std::string text;
  if (dot != std::string_view::npos) text = std::string(kernel.substr(0, kernel.find('.'))) + "_";
  const std::string_view last = kernel.substr(dot + 1);
  std::string id;
  // LlamaRMSNorm is llama_rms_norm: a word begins at a capital behind a small letter, and at the
  // last one of several.
  for (std::size_t i = 0; i < last.size(); ++i) {
    const bool starts = is_upper(last[i]) && i > 0 && last[i - 1] != '_' &&
                        (!is_upper(last[i - 1]) || (i + 1 < last.size() && is_plain(last[i + 1])));
    if (starts) id += '_';
    id += last[i];
  }
  text += id;
  for (char& c : text) {
    if (is_upper(c)) c = static_cast<char>(c - 'A' + 'a');
    if (!is_plain(c)) c = '_';
  }
  return text.empty() || !(text[0] >= 'a' && text[0] <= 'z') ? "learned_" + text : text;
}

Result<std::string> build_plugin(const Host& host, const Kernel& kernel,
                                 const std::string& folder) {
  Result<Plugin> plugin = plugin_of(host.catalog().plugin_of(kernel), kernel);
  if (!plugin.ok()) return std::move(plugin).errors();
  const std::string stem = folder + "/" + plugin->id;
  if (Result<bool> written = write_file(stem + ".cpp", write_plugin_source(*plugin)); !written.ok())
    return std::move(written).errors();
  // An older plugin stays until the new one is whole and checked, under its name in a folder beside
  // it, where nobody looks for plugins.
  const std::string beside = stem + ".new", library = stem + ".so";
  const std::string made = beside + "/" + plugin->id + ".so";
  std::error_code ignored;
  std::filesystem::create_directory(beside, ignored);
  Result<bool> built = compile(host, stem + ".cpp", made);
  if (built.ok()) built = check_built(made);
  if (built.ok() && std::rename(made.c_str(), library.c_str()) != 0)
    built = plain_error(ErrorKind::kIo, codes::kCannotWrite,
                        "cannot write " + lmhost::quoted(library) + ": " + std::strerror(errno));
  std::filesystem::remove_all(beside, ignored);
  if (built.ok()) return library;
  return std::move(built).errors();
}

}  // namespace lmhost::tool
