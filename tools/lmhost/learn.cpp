#include "tools/lmhost/learn.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <utility>

#include "base/codes.hpp"
#include "check/module_answer.hpp"
#include "load/formats/module_database.hpp"
#include "load/module_edit.hpp"
#include "load/text_file.hpp"
#include "load/update_file.hpp"
#include "report/module_entry.hpp"
#include "study/module_source.hpp"
#include "study/prompt.hpp"
#include "tools/lmhost/learn_files.hpp"
#include "tools/lmhost/output.hpp"
#include "tools/lmhost/plugin_build.hpp"
#include "tools/lmhost/session.hpp"

namespace lmhost::tool {
namespace {

using Kind = ProgressEvent::Kind;

struct Prompts {
  std::shared_ptr<const SourceText> task, retry;
  std::string schema;
};

Result<Prompts> read_prompts(const std::string& prefix) {
  const std::string share = prefix + "/share/lmhost/";
  Result<std::shared_ptr<const SourceText>> task =
      read_text(share + "catalogs/prompts/learn_module.txt");
  if (!task.ok()) return std::move(task).errors();
  Result<std::shared_ptr<const SourceText>> retry =
      read_text(share + "catalogs/prompts/learn_retry.txt");
  if (!retry.ok()) return std::move(retry).errors();
  Result<std::shared_ptr<const SourceText>> schema =
      read_text(share + "schemas/module_answer.schema.json");
  if (!schema.ok()) return std::move(schema).errors();
  return Prompts{std::move(task).value(), std::move(retry).value(), (*schema)->text};
}

// Before an agent is paid for an answer that could not be kept.
Result<bool> check_writable(const std::string& store) {
  const auto cannot_write = [&](const std::string& path, int error) {
    return plain_error(ErrorKind::kIo, codes::kCannotWrite,
                       "cannot write '" + path + "': " + std::strerror(error),
                       "what is learned is kept there; no agent was asked");
  };
  struct ::stat status = {};
  const bool exists = ::stat(store.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) return cannot_write(store, EISDIR);
  if (exists && ::access(store.c_str(), W_OK) != 0) return cannot_write(store, errno);
  const std::size_t slash = store.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : store.substr(0, slash + 1);
  if (::access(folder.c_str(), W_OK) != 0) return cannot_write(store, errno);
  return true;
}

// An entry that could not be linked is there and cannot be used: as good as unknown.
bool is_usable(const Kernel& kernel) {
  const auto is_unknown = [](const Expression* expression) {
    return expression != nullptr &&
           std::find(expression->functions.begin(), expression->functions.end(), "unknown") !=
               expression->functions.end();
  };
  return std::none_of(kernel.quantities.begin(), kernel.quantities.end(),
                      [&](const KernelFormula& row) { return is_unknown(row.expression); }) &&
         std::none_of(kernel.operands.begin(), kernel.operands.end(),
                      [&](const KernelOperand& row) { return is_unknown(row.elements); });
}

std::string where_known(const Catalog& catalog, const Kernel& kernel) {
  const Plugin& plugin = catalog.plugin_of(kernel);
  return plugin.is_data ? plugin.path : "plugin " + plugin.id + " " + plugin.version;
}

class Learner {
 public:
  explicit Learner(const LearnOptions& options) : options_(options) {}

  Result<LearnReport> run(const std::vector<std::string>& names) {
    if (Result<bool> opened = open(); !opened.ok()) return std::move(opened).errors();
    LearnReport report;
    for (const std::string& name : names) {
      LearnedModule module;
      module.asked = module.name = name;
      report.modules.push_back(std::move(module));
    }
    total_ = names.size();
    for (LearnedModule& module : report.modules) {
      ++index_;
      if (signals_.taken() != 0) break;
      if (Result<bool> done = learn(module); !done.ok()) return std::move(done).errors();
    }
    report.signal = signals_.taken();
    return report;
  }

