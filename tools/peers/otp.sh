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
if [ -x "$dir/erl" ]; then
  echo "$dir"
  exit 0
fi
[ "$(id -u)" = 0 ] || fail 'a root of its own can only be entered by root'

rm -rf --one-file-system "$dir"
root=$dir/root
mkdir -p "$root"/usr/{bin,sbin,lib,lib64} "$root"/{tmp,proc,dev,sys,run,etc,var/tmp,root}
# Before unpacking, so that packages of the old and of the new layout meet in one place.
for folder in bin sbin lib lib64; do ln -s "usr/$folder" "$root/$folder"; done
debian_apt "$dir/apt" "$suite"
apt update
apt --download-only install erlang-base erlang-crypto erlang-ssl elixir dash coreutils sed grep libc-bin
for package in "$state/archives/"*.deb; do
  dpkg-deb --fsys-tarfile "$package" | tar -x --keep-directory-symlink --no-same-owner \
    --exclude='./usr/share/doc' --exclude='./usr/share/man' --exclude='./usr/share/locale' -C "$root"
done
rm -rf "$state"
ln -sf dash "$root/usr/bin/sh"
chroot "$root" /sbin/ldconfig

cat >"$dir/enter" <<'ENTER'
#!/bin/bash
# enter COMMAND...: runs a command in this root; the mounts are seen by nobody else and end with it.
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "$0")")/root" && pwd)
exec unshare --mount --propagation private -- /bin/bash -c '
  root=$1
  shift
  for folder in proc dev; do mount --rbind "/$folder" "$root/$folder"; done
  mount --bind "${TMPDIR:-/tmp}" "$root/tmp"
  for file in hosts resolv.conf; do
    : >>"$root/etc/$file"
    mount --bind "/etc/$file" "$root/etc/$file"
  done
  exec chroot "$root" /usr/bin/env -C /tmp HOME=/tmp PATH=/usr/bin:/bin "$@"
' enter "$root" "$@"
ENTER
chmod +x "$dir/enter"
for program in erl erlc elixir; do
  printf '#!/bin/sh\nexec "$(dirname "$(readlink -f "$0")")/enter" %s "$@"\n' "$program" >"$dir/$program.new"
  chmod +x "$dir/$program.new"
done
# `erl` comes last: where it stands, everything does.
for program in elixir erlc erl; do mv "$dir/$program.new" "$dir/$program"; done
echo "$dir"
