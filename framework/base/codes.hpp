// Every diagnostic code, in one place. A code names a kind of mistake and never changes its
// meaning.
#pragma once

#include <string_view>

namespace lmhost::codes {

// 1xx: files and JSON
inline constexpr std::string_view kUnknownKernel = "E101";
inline constexpr std::string_view kJsonSyntax = "E102";
inline constexpr std::string_view kDuplicateKey = "E103";
inline constexpr std::string_view kUnknownKey = "E104";
inline constexpr std::string_view kWrongType = "E105";
inline constexpr std::string_view kMissingKey = "E106";
inline constexpr std::string_view kLimit = "E107";     // nested too deep, too long, too many
inline constexpr std::string_view kBadValue = "E108";  // right type, impossible value
inline constexpr std::string_view kCycle = "E109";
inline constexpr std::string_view kDuplicateName = "E110";
inline constexpr std::string_view kUnknownSchema = "E111";
inline constexpr std::string_view kUnknownArchitecture = "E112";
inline constexpr std::string_view kUnknownModel = "E113";
inline constexpr std::string_view kNotSaid = "E114";      // what the format of a file cannot say
inline constexpr std::string_view kCacheLength = "E115";  // cache_len where the key length belongs
inline constexpr std::string_view kUnknownCost = "E116";  // a cost that its author left open
inline constexpr std::string_view kCode = "E117";         // code where data belongs
inline constexpr std::string_view kUnknownDevice = "E122";
inline constexpr std::string_view kDuplicateDevice = "E123";  // one name, two devices
inline constexpr std::string_view kIncompleteDevice =
    "E124";                                                 // no peak or bandwidth for the question
inline constexpr std::string_view kBadEfficiency = "E125";  // unknown profile, impossible share
inline constexpr std::string_view kModuleArguments = "E118";  // a call in a module's formula
inline constexpr std::string_view kAmbiguousModule = "E119";  // a tail of several modules' names
inline constexpr std::string_view kBreakdown = "E120";        // parts that are not the whole
inline constexpr std::string_view kNoRule = "E121";           // no rule gives a parameter its value
// 2xx: formulas
inline constexpr std::string_view kFormulaSyntax = "E201";
inline constexpr std::string_view kUnknownFunction = "E202";
inline constexpr std::string_view kUnknownName = "E203";
inline constexpr std::string_view kFunctionFailed = "E204";
inline constexpr std::string_view kFormulaTooLong = "E205";  // a resolved one
inline constexpr std::string_view kAmbiguousName = "E206";   // fits several kernels
// 3xx: binding and evaluation
inline constexpr std::string_view kUnknownParameter = "E301";
inline constexpr std::string_view kUnboundParameter = "E302";
inline constexpr std::string_view kMissingConfig = "E303";
inline constexpr std::string_view kWrongArgument =
    "E304";  // a string for an int, 1.5 for an int, 2 for a bool
inline constexpr std::string_view kArithmetic = "E305";  // overflow, division by zero
inline constexpr std::string_view kBadCount = "E306";    // negative or fractional multiplier
inline constexpr std::string_view kUnmetRequirement = "E307";
inline constexpr std::string_view kNegativeCost = "E308";
// 4xx: plugins
inline constexpr std::string_view kPluginFile =
    "E401";  // not a complete ELF shared library of this machine
inline constexpr std::string_view kPluginNote = "E402";  // no lmhost note: not a plugin
inline constexpr std::string_view kPluginAbi =
    "E403";  // ABI major or formula language of another host
inline constexpr std::string_view kPluginOpen = "E404";  // dlopen refused it
inline constexpr std::string_view kPluginEntry =
    "E405";  // entry symbol missing, threw or returned NULL
inline constexpr std::string_view kPluginTable =
    "E406";  // NULL, span, size, flag or name in a table is wrong
inline constexpr std::string_view kPluginFormula = "E407";  // a formula does not compile
inline constexpr std::string_view kPluginDuplicate =
    "E408";                                                 // same id twice, same kernel name twice
inline constexpr std::string_view kPluginExample = "E409";  // a worked example gives another number
inline constexpr std::string_view kNewerFeature =
    "E410";                                          // a table uses a field this host does not know
inline constexpr std::string_view kLocked = "E411";  // not the plugin of the locked report
inline constexpr std::string_view kRevision = "E412";  // other formulas, same revision
inline constexpr std::string_view kModuleEntry =
    "E413";  // of a database: there already, or not there
inline constexpr std::string_view kImplausible = "E414";  // data whose costs cannot be
inline constexpr std::string_view kFileLocked = "E415";   // by another process, for too long
// 5xx: the world outside
inline constexpr std::string_view kCannotRead = "E501";
inline constexpr std::string_view kCannotWrite = "E502";
// 6xx: the command line
inline constexpr std::string_view kUsage = "E601";
inline constexpr std::string_view kUnknownNode = "E602";
inline constexpr std::string_view kCancelled = "E603";      // by the program that asked
inline constexpr std::string_view kSweepAxis = "E604";      // -P: unknown, empty, malformed, twice
inline constexpr std::string_view kSweepSize = "E605";      // more points than anybody means
inline constexpr std::string_view kSweepResume = "E606";    // the file is of another sweep
inline constexpr std::string_view kNoForm = "E607";         // a quantity has no such closed form
inline constexpr std::string_view kCondition = "E608";      // --fail-if does not parse
inline constexpr std::string_view kNotComparable = "E609";  // nothing to compare with, or no such
inline constexpr std::string_view kExport = "E610";         // a form of export, or its values
inline constexpr std::string_view kPhase = "E611";          // options that contradict the phase
// 7xx: modules learned from source
inline constexpr std::string_view kClassNotFound = "E701";   // in no source folder
inline constexpr std::string_view kAmbiguousClass = "E702";  // a short name of several classes
inline constexpr std::string_view kAgentFailed = "E703";  // crashed, hung, said nothing or too much
inline constexpr std::string_view kOtherModule = "E704";  // an answer about another class
inline constexpr std::string_view kCompiler = "E705";     // none found, or it failed
// 9xx
inline constexpr std::string_view kInternal = "E901";

}  // namespace lmhost::codes