 private:
  Result<bool> open() {
    Result<Host> known = options_.open_host(true);
    if (!known.ok()) return std::move(known).errors();
    known_ = std::make_unique<Host>(std::move(known).value());
    return true;
  }

  void say(Kind kind, const LearnedModule& module, ProgressEvent event = {}) const {
    event.kind = kind;
    event.module = module.name;
    event.index = index_;
    event.total = total_;
    write_message(progress_text(event, options_.progress));
  }

  // One module, whatever becomes of it. Errors end everything.
  Result<bool> learn(LearnedModule& module) {
    Result<const Kernel*> known = known_kernel(known_->catalog(), module.asked);
    if (!known.ok()) return fail(module, known.errors(), {});
    if (*known != nullptr) module.name = (*known)->name;
    if (*known != nullptr && !options_.force && is_usable(**known)) return cached(module, **known);

    if (Result<bool> ready = prepare(); !ready.ok()) return ready;
    Result<const SourceClass*> found = tree_->find(module.asked);
    // Known by another name than its source has: the alias of a kernel.
    if (!found.ok() && module.name != module.asked) found = tree_->find(module.name);
    if (!found.ok()) return fail(module, found.errors(), {});
    module.name = (*found)->name;
    if (const Kernel* same = known_->catalog().find(module.name);
        same != nullptr && !options_.force && is_usable(*same))
      return cached(module, *same);
    Result<ModuleSource> source = read_module_source(**found);
    if (!source.ok()) return fail(module, source.errors(), {});
    return ask(module, *source);
  }

  // What can go wrong for all modules goes wrong here, once, before the first question.
  Result<bool> prepare() {
    if (below_) return true;
    if (!options_.agent)
      return usage_error("some modules are not known, and no agent is named to analyse them",
                         "--agent 'COMMAND' names one; 'lmhost validate --missing' only looks");
    if (options_.sources.empty())
      return usage_error("no source tree to find the modules in",
                         "--source DIR names the folder of a Python package");
    if (Result<bool> writable = check_writable(options_.store); !writable.ok()) return writable;
    Result<Prompts> prompts = read_prompts(known_->prefix());
    if (!prompts.ok()) return std::move(prompts).errors();
    prompts_ = std::move(prompts).value();
    Result<Host> below = options_.open_host(false);
    if (!below.ok()) return std::move(below).errors();
    below_ = std::make_unique<Host>(std::move(below).value());
    return read_tree();
  }

  Result<bool> read_tree() {
    if (tree_) return true;
    Result<SourceTree> tree = SourceTree::read(options_.sources);
    if (!tree.ok()) return std::move(tree).errors();
    tree_ = std::move(tree).value();
    return true;
  }

  Result<bool> cached(LearnedModule& module, const Kernel& kernel) {
    module.state = LearnState::kCached;
    module.detail = where_known(known_->catalog(), kernel);
    ProgressEvent event;
    event.detail = module.detail;
    say(Kind::kCached, module, event);
    if (Result<bool> compared = compare_source(module, kernel); !compared.ok()) return compared;
    return generate(module);
  }

  // Formulas are those of the text that they were read from.
  Result<bool> compare_source(LearnedModule& module, const Kernel& kernel) {
    if (options_.sources.empty() || kernel.provenance == nullptr ||
        kernel.provenance->source_hash.empty())
      return true;
    if (Result<bool> read = read_tree(); !read.ok()) return read;
    const Result<const SourceClass*> where = tree_->find(module.name);
    if (!where.ok()) return true;
    const Result<ModuleSource> source = read_module_source(**where);
    if (!source.ok() || source->hash == kernel.provenance->source_hash) return true;
    Diagnostic changed =
        plain_error(ErrorKind::kInput, codes::kOtherModule,
                    "the source of '" + module.name + "' has changed since it was analysed",
                    "--force learns it again");
    changed.severity = Severity::kWarning;
    module.notes.push_back(std::move(changed));
    return true;
  }

