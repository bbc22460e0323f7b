#!/bin/sh
# compose.sh [DIR]: puts Debian's docker-compose 2 under DIR and prints the path of the program. Touches nothing else of the
# system, and does nothing when it is there already. DIR defaults to a folder in the user's cache.
#
# The package comes from the suite trixie, the first one that has version 2. Unpacked alone it runs on older systems too, and
# `config` needs no Docker engine.
set -eu
. "$(dirname "$0")/debian.sh"
advice='install docker-compose 2 yourself, and name it in DYNSRV_DOCKER_COMPOSE.'
suite=trixie
dir=${1:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/dynsrv/compose-$suite}
program=$dir/docker-compose
debian_lock "$dir"
if [ -x "$program" ]; then
  echo "$program"
  exit 0
fi

mkdir -p "$dir"
debian_apt "$dir/apt" "$suite"
apt update
(cd "$state/archives" && apt download docker-compose)
mkdir -p "$dir/unpacked"
dpkg-deb --fsys-tarfile "$state/archives/"docker-compose_*.deb |
  tar -x -C "$dir/unpacked" ./usr/libexec/docker/cli-plugins/docker-compose
# Moved when it is whole: where it stands, it is taken for good.
mv "$dir/unpacked/usr/libexec/docker/cli-plugins/docker-compose" "$program"
rm -rf "$state" "$dir/unpacked"
echo "$program"
