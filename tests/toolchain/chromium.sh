#!/usr/bin/env bash
# Puts chromium, which looks at the HTML report, into artifacts/toolchain/bin: the one on PATH as it is, else Debian's with the libraries that this machine
# lacks (about 100 MB), unpacked beside the other tools. Nothing is installed system-wide. A second run finds it and ends at once.
#
#   tests/toolchain/chromium.sh
set -eu
. "$(dirname "${BASH_SOURCE[0]}")/parts.sh"

mkdir -p "$repository/artifacts/toolchain/bin"
toolchain=$(cd "$repository/artifacts/toolchain" && pwd -P)
if [ -x "$toolchain/bin/chromium" ]; then exit 0; fi
if found=$(PATH=${PATH//$toolchain\/bin/} command -v chromium); then
  ln -sfn "$found" "$toolchain/bin/chromium"
  echo "toolchain: chromium is $found"
  exit 0
fi

need apt-get 'Put chromium on PATH; there are packages of it for Debian only.'
lock "$toolchain"
staging=$(mktemp -d "$toolchain/.chromium-XXXXXX")
trap 'rm -rf "$staging"' EXIT
# A list of packages of our own: the machine's may be old, or empty as on a new one, and renewing it is for its owner.
mkdir -p "$staging/debs" "$staging/chromium" "$staging/lists/partial"
apt() {
  apt-get -q -o Dir::State::Lists="$staging/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o Acquire::Languages=none -o Acquire::Retries=3 -o APT::Update::Error-Mode=any -o APT::Sandbox::User=root "$@"
}
apt update > "$staging/update.log" 2>&1 || die "apt-get update failed: $(tail -n 3 "$staging/update.log")"
# What an installation would bring, and this machine does not have.
packages=$(apt install --simulate --no-install-recommends chromium 2> /dev/null | sed -n 's/^Inst \([^ ]*\) .*/\1/p')
[ -n "$packages" ] || die 'apt-get knows no package chromium, and there is none on PATH.'
(cd "$staging/debs" && apt download $packages > /dev/null) || die 'chromium could not be downloaded, see above.'
for package in "$staging/debs"/*.deb; do dpkg-deb -x "$package" "$staging/chromium"; done
rm -rf "$toolchain/chromium"
mv "$staging/chromium" "$toolchain/chromium"
# Some libraries have a folder of their own for what they share among themselves.
libraries=$(find "$toolchain/chromium/usr/lib" -name '*.so*' -printf '%h\n' | grep -v /usr/lib/chromium | sort -u | paste -sd :)
cat > "$staging/start" << SH
#!/bin/sh
LD_LIBRARY_PATH='$libraries'\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH} exec '$toolchain/chromium/usr/lib/chromium/chromium' "\$@"
SH
chmod 755 "$staging/start"
why=$("$staging/start" --version 2>&1 > /dev/null) || die "Debian's chromium does not run on this machine: $(tail -n 1 <<< "$why"). Put another one on PATH."
mv "$staging/start" "$toolchain/bin/chromium"
echo "toolchain: chromium from Debian"