  Result<bool> ask(LearnedModule& module, const ModuleSource& source) {
    Result<std::string> task =
        fill_prompt(*prompts_.task, prompt_fields(source, known_->catalog(), prompts_.schema));
    if (!task.ok()) return std::move(task).errors();
    std::vector<LearnAttempt> attempts;
    const std::size_t most = 1 + options_.retries;
    Agent agent = *options_.agent;
    agent.stop_descriptor = signals_.descriptor();
    for (std::size_t number = 1; number <= most; ++number) {
      ProgressEvent event;
      event.attempt = number;
      event.attempts = most;
      say(Kind::kAttempt, module, event);
      AgentQuestion question{module.name, source.where.file, number, *task};
      if (!attempts.empty()) {
        const LearnAttempt& last = attempts.back();
        Result<std::string> again =
            fill_prompt(*prompts_.retry, retry_fields(number - 1, last.answer, last.errors));
        if (!again.ok()) return std::move(again).errors();
        question.prompt += *again;
      }
      Result<AgentAnswer> answer = ask_agent(agent, question);
      if (!answer.ok()) return std::move(answer).errors();
      module.attempts = number;
      if (answer->is_stopped) {
        module.detail = "stopped";
        say(Kind::kStopped, module);
        return true;
      }
      LearnAttempt attempt{answer->text, answer->exit_status, answer->seconds, answer->errors, {}};
      Result<bool> kept = judge(module, source, *answer);
      if (kept.ok()) return learned(module, answer->seconds);
      attempt.errors = kept.errors();
      attempts.push_back(std::move(attempt));
      event.seconds = answer->seconds;
      event.errors = &attempts.back().errors;
      say(Kind::kRefused, module, event);
      const bool cannot_keep = exit_status(attempts.back().errors) >= 5;
      // Who has used up the time once would do so again.
      if (answer->is_late || cannot_keep) break;
    }
    const Diagnostics reasons = attempts.back().errors;
    return fail(module, reasons, std::move(attempts));
  }

  // An answer that is none, or that cannot be believed, or cannot be kept, is an error.
  Result<bool> judge(const LearnedModule& module, const ModuleSource& source,
                     const AgentAnswer& answer) {
    if (answer.failure) return *answer.failure;
    const auto text = std::make_shared<const SourceText>(SourceText{"answer", answer.text});
    AnswerRules rules;
    rules.module = module.name;
    rules.known = &known_->catalog();
    Result<ModuleAnswer> checked = check_module_answer(text, rules);
    if (!checked.ok()) return std::move(checked).errors();
    return store(module.name, write_module_entry(checked->document.root(), source));
  }

  // The database with the entry in it must be as good as it was without: the entry may close a cycle
  // with what stands there.
  Result<bool> store(const std::string& name, const std::string& entry) {
    return update_file(
        options_.store, [&](const std::optional<std::string>& text) -> Result<std::string> {
          const SourceText before{options_.store, text.value_or("")};
          AddModule addition;
          addition.name = name;
          addition.entry = entry;
          addition.replaces = true;
          Result<std::string> after = add_module(before, addition);
          if (!after.ok()) return after;
          if (Diagnostics errors = new_problems(before.text, *after); !errors.empty())
            return errors;
          return after;
        });
  }

  Diagnostics new_problems(const std::string& before, const std::string& after) const {
    std::multiset<std::string> old;
    if (!before.empty())
      for (const Diagnostic& problem : problems_of(before)) old.insert(problem.message);
    Diagnostics fresh;
    for (Diagnostic& problem : problems_of(after)) {
      const auto known = old.find(problem.message);
      if (known == old.end())
        fresh.push_back(std::move(problem));
      else
        old.erase(known);
    }
    return fresh;
  }

