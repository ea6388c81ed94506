# Shared by tools/run and tools/test; sourced, not run. Everything here reports on standard error.
# shellcheck shell=bash disable=SC2034

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
jobs=${LMHOST_JOBS:-$(nproc)}

build_packages=(g++ cmake ninja-build libboost-dev libboost-program-options-dev rapidjson-dev
  libtbb-dev zlib1g-dev doctest-dev)

say() { printf 'lmhost: %s\n' "$*" >&2; }
die() {
  say "$*"
  exit 1
}

# need_packages NAME...: installs the Debian packages that are missing, and then sets packages_installed.
packages_installed=0
need_packages() {
  if ! command -v apt-get > /dev/null || ! command -v dpkg-query > /dev/null; then
    # Another system: whoever uses it has found the equivalents, or is about to.
    [[ ${LMHOST_SKIP_PACKAGES:-} ]] && return 0
    die "this is not Debian: install what corresponds to $*, then set LMHOST_SKIP_PACKAGES=1"
  fi
  local package state missing=()
  for package in "$@"; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null) || state=absent
    [[ $state == installed ]] || missing+=("$package")
  done
  ((${#missing[@]})) || return 0

  local as_root=()
  if ((EUID != 0)); then
    command -v sudo > /dev/null ||
      die "packages are missing and there is no sudo. As root: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  say "installing Debian packages: ${missing[*]}"
  local log
  log=$(mktemp)
  # shellcheck disable=SC2064
  trap "rm -f '$log'" RETURN
  local install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive
    apt-get install -y -q --no-install-recommends "${missing[@]}")
  # The package lists are fetched only when they are absent or stale.
  if ! "${install[@]}" > "$log" 2>&1 < /dev/null; then
    say "updating the package lists"
    if ! { "${as_root[@]}" apt-get update -q && "${install[@]}"; } > "$log" 2>&1 < /dev/null; then
      tail -n 15 "$log" >&2
      die "could not install ${missing[*]} (Debian 12 has them all)"
    fi
  fi
  packages_installed=1
}

# Takes the build folder: two calls at once must not build into one tree at the same time.
take_build_folder() {
  mkdir -p "$root/build" 2> /dev/null || true
  local folder
  for folder in "$root/build" "$root"/build/*/; do
    [[ -d $folder && -w $folder ]] || [[ $folder == */\*/ ]] ||  # no tree yet
      die "${folder%/} is not yours to write; remove it, or use your own checkout"
  done
  exec {build_lock}> "$root/build/.lock"
  flock "$build_lock"
}
release_build_folder() { exec {build_lock}>&-; }

# home_of PRESET: the checkout that build/PRESET was configured for; nothing where there is no tree.
home_of() { sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$root/build/$1/CMakeCache.txt" 2> /dev/null || true; }

# configured PRESET: is build/PRESET a build tree of this checkout, whoever made it? That of a moved one is not.
configured() { [[ -f $root/build/$1/build.ninja && $(home_of "$1") -ef $root ]]; }

# make_room PRESET: a tree of another checkout, or of this one before it moved, is removed if tools/ made it, which its
# stamp says; else it is somebody's, and stays.
make_room() {
  local tree=$root/build/$1 home
  home=$(home_of "$1")
  [[ $home && ! $home -ef $root ]] || return 0
  [[ -f $tree/.checkout ]] ||
    die "build/$1 is a build of $home, and tools/ did not make it: move it away, or rm -r ${tree@Q}"
  say "build/$1 is a build of $home: making it anew"
  rm -rf "${tree:?}"
}

# configure PRESET: makes build/PRESET unless it is there; cmake itself notices later changes.
configure() {
  configured "$1" && return 0
  make_room "$1"
  local tree=$root/build/$1 is_new=0
  [[ -d $tree ]] || is_new=1
  (cd "$root" && cmake --preset "$1") || return 1
  if ((is_new)); then printf '%s\n' "$root" > "$tree/.checkout"; fi
}
