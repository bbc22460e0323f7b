#!/bin/sh
# consul.sh [DIR]: puts Debian's Consul 1.8.7 under DIR and prints the path of the program. Touches nothing else of the
# system, and does nothing when it is there already. DIR defaults to a folder in the user's cache.
#
# Needs apt-get, dpkg-deb and Debian's archive keyring. The package comes from the suite bullseye, the last one that has
# it; it is a static program, so it runs on newer systems.
set -eu
suite=bullseye
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
dir=${1:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/dynsrv/consul-$suite}
program=$dir/root/usr/bin/consul
if [ -x "$program" ]; then
  echo "$program"
  exit 0
fi

fail() {
  echo "consul.sh: $1" >&2
  echo 'consul.sh: install Consul yourself and put it on the PATH, or name it in DYNSRV_CONSUL.' >&2
  exit 1
}
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || fail 'this is no Debian system'
[ -r "$keyring" ] || fail "$keyring is missing (package debian-archive-keyring)"

# The mirror that this system uses already.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep -m1 '/debian/*$' || true)
mirror=${mirror:-http://deb.debian.org/debian}
state=$dir/apt
mkdir -p "$state/lists/partial" "$state/archives/partial" "$state/parts" "$dir/root"
: >"$state/status"
echo "deb [signed-by=$keyring] ${mirror%/} $suite main" >"$state/sources.list"

apt() {
  apt-get -q -y \
    -o Dir::State="$state" -o Dir::State::status="$state/status" -o Dir::State::lists="$state/lists" \
    -o Dir::Cache="$state" -o Dir::Cache::archives="$state/archives" \
    -o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts="$state/parts" \
    -o APT::Sandbox::User=root -o Debug::NoLocking=true \
    -o Acquire::Languages=none -o Acquire::Check-Valid-Until=false -o Acquire::Retries=3 "$@" >"$dir/log" 2>&1 ||
    fail "apt-get $* failed: $(tail -3 "$dir/log")"
}
# Read by dpkg's lists only, never by the package manager of this system.
apt update
(cd "$state/archives" && apt download consul)
dpkg-deb --fsys-tarfile "$state/archives/"consul_*.deb | tar -x -C "$dir/root" ./usr/bin/consul
rm -rf "$state"
echo "$program"
