// lmhost catalog: kernels that came as data, listed, shown, validated, compared, approved.
#include <algorithm>

#include "base/codes.hpp"
#include "check/catalog_diff.hpp"
#include "check/data_checks.hpp"
#include "load/data_catalog.hpp"
#include "load/module_edit.hpp"
#include "load/update_file.hpp"
#include "report/catalogs.hpp"
#include "report/kernels.hpp"
#include "tools/lmhost/commands.hpp"
#include "tools/lmhost/output.hpp"
#include "tools/lmhost/session.hpp"

namespace lmhost::tool {
namespace {

std::string count_of(std::size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

// The files that an action is about: its operands after `first`, and those of --catalog.
std::vector<std::string> named_files(const Arguments& arguments, std::size_t first) {
  std::vector<std::string> files = arguments.all("catalog");
  for (std::size_t i = first; i < arguments.operands.size(); ++i)
    files.push_back(arguments.operands[i]);
  return files;
}

Result<Host> open_with(const Arguments& arguments, std::vector<std::string> catalogs) {
  HostOptions options = host_options(arguments);
  options.catalogs = std::move(catalogs);
  return open_host(options);
}

Diagnostic no_file(const std::string& action) {
  return usage_error("'lmhost catalog " + action + "' needs a file", "name it, or --catalog FILE");
}

// A file read over the kernels of the plugins, and a catalogue of both.
struct OpenedCatalog {
  DataCatalog data;
  std::shared_ptr<const Catalog> whole;
  const Plugin* plugin = nullptr;  // the file's, in `whole`
};

Result<OpenedCatalog> open_catalog(const Host& host, const std::string& path) {
  Result<DataCatalog> data = load_data_catalog(path, &host.catalog());
  if (!data.ok()) return std::move(data).errors();
  OpenedCatalog opened;
  opened.data = std::move(data).value();
  const std::shared_ptr<const Catalog> base(std::shared_ptr<void>(), &host.catalog());
  Result<Catalog> whole = Catalog::extended(base, {opened.data.plugin});
  if (!whole.ok()) return std::move(whole).errors();
  opened.whole = std::make_shared<const Catalog>(std::move(whole).value());
  opened.plugin = opened.whole->plugin(opened.data.plugin.id);
  return opened;
}

Result<Outcome> catalog_list(const Arguments& arguments) {
  Result<std::string> format = format_of(arguments);
  if (!format.ok()) return std::move(format).errors();
  std::vector<std::string> files = named_files(arguments, 1);
  if (files.empty()) return no_file("list");
  Result<Host> host = open_with(arguments, std::move(files));
  if (!host.ok()) return std::move(host).errors();
  std::vector<ListedCatalog> listed;
  for (const NamedCatalog& named : host->catalogs())
    listed.push_back(
        {named.path, named.form, host->catalog().plugin(named.id), named.problems.size()});
  Outcome outcome;
  outcome.messages = refused_plugins(*host);
  outcome.text = *format == "json"
                     ? Document::exact(write_catalog_list_json(host->catalog(), listed))
                     : write_catalog_list(host->catalog(), listed, text_style(arguments));
  return outcome;
}

Result<Outcome> catalog_show(const Arguments& arguments) {
  if (Result<bool> checked = check_operands(arguments, 2, SIZE_MAX); !checked.ok())
    return std::move(checked).errors();
  Result<std::string> format = format_of(arguments);
  if (!format.ok()) return std::move(format).errors();
  std::vector<std::string> files = named_files(arguments, 2);
  if (files.empty()) return no_file("show");
  Result<Host> host = open_with(arguments, std::move(files));
  if (!host.ok()) return std::move(host).errors();
  const Catalog& catalog = host->catalog();
  Result<const Kernel*> kernel = find_kernel(catalog, arguments.operands[1]);
  if (!kernel.ok()) return std::move(kernel).errors();
  if (!catalog.plugin_of(**kernel).is_data)
    return usage_error(quoted((*kernel)->name) + " is a kernel of plugin " +
                           quoted(catalog.plugin_of(**kernel).id) + ", not of a catalogue",
                       "'lmhost kernels show' shows it");
  Outcome outcome;
  outcome.text = *format == "json"
                     ? Document::exact(write_kernels_json(catalog, {*kernel}))
                     : write_kernel(catalog, **kernel, host->conventions(), text_style(arguments));
  return outcome;
}

// All that is wrong with one file, and what is to be said of it.
struct Verdict {
  Diagnostics errors;
  Diagnostics warnings;
  std::string text;
};

Verdict judge(const Host& host, const std::string& path) {
  constexpr std::size_t kPoints = 100;
  Verdict verdict;
  Result<OpenedCatalog> opened = open_catalog(host, path);
  if (!opened.ok()) {
    verdict.errors = std::move(opened).errors();
    return verdict;
  }
  const std::vector<Kernel>& kernels = opened->plugin->kernels;
  verdict.errors = opened->data.problems;
  verdict.warnings = opened->data.warnings;
  for (const Kernel& kernel : kernels)
    for (Diagnostic& error :
         check_plausible(*opened->whole, kernel, {.points = kPoints, .seed = 1}))
      verdict.errors.push_back(std::move(error));
  const auto validated = static_cast<std::size_t>(
      std::count_if(kernels.begin(), kernels.end(), [](const Kernel& kernel) {
        return kernel.provenance != nullptr && kernel.provenance->human_validated;
      }));
  verdict.text = std::string(opened->data.form) + ", " + count_of(kernels.size(), "kernel") + ", " +
                 std::to_string(validated) + " validated by a person, " + std::to_string(kPoints) +
                 " random points each";
  return verdict;
}

Result<Outcome> catalog_validate(const Arguments& arguments) {
  const std::vector<std::string> files = named_files(arguments, 1);
  if (files.empty()) return no_file("validate");
  Result<Host> host = open_with(arguments, {});
  if (!host.ok()) return std::move(host).errors();
  Outcome outcome;
  for (const std::string& file : files) {
    Verdict verdict = judge(*host, file);
    for (Diagnostic& warning : verdict.warnings) {
      warning.severity = Severity::kWarning;
      outcome.messages.push_back(std::move(warning));
    }
    const bool unread =
        std::any_of(verdict.errors.begin(), verdict.errors.end(),
                    [](const Diagnostic& error) { return error.kind == ErrorKind::kIo; });
    if (!verdict.errors.empty())
      outcome.status = std::max(outcome.status, unread ? static_cast<int>(ErrorKind::kIo) : 1);
    outcome.text += Text(file) + ": " +
                    (unread                   ? "not read"
                     : verdict.errors.empty() ? verdict.text
                                              : count_of(verdict.errors.size(), "error")) +
                    "\n";
    outcome.messages.insert(outcome.messages.end(), verdict.errors.begin(), verdict.errors.end());
  }
  return outcome;
}

Result<Outcome> catalog_diff(const Arguments& arguments) {
  if (Result<bool> checked = check_operands(arguments, 3, 3); !checked.ok())
    return std::move(checked).errors();
  Result<std::string> format = format_of(arguments);
  if (!format.ok()) return std::move(format).errors();
  Result<Host> host = open_host(arguments);
  if (!host.ok()) return std::move(host).errors();
  Result<OpenedCatalog> before = open_catalog(*host, arguments.operands[1]);
  if (!before.ok()) return std::move(before).errors();
  Result<OpenedCatalog> after = open_catalog(*host, arguments.operands[2]);
  if (!after.ok()) return std::move(after).errors();
  const std::vector<KernelChange> changes =
      diff_catalogs(*before->whole, *before->plugin, *after->whole, *after->plugin);
  Outcome outcome;
  outcome.status = changes.empty() ? 0 : 1;
  outcome.text = *format == "json" ? Document::exact(write_catalog_diff_json(changes))
                                   : write_catalog_diff(changes, text_style(arguments));
  return outcome;
}

// The names as the file has them: whoever approves may use an alias.
Result<std::vector<std::string>> entries_to_approve(const Arguments& arguments,
                                                    const OpenedCatalog& opened, bool is_approved) {
  std::vector<std::string> names;
  Diagnostics errors;
  for (std::size_t i = 1; i < arguments.operands.size(); ++i) {
    const std::string& given = arguments.operands[i];
    Result<const Kernel*> kernel = find_kernel(*opened.whole, given);
    if (!kernel.ok()) {
      errors.push_back(kernel.errors().front());
    } else if (&opened.whole->plugin_of(**kernel) != opened.plugin) {
      errors.push_back(plain_error(ErrorKind::kUsage, codes::kModuleEntry,
                                   quoted(given) + " is not in " + opened.plugin->path,
                                   "'lmhost catalog list' shows what is"));
    } else if (is_approved && has_unknown_formula(**kernel)) {
      errors.push_back(plain_error(
          ErrorKind::kInput, codes::kModuleEntry,
          quoted((*kernel)->name) + " cannot be approved: a formula of it cannot be computed",
          "'lmhost catalog validate' says why"));
    } else {
      names.push_back((*kernel)->name);
    }
  }
  if (!errors.empty()) return errors;
  return names;
}

Result<Outcome> catalog_approve(const Arguments& arguments) {
  if (Result<bool> checked = check_operands(arguments, 2, SIZE_MAX); !checked.ok())
    return std::move(checked).errors();
  const std::vector<std::string> files = arguments.all("catalog");
  if (files.size() != 1)
    return usage_error("'lmhost catalog approve' needs the one file to write to",
                       "say --catalog FILE once");
  Approval approval;
  approval.is_approved = !arguments.has("revoke");
  approval.validator = arguments.get("by");
  approval.date = arguments.get("date");
  approval.notes = arguments.get("notes");
  Result<Host> host = open_with(arguments, {});
  if (!host.ok()) return std::move(host).errors();
  Result<OpenedCatalog> opened = open_catalog(*host, files.front());
  if (!opened.ok()) return std::move(opened).errors();
  const Result<std::vector<std::string>> names =
      entries_to_approve(arguments, *opened, approval.is_approved);
  if (!names.ok()) return names.errors();

  // The text may have changed since it was looked at: it is edited as it is under the lock.
  const FileTransform approve = [&](const std::optional<std::string>& text) {
    Result<std::string> result = std::string(text.value_or(""));
    for (const std::string& name : *names) {
      result = set_approval({files.front(), *result}, name, approval);
      if (!result.ok()) break;
    }
    return result;
  };
  const Result<bool> written = update_file(files.front(), approve);
  if (!written.ok()) return written.errors();
  Outcome outcome;
  for (const std::string& name : *names)
    outcome.text += Text(approval.is_approved ? "approved " : "revoked ") + name + " in " +
                    files.front() + (*written ? "" : " (nothing to change)") + "\n";
  return outcome;
}

struct Action {
  std::string_view name;
  Result<Outcome> (*function)(const Arguments&);
};

constexpr Action kActions[] = {{"list", catalog_list},
                               {"show", catalog_show},
                               {"validate", catalog_validate},
                               {"diff", catalog_diff},
                               {"approve", catalog_approve}};

}  // namespace

Result<Outcome> catalog_command(const Arguments& given) {
  Arguments arguments = given;
  if (arguments.operands.empty()) arguments.operands.push_back("list");
  const std::string& name = arguments.operands.front();
  std::vector<std::string_view> names;
  for (const Action& action : kActions) {
    if (action.name == name) return action.function(arguments);
    names.push_back(action.name);
  }
  std::string hint = did_you_mean(name, names);
  if (hint.empty()) hint = "see 'lmhost catalog --help'";
  return usage_error("'lmhost catalog' cannot " + quoted(name), hint);
}

}  // namespace lmhost::tool
