# Sourced by the scripts beside it: fetches packages of any Debian suite without touching this system's own packages.
#
#   debian_apt STATE SUITE   prepares a private apt in the folder STATE; then `apt ARGUMENT...` runs it
#
# Needs apt-get, dpkg-deb and Debian's archive keyring. The mirror is the one that this system uses already.

keyring=/usr/share/keyrings/debian-archive-keyring.gpg

fail() {
  echo "${0##*/}: $1" >&2
  [ -z "${advice:-}" ] || echo "${0##*/}: $advice" >&2
  exit 1
}

debian_apt() {
  state=$1
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || fail 'this is no Debian system'
  [ -r "$keyring" ] || fail "$keyring is missing (package debian-archive-keyring)"
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep -m1 '/debian/*$' || true)
  [ -n "$mirror" ] || fail 'apt knows no Debian mirror: run apt-get update, or add one to its sources'
  mkdir -p "$state/lists/partial" "$state/archives/partial" "$state/parts"
  : >"$state/status"
  echo "deb [signed-by=$keyring] ${mirror%/} $2 main" >"$state/sources.list"
}

apt() {
  apt-get -q -y \
    -o Dir::State="$state" -o Dir::State::status="$state/status" -o Dir::State::lists="$state/lists" \
    -o Dir::Cache="$state" -o Dir::Cache::archives="$state/archives" \
    -o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts="$state/parts" \
    -o Dir::Etc::main=/dev/null -o Dir::Etc::parts="$state/parts" \
    -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts="$state/parts" \
    -o APT::Install-Recommends=false -o APT::Sandbox::User=root -o Debug::NoLocking=true \
    -o APT::Keep-Downloaded-Packages=true -o Binary::apt-get::APT::Keep-Downloaded-Packages=true \
    -o Acquire::Languages=none -o Acquire::Check-Valid-Until=false -o Acquire::Retries=3 "$@" >"$state/log" 2>&1 ||
    fail "apt-get $* failed: $(tail -3 "$state/log")"
}
