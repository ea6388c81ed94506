// Who may have put a plugin where it is: files, folders, those above, sticky ones, owners and groups.
#include <doctest/doctest.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "base/diagnostic.hpp"
#include "load/plugin_discovery.hpp"
#include "load/plugin_trust.hpp"
#include "scratch_folder.hpp"

using namespace lmhost;
namespace fs = std::filesystem;

namespace {

constexpr ::uid_t kStranger = 4242;  // nobody's
const std::string kGood = LMHOST_BINARY_DIR "/bad_plugins/duplicate_one.so";

// A plugin in <scratch>/above/plugins.
struct Place {
  ScratchFolder scratch;
  std::string above = scratch.path() + "/above";
  std::string folder = above + "/plugins";
  std::string file = folder + "/duplicate_one.so";

  Place() {
    fs::create_directories(folder);
    fs::copy(kGood, file);
    for (const std::string& path : {above, folder, file}) mode(path, 0755);
  }
  static void mode(const std::string& path, ::mode_t bits) {
    REQUIRE(::chmod(path.c_str(), bits) == 0);
  }
  // What is said, with the scratch folder as "S".
  std::string said(const Result<Catalog>& catalog) const {
    if (catalog.ok()) return "loaded " + std::to_string(catalog->plugins().size());
    std::string text = render(catalog.errors());
    for (std::size_t at; (at = text.find(scratch.path())) != std::string::npos;)
      text.replace(at, scratch.path().size(), "S");
    return std::to_string(exit_status(catalog.errors())) + " " + text;
  }
  std::string by_name() const { return said(load_catalog({{file}, {}, ""})); }
  std::string by_folder() const { return said(load_catalog({{}, {folder}, ""})); }
  std::string of_installation() const { return said(load_catalog({{}, {}, folder})); }
};

struct ::stat file_of(::uid_t owner, ::gid_t group, ::mode_t mode) {
  struct ::stat status = {};
  status.st_uid = owner;
  status.st_gid = group;
  status.st_mode = S_IFREG | mode;
  return status;
}

std::string judged(::uid_t owner, ::gid_t group, ::mode_t mode) {
  const std::optional<Distrust> doubt = distrust_of_file(file_of(owner, group, mode));
  return doubt ? doubt->reason : "";
}

}  // namespace

TEST_CASE("trust: of a file, by owner, group and mode") {
  const ::uid_t me = ::geteuid();
  const ::gid_t mine = ::getegid();
  CHECK(judged(me, mine, 0755) == "");
  CHECK(judged(0, 0, 0644) == "");
  CHECK(judged(me, mine, 0775) == "");       // a group of one's own
  CHECK(judged(me, 0, 0775) == "");          // root's
  CHECK(judged(me, kStranger, 0755) == "");  // which may not write
  CHECK(judged(me, kStranger, 0775) == "group 4242, which is not your own, may write to it");
  CHECK(judged(me, mine, 0757) == "everybody may write to it");
  CHECK(judged(kStranger, mine, 0755) == "user 4242 owns it");
}

TEST_CASE("trust: a folder to which others may write") {
  const Place place;
  CHECK(place.by_name() == "loaded 1");
  CHECK(place.by_folder() == "loaded 1");

  Place::mode(place.folder, 0777);
  CHECK(place.by_name() ==
        "4 S/above/plugins/duplicate_one.so: error: not a loadable plugin: everybody may write to "
        "the "
        "folder 'S/above/plugins' [E401]\n  chmod o-w removes the permission\n");
  CHECK(place.by_folder() ==
        "4 S/above/plugins: error: no plugin of this folder is loaded: everybody may write to the "
        "folder 'S/above/plugins' [E401]\n  chmod o-w removes the permission\n");
  // Who may write there may replace lmhost itself.
  CHECK(place.of_installation() == "loaded 1");

  // A file of one's own stays what it is in a sticky folder, but others could add theirs.
  Place::mode(place.folder, 01777);
  CHECK(place.by_name() == "loaded 1");
  CHECK(place.by_folder().find("4 S/above/plugins: error: no plugin of this folder is loaded: "
                               "everybody may write") == 0);
}

TEST_CASE("trust: a folder above to which others may write, and links that lead to one") {
  const Place place;
  Place::mode(place.above, 0777);
  CHECK(
      place.by_name() ==
      "4 S/above/plugins/duplicate_one.so: error: not a loadable plugin: everybody may write to a "
      "folder above it, 'S/above' [E401]\n  chmod o-w removes the permission\n");
  CHECK(place.by_folder().find("may write to a folder above it, 'S/above' [E401]") !=
        std::string::npos);
  CHECK(place.of_installation() == "loaded 1");
  const std::string link = place.scratch.path() + "/link";
  fs::create_directory_symlink(place.folder, link);
  CHECK(place.said(load_catalog({{link + "/duplicate_one.so"}, {}, ""})).find("4 S/link/") == 0);
  CHECK(place.said(load_catalog({{}, {link}, ""})).find("4 S/link: error: no plugin") == 0);
  // A link in a good folder to a file in a bad one.
  fs::create_directory(place.scratch.path() + "/good");
  fs::create_symlink(place.file, place.scratch.path() + "/good/duplicate_one.so");
  const Result<Catalog> found = load_catalog({{}, {place.scratch.path() + "/good"}, ""});
  REQUIRE(found.ok());
  CHECK(found->plugins().empty());
  REQUIRE(found->refused().size() == 1);
  CHECK(found->refused()[0].reason.code == "E401");

  Place::mode(place.above, 01777);
  CHECK(place.by_name() == "loaded 1");
  CHECK(place.by_folder() == "loaded 1");
}

TEST_CASE("trust: files and folders of another user or group, as root") {
  const bool is_root = ::geteuid() == 0;
  const Place place;
  const auto give = [&](const std::string& path, ::uid_t user, ::gid_t group) {
    // Nobody else may give files away, so nobody else can be given one either.
    CHECK((::chown(path.c_str(), user, group) == 0) == is_root);
  };
  const auto expect = [&](const std::string& text, const std::string& problem) {
    CHECK((text.find(problem) != std::string::npos) == is_root);
    CHECK((text == "loaded 1") == !is_root);
  };
  give(place.file, kStranger, 0);
  expect(place.by_name(),
         "4 S/above/plugins/duplicate_one.so: error: not a loadable plugin: user "
         "4242 owns it [E401]");
  give(place.file, 0, 0);
  give(place.folder, kStranger, 0);
  expect(place.by_name(), "user 4242 owns the folder 'S/above/plugins' [E401]");
  expect(place.by_folder(),
         "4 S/above/plugins: error: no plugin of this folder is loaded: user 4242 "
         "owns the folder 'S/above/plugins' [E401]");
  CHECK(place.of_installation() == "loaded 1");
  Place::mode(place.folder, is_root ? 01777 : 0755);
  expect(place.by_name(), "user 4242 owns the folder 'S/above/plugins' [E401]");
  Place::mode(place.folder, is_root ? 0775 : 0755);
  give(place.folder, 0, kStranger);
  expect(place.by_name(), "group 4242, which is not your own, may write to the folder");
  give(place.folder, 0, 0);
  CHECK(place.by_name() == "loaded 1");
}