  Diagnostics problems_of(const std::string& text) const {
    const Result<JsonDocument> document =
        JsonDocument::parse(std::make_shared<const SourceText>(SourceText{options_.store, text}));
    if (!document.ok()) return document.errors();
    ModuleDatabaseOptions options;
    options.base = &below_->catalog();
    Result<ModuleDatabase> database = read_module_database(*document, options);
    return database.ok() ? std::move(database->problems) : std::move(database).errors();
  }

  Result<bool> learned(LearnedModule& module, double seconds) {
    remove_failure(options_.store, module.name);
    // What comes next may call it.
    if (Result<bool> opened = open(); !opened.ok()) return opened;
    module.state = LearnState::kLearned;
    module.detail = options_.store;
    ProgressEvent event;
    event.detail = module.detail;
    event.seconds = seconds;
    say(Kind::kLearned, module, event);
    return generate(module);
  }

  Result<bool> generate(LearnedModule& module) {
    if (!options_.generate) return true;
    const Kernel* kernel = known_->catalog().find(module.name);
    if (kernel == nullptr || !known_->catalog().plugin_of(*kernel).is_data) return true;
    const std::size_t slash = options_.store.rfind('/');
    const std::string beside = slash == std::string::npos ? "." : options_.store.substr(0, slash);
    Result<std::string> built =
        build_plugin(*known_, *kernel, options_.folder.empty() ? beside : options_.folder);
    if (!built.ok()) return fail(module, built.errors(), {});
    module.plugin = *built;
    ProgressEvent event;
    event.detail = module.plugin;
    say(Kind::kGenerated, module, event);
    return true;
  }

  Result<bool> fail(LearnedModule& module, Diagnostics reasons,
                    std::vector<LearnAttempt> attempts) {
    module.state = LearnState::kFailed;
    module.errors = std::move(reasons);
    module.detail = module.errors.front().message;
    const bool was_said = !attempts.empty();  // as the refusal of an answer
    Result<std::string> written =
        write_failure(options_.store, {module.name, module.errors, std::move(attempts)});
    if (written.ok())
      module.diagnostics = *written;
    else
      for (Diagnostic note : written.errors()) {
        note.severity = Severity::kWarning;
        module.notes.push_back(std::move(note));
      }
    ProgressEvent event;
    event.detail = module.diagnostics;
    if (!was_said) event.errors = &module.errors;
    say(Kind::kFailed, module, event);
    return true;
  }

  const LearnOptions& options_;
  StopSignals signals_;
  std::unique_ptr<Host> known_;  // with the store
  std::unique_ptr<Host> below_;  // without
  std::optional<SourceTree> tree_;
  Prompts prompts_;
  std::size_t index_ = 0, total_ = 0;
};

}  // namespace

bool is_known(const Kernel* kernel) { return kernel != nullptr && is_usable(*kernel); }

std::string_view name_of(LearnState state) {
  constexpr std::string_view kNames[] = {"cached", "learned", "failed", "not tried"};
  return kNames[static_cast<std::size_t>(state)];
}

Result<const Kernel*> known_kernel(const Catalog& catalog, std::string_view name) {
  if (const Kernel* kernel = catalog.find(name); kernel != nullptr) return kernel;
  std::set<const Kernel*> found;
  std::string candidates;
  for (const std::string_view spelled : catalog.names())
    if (const Kernel* kernel = catalog.find(spelled);
        has_dotted_suffix(spelled, name) && kernel != nullptr && found.insert(kernel).second)
      candidates += (candidates.empty() ? "" : ", ") + std::string(spelled);
  if (found.size() <= 1) return found.empty() ? nullptr : *found.begin();
  return plain_error(
      ErrorKind::kUsage, codes::kAmbiguousClass,
      quoted(name) + " is the name of " + std::to_string(found.size()) + " known kernels",
      "write one of " + candidates);
}

Result<LearnReport> learn_modules(const LearnOptions& options,
                                  const std::vector<std::string>& names) {
  return Learner(options).run(names);
}

}  // namespace lmhost::tool
