#!/bin/sh
# consul.sh [DIR]: puts Debian's Consul 1.8.7 under DIR and prints the path of the program. Touches nothing else of the
# system, and does nothing when it is there already. DIR defaults to a folder in the user's cache.
#
# The package comes from the suite bullseye, the last one that has it; it is a static program, so it runs on newer systems.
set -eu
. "$(dirname "$0")/debian.sh"
advice='install Consul yourself and put it on the PATH, or name it in DYNSRV_CONSUL.'
suite=bullseye
dir=${1:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/dynsrv/consul-$suite}
program=$dir/root/usr/bin/consul
debian_lock "$dir"
if [ -x "$program" ]; then
  echo "$program"
  exit 0
fi

mkdir -p "$dir/root"
debian_apt "$dir/apt" "$suite"
apt update
(cd "$state/archives" && apt download consul)
mkdir -p "$dir/unpacked" "$(dirname "$program")"
dpkg-deb --fsys-tarfile "$state/archives/"consul_*.deb | tar -x -C "$dir/unpacked" ./usr/bin/consul
# Moved when it is whole: where it stands, it is taken for good.
mv "$dir/unpacked/usr/bin/consul" "$program"
rm -rf "$state" "$dir/unpacked"
echo "$program"
