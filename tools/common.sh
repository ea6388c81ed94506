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

# configured PRESET: is build/PRESET a build tree of this checkout? A moved checkout is not.
configured() {
  local stamp=$root/build/$1/.checkout home=
  [[ -f $stamp && -f $root/build/$1/build.ninja ]] && IFS= read -r home < "$stamp"
  [[ $home == "$root" ]]
}

# configure PRESET: makes build/PRESET unless it is there; cmake itself notices later changes.
configure() {
  configured "$1" && return 0
  rm -rf "${root:?}/build/$1"
  mkdir -p "$root/build/$1"
  (cd "$root" && cmake --preset "$1") && printf '%s\n' "$root" > "$root/build/$1/.checkout"
}
