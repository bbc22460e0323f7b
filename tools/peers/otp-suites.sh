#!/bin/bash
# otp-suites.sh [DIR]: puts OTP's own test suites, with the Erlang that they belong to, under DIR and prints DIR. Touches
# nothing else of the system, and does nothing when they are there already. DIR defaults to a folder in the user's cache.
#
#   DIR/erl, DIR/erlc  Erlang/OTP 25 with common_test, jinterface and the headers and libraries of erl_interface, unpacked
#                      from the packages of Debian's suite bookworm; they run on Debian 12 and later
#   DIR/otp            the suites, from Debian's source package of the same version, as OTP wrote them
#
# Needs a Debian system and a C compiler.
set -euo pipefail
. "$(dirname "$0")/debian.sh"
advice='the suites of OTP need a Debian system: run them in a container of debian:bookworm.'
suite=bookworm
dir=${1:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/dynsrv/otp-suites-$suite}
debian_lock "$dir"
if [ -x "$dir/erl" ]; then
  echo "$dir"
  exit 0
fi

rm -rf --one-file-system "$dir"
mkdir -p "$dir/root" "$dir/otp"
debian_apt "$dir/apt" "$suite"
sed 's/^deb /deb-src /' "$state/sources.list" >"$state/sources"
cat "$state/sources" >>"$state/sources.list"
apt update
cd "$state/archives"
apt download erlang-base erlang-common-test erlang-crypto erlang-dev erlang-inets erlang-jinterface erlang-parsetools \
  erlang-runtime-tools erlang-src erlang-syntax-tools erlang-tools erlang-xmerl
for package in *.deb; do dpkg-deb -x "$package" "$dir/root"; done
# The scripts of its pages of results come from packages that nobody needs here.
find "$dir"/root/usr/lib/erlang/lib/common_test-*/priv -xtype l | while read -r link; do rm "$link" && : >"$link"; done
# The source of exactly that version.
version=$(dpkg-deb -f erlang-base_*.deb Source-Version 2>/dev/null || true)
version=${version:-$(dpkg-deb -f erlang-base_*.deb Version)}
apt --download-only source "erlang=$version"
tar -xf erlang_*.orig.tar.* -C "$dir/otp" --strip-components=1 --wildcards \
  '*/lib/erl_interface/test' '*/lib/jinterface/test' '*/lib/kernel/test/erl_distribution_wb_SUITE.erl' \
  '*/lib/kernel/test/pg_SUITE.erl' '*/lib/common_test/test_server/ts.hrl' '*/erts/emulator/test/erts_test_utils.erl'
rm -rf "$state"

# The emulator finds everything beside itself, wherever it stands.
for program in erlc erl; do
  cat >"$dir/$program.new" <<PROGRAM
#!/bin/sh
here=\$(cd "\$(dirname "\$(readlink -f "\$0")")" && pwd)
export ROOTDIR="\$here/root/usr/lib/erlang" EMU=beam PROGNAME="\${PROGNAME:-\$here/erl}"
BINDIR=\$(echo "\$ROOTDIR"/erts-*/bin)
export BINDIR
PROGRAM
done
echo 'exec "$BINDIR/erlexec" "$@"' >>"$dir/erl.new"
echo 'ERLC_EMULATOR="$here/erl" exec "$BINDIR/erlc" "$@"' >>"$dir/erlc.new"
chmod +x "$dir/erl.new" "$dir/erlc.new"
mv "$dir/erlc.new" "$dir/erlc"
# `erl` comes last: where it stands, everything does.
mv "$dir/erl.new" "$dir/erl"
echo "$dir"
