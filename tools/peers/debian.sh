# Sourced by the scripts beside it: fetches packages of any Debian suite without touching this system's own packages.
#
#   debian_lock DIR                   waits until no other test fetches into DIR
#   debian_apt STATE SUITE            prepares a private apt in the folder STATE; then `apt ARGUMENT...` runs it
#   debian_root DIR SUITE PACKAGE...  unpacks packages with all that they need into DIR/root, and writes DIR/enter
#   debian_program DIR NAME [PATH]    makes DIR/NAME, which runs the program of that name or path in DIR/root
#
# Needs apt-get, dpkg-deb and Debian's archive keyring. The mirror is the one that this system uses already.

keyring=/usr/share/keyrings/debian-archive-keyring.gpg

fail() {
  echo "${0##*/}: $1" >&2
  [ -z "${advice:-}" ] || echo "${0##*/}: $advice" >&2
  exit 1
}

# Several tests may want the same program at once: the first fetches it, the others wait and find it.
debian_lock() {
  command -v flock >/dev/null || fail 'this is no Debian system'
  mkdir -p "$(dirname "$1")"
  exec 9>"$1.lock"
  flock 9
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

# The packages are unpacked, not installed: none of their scripts run, no user is made, and no service starts.
debian_root() {
  dir=$1 suite=$2 root=$1/root
  shift 2
  [ "$(id -u)" = 0 ] || fail 'a root of its own can only be entered by root'
  rm -rf --one-file-system "$dir"
  for folder in bin sbin lib lib64; do mkdir -p "$root/usr/$folder"; done
  for folder in tmp proc dev sys run etc var/tmp root; do mkdir -p "$root/$folder"; done
  # Before unpacking, so that packages of the old and of the new layout meet in one place.
  for folder in bin sbin lib lib64; do ln -s "usr/$folder" "$root/$folder"; done
  debian_apt "$dir/apt" "$suite"
  apt update
  apt --download-only install "$@" dash coreutils sed grep libc-bin
  debian_unpack "$state/archives/"*.deb
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
}

debian_unpack() {
  for package in "$@"; do
    dpkg-deb --fsys-tarfile "$package" | tar -x --keep-directory-symlink --no-same-owner \
      --exclude='./usr/share/doc' --exclude='./usr/share/man' --exclude='./usr/share/locale' -C "$root"
  done
}

# Moved when it is whole: where it stands, it is taken for good.
debian_program() {
  printf '#!/bin/sh\nexec "$(dirname "$(readlink -f "$0")")/enter" %s "$@"\n' "${3:-$2}" >"$1/$2.new"
  chmod +x "$1/$2.new"
  mv "$1/$2.new" "$1/$2"
}
