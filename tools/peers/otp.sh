#!/bin/bash
# otp.sh SUITE [DIR]: puts the Erlang and Elixir of a Debian suite under DIR and prints DIR. Touches nothing else of the
# system, and does nothing when they are there already. DIR defaults to a folder in the user's cache.
#
#   bullseye  OTP 23, Elixir 1.10       bookworm  OTP 25, Elixir 1.14
#   trixie    OTP 27, Elixir 1.18       forky     OTP 29, Elixir 1.20
#
# Then DIR/erl, DIR/erlc and DIR/elixir run them: in a root of their own, with this system's network, /proc, /dev and
# temporary folder, under the pid that was started. Needs root.
set -euo pipefail
. "$(dirname "$0")/debian.sh"
advice='the tests of other OTP releases need a Debian system and root.'
[ $# -ge 1 ] || fail 'which suite? bullseye, bookworm, trixie or forky'
suite=$1
dir=${2:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/dynsrv/otp-$suite}
debian_lock "$dir"
if [ -x "$dir/erl" ]; then
  echo "$dir"
  exit 0
fi

debian_root "$dir" "$suite" erlang-base erlang-crypto erlang-ssl elixir
rm -rf "$state"
# `erl` comes last: where it stands, everything does.
for program in elixir erlc erl; do debian_program "$dir" "$program"; done
echo "$dir"
