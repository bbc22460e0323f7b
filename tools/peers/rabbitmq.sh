#!/bin/bash
# rabbitmq.sh [DIR]: puts Debian's RabbitMQ 3.10 with its Erlang 25 under DIR and prints DIR. Touches nothing else of the
# system, and does nothing when they are there already. DIR defaults to a folder in the user's cache.
#
# Then DIR/rabbitmq-server runs it in the foreground, in a root of its own; see debian.sh. Needs root.
set -euo pipefail
. "$(dirname "$0")/debian.sh"
advice='the test with RabbitMQ needs a Debian system and root.'
suite=bookworm
dir=${1:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/dynsrv/rabbitmq-$suite}
debian_lock "$dir"
if [ -x "$dir/rabbitmq-server" ]; then
  echo "$dir"
  exit 0
fi

debian_root "$dir" "$suite" erlang-base erlang-crypto erlang-eldap erlang-inets erlang-mnesia erlang-os-mon \
  erlang-parsetools erlang-public-key erlang-runtime-tools erlang-ssl erlang-syntax-tools erlang-tools erlang-xmerl
# Alone: what it asks for besides Erlang (users, logs, services) is not needed to run it in the foreground.
(cd "$state/archives" && apt download rabbitmq-server)
debian_unpack "$state/archives/"rabbitmq-server_*.deb
rm -rf "$state"
debian_program "$dir" rabbitmq-server /usr/lib/rabbitmq/bin/rabbitmq-server
echo "$dir"
