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
# What an installation would bring, and this machine does not have.
packages=$(apt-get install --simulate --no-install-recommends chromium 2> /dev/null | sed -n 's/^Inst \([^ ]*\) .*/\1/p')
[ -n "$packages" ] || die 'apt-get knows no package chromium (run apt-get update), and there is none on PATH.'
mkdir "$staging/debs" "$staging/chromium"
(cd "$staging/debs" && apt-get download $packages > /dev/null) || die 'chromium could not be downloaded, see above.'
for package in "$staging/debs"/*.deb; do dpkg-deb -x "$package" "$staging/chromium"; done
rm -rf "$toolchain/chromium"
mv "$staging/chromium" "$toolchain/chromium"
cat > "$staging/start" << SH
#!/bin/sh
LD_LIBRARY_PATH='$toolchain/chromium/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH 2> /dev/null || echo x86_64-linux-gnu)'\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH} exec '$toolchain/chromium/usr/lib/chromium/chromium' "\$@"
SH
chmod 755 "$staging/start"
"$staging/start" --version > /dev/null 2>&1 || die "Debian's chromium does not run on this machine. Put another one on PATH."
mv "$staging/start" "$toolchain/bin/chromium"
echo "toolchain: chromium from Debian"
