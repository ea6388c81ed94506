// `lmhost plugin explain`: a page for every check and for every error code of plugins.
#include <iterator>

#include "check/checks.hpp"

namespace lmhost {
namespace {

struct CodePage {
  std::string_view code;
  std::string_view asserts;
  std::string_view why;
  std::string_view remedy;
};

constexpr CodePage kCodes[] = {
    {"E401", "The file is not a whole shared library of this machine.",
     "Header and program headers are read before anything is opened: an empty file, a text, a "
     "folder, a pipe, a library of another processor or word size, and a truncated one are refused "
     "by name. So is what somebody else could have put there: a file or a folder that neither you, "
     "root nor the owner of lmhost owns, or to which others may write.",
     "Build or copy the file again; chmod go-w what others may write to. A folder of plugins is "
     "given by --plugin-dir."},
    {"E402", "The library carries no lmhost note.",
     "Without the note nobody said that this is a plugin, and opening it would run its start-up "
     "code. In a folder such a library is passed over; given by --plugin it is an error.",
     "Build it with <lmhost/sdk.hpp>; strip and the linker keep the note."},
    {"E403", "The plugin is of another plugin ABI or formula language.",
     "The major number changes when tables change their layout; the language when formulas or "
     "quantities change their meaning. Guessing would give wrong numbers.",
     "Build the plugin with this version's <lmhost/sdk.hpp>, or use the host it was built for."},
    {"E404", "The dynamic linker refused the library, or loading it ends the process.",
     "The linker's words follow: a symbol that nobody has, or a library that is missing. A file "
     "that "
     "was replaced after this process opened it is refused too: the linker would hand out the old "
     "one. A plugin that is not of the installation is loaded in a process of its own first; one "
     "that ends that process, or keeps it for long, is not loaded.",
     "Link with -Wl,-z,defs, which lmhost_add_plugin() does; start a new process after a rebuild; "
     "look at the plugin with 'lmhost plugin check'."},
    {"E405", "The entry is missing, threw, or returned no tables.",
     "lmhost_plugin_v0 is the one function that is called while loading. The reason that the "
     "plugin gave is quoted.",
     "Correct what the reason says; use LMHOST_PLUGIN, which writes the entry."},
    {"E406", "A table of the plugin is wrong.",
     "NULL where a text belongs, a size that no header declares, a span of too many rows, a name "
     "that formulas cannot use, an unknown flag, or a file that is not named after its id.",
     "Correct the row that the message names. The file of the id 'x' is 'x.so'."},
    {"E407", "A formula does not compile.",
     "The message points at the place: a syntax error, a name that the kernel does not declare, "
     "an unknown function, or a wrong number of arguments.",
     "Declare the name as a parameter, a let or a constant, or correct the spelling."},
    {"E408", "A name is declared twice.",
     "By two kernels of one plugin, by two plugins, or two plugins of one id were given. Load "
     "order never decides.",
     "Rename one, leave one plugin out, or say which is meant: --use NAME=PLUGIN."},
    {"E409", "A worked example gives another number.",
     "The example's numbers are compared with what the formulas give: exactly, or to 1e-9 where a "
     "number is inexact.",
     "'lmhost kernels eval KERNEL NAME=VALUE...' shows every step; correct formula or example."},
    {"E410", "A table uses a field that this host does not know.",
     "The plugin was built with a newer header and uses what is new in it: ignoring that could "
     "change its numbers. Newer headers whose new fields stay zero load.",
     "Use a newer lmhost, or leave the new field unset."},
    {"E411", "A plugin in use is not the one that the report of --locked names.",
     "Equal fingerprints mean equal formulas: with other ones the numbers of that report cannot be "
     "had again.",
     "Load the plugin of the report, or leave --locked out."},
    {"E412", "The formulas of a kernel changed and its revision did not.",
     "A revision is what reports and reviews compare; the catalogue remembers the formulas of "
     "each.",
     "Raise .revision() of the kernel, and dump the plugin again."},
};

std::string page(std::string_view title, std::string_view asserts, std::string_view why,
                 std::string_view remedy, std::string_view more) {
  std::string text(title);
  text += "\n\n  Asserts:    " + std::string(asserts) + "\n";
  text += "  Why:        " + std::string(why) + "\n";
  text += "  What to do: " + std::string(remedy) + "\n";
  if (!more.empty()) text += "  See also:   " + std::string(more) + "\n";
  return text;
}

}  // namespace

std::string explanation_of(std::string_view id_or_code, bool* is_known) {
  *is_known = true;
  if (const CheckSpec* check = find_check(id_or_code); check != nullptr) {
    const std::string title =
        std::string(check->id) +
        (check->is_advice ? ", a warning (an error with --strict)" : ", an error");
    return page(title, check->asserts, check->why, check->remedy, check->codes);
  }
  for (const CodePage& code : kCodes) {
    if (code.code != id_or_code) continue;
    const CheckSpec* check = check_of_code(code.code);
    std::string text = page(code.code, code.asserts, code.why, code.remedy,
                            check == nullptr ? std::string_view() : check->id);
    // A code says what is wrong, a check what is right.
    return text.replace(text.find("Asserts:"), 8, "Says:   ");
  }
  *is_known = false;
  return {};
}

std::vector<std::string_view> explained_names() {
  std::vector<std::string_view> names;
  for (const CheckSpec& check : all_checks()) names.push_back(check.id);
  for (const CodePage& code : kCodes) names.push_back(code.code);
  return names;
}

}  // namespace lmhost
