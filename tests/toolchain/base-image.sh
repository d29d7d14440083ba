#!/usr/bin/env bash
# Makes the base image that tests and demo build on, in artifacts/base-image: Debian 12 packages and this machine's .NET runtime, laid out like
# the official dotnet/aspnet image. Two OCI layouts come of it:
#
#   artifacts/base-image/linux-amd64      one image
#   artifacts/base-image/multi-platform   an index of two: linux/amd64, and the same content said to be linux/arm64
#
# Nobody should deploy it: it is for tests. A second run finds everything done and ends at once; an interrupted run leaves nothing half done.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/parts.sh"

suite=bookworm
packages='base-files base-passwd ca-certificates coreutils dash gcc-12-base libacl1 libattr1 libc-bin libc6 libgcc-s1 libgmp10 libpcre2-8-0
libselinux1 libssl3 libstdc++6 libtinfo6 openssl perl-base tar tzdata zlib1g'

need dotnet 'The image gets its .NET runtime from this machine. Install the .NET 10 SDK.'
need gzip 'apt-get install gzip.'
dotnet_root=$(dirname "$(readlink -f "$(command -v dotnet)")")
core=$(cd "$dotnet_root/shared/Microsoft.NETCore.App" && ls -d 10.* | sort -V | tail -n 1) || die "no .NET 10 runtime in $dotnet_root/shared. Install the .NET 10 SDK."
web=$(cd "$dotnet_root/shared/Microsoft.AspNetCore.App" && ls -d 10.* | sort -V | tail -n 1) || die "no ASP.NET Core 10 runtime in $dotnet_root/shared. Install the .NET 10 SDK."

mkdir -p "$repository/artifacts"
result=$(readlink -m "$repository/artifacts/base-image")
recipe=$({ cat "${BASH_SOURCE[0]}" "$repository/tests/toolchain/parts.sh"; echo "$core $web"; } | sha256sum | cut -d ' ' -f 1)

is_complete() {
  [ "$(cat "$result/.stamp" 2> /dev/null)" = "$recipe" ]
}

finish() {
  echo "base image: Debian 12, .NET $core, in $result"
  exit 0
}

if is_complete; then finish; fi
started=$(milliseconds)
lock "$(dirname "$result")/.base-image"
if is_complete; then finish; fi
need_debian 'packages (there is no other way to this image)'

rm -rf "$result".staging-*
staging=$(mktemp -d "$result.staging-XXXXXX")
trap 'rm -rf "$staging"' EXIT
trap 'kill $(jobs -p) 2> /dev/null; exit 130' INT TERM # Their own children end with the folder they write to.
chmod 755 "$staging"

debian_root() {
  local root=$1 package
  mkdir -p "$root/usr/bin" "$root/usr/sbin" "$root/usr/lib" "$root/usr/lib64" "$root/var/lib/dpkg/info"
  for package in bin sbin lib lib64; do
    ln -s "usr/$package" "$root/$package"
  done
  # shellcheck disable=SC2086 # A list.
  debian_download "$staging/debs" "$suite" $packages || die 'could not get the Debian packages, see above. Nothing was changed. Run this again.'
  for package in $packages; do
    # dpkg-deb -x would put folders in the place of the links above.
    dpkg-deb --fsys-tarfile "$staging/debs/${package}"_*.deb | tar -x -C "$root" --keep-directory-symlink --no-same-owner
    dpkg-deb -f "$staging/debs/${package}"_*.deb | sed '/^Package:/a Status: install ok installed' >> "$root/var/lib/dpkg/status"
    echo >> "$root/var/lib/dpkg/status"
    dpkg-deb -c "$staging/debs/${package}"_*.deb | sed 's/^\([^ ]* *\)\{5\}\.//; s/ -> .*//; s,\(.\)/$,\1,; s,^/$,/.,' > "$root/var/lib/dpkg/info/$package.list"
  done
  find "$root/usr/share/doc" -type f ! -name copyright -delete
  rm -rf "$root/usr/share/man" "$root/usr/share/info" "$root/usr/share/locale" "$root/usr/share/lintian"
  mkdir -p "$root/etc/ssl/certs" "$root/home/app" "$root/tmp" "$root/app"
  ln -sf dash "$root/usr/bin/sh"
  find "$root/usr/share/ca-certificates" -name '*.crt' -print0 | LC_ALL=C sort -z | xargs -0 cat > "$root/etc/ssl/certs/ca-certificates.crt"
  printf 'root:x:0:0:root:/root:/bin/sh\napp:x:1654:1654::/home/app:/bin/sh\n' > "$root/etc/passwd"
  printf 'root:x:0:\napp:x:1654:\n' > "$root/etc/group"
}

# blob FILE: moves it to its place, prints its digest.
blob() {
  local digest
  digest=$(sha256sum "$1" | cut -d ' ' -f 1)
  mv "$1" "$staging/layout/blobs/sha256/$digest"
  printf 'sha256:%s' "$digest"
}

size() {
  stat -c %s "$staging/layout/blobs/sha256/${1#sha256:}"
}

# layer ROOT: adds a layer of what is in ROOT. Everything belongs to root and is of one time, so that the same packages give the same image.
layers='' diff_ids=''
layer() {
  local digest
  tar -C "$1" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --format=gnu -cf "$staging/layer.tar" .
  diff_ids="$diff_ids${diff_ids:+,}\"sha256:$(sha256sum "$staging/layer.tar" | cut -d ' ' -f 1)\""
  gzip -n -3 "$staging/layer.tar"
  digest=$(blob "$staging/layer.tar.gz")
  layers="$layers${layers:+,}{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar+gzip\",\"digest\":\"$digest\",\"size\":$(size "$digest")}"
}

# image ARCHITECTURE: a manifest of the layers so far, as a descriptor.
image() {
  local config manifest
  cat > "$staging/file" << JSON
{"architecture":"$1","os":"linux","created":"1970-01-01T00:00:00Z","config":{"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin","APP_UID=1654","ASPNETCORE_HTTP_PORTS=8080","DOTNET_RUNNING_IN_CONTAINER=true","DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=true","DOTNET_VERSION=$core","ASPNET_VERSION=$web"],"WorkingDir":"/"},"rootfs":{"type":"layers","diff_ids":[$diff_ids]},"history":[{"created":"1970-01-01T00:00:00Z","created_by":"Debian 12"},{"created":"1970-01-01T00:00:00Z","created_by":".NET $core"},{"created":"1970-01-01T00:00:00Z","created_by":"ASP.NET Core $web"}]}
JSON
  config=$(blob "$staging/file")
  printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"%s","size":%d},"layers":[%s]}' \
    "$config" "$(size "$config")" "$layers" > "$staging/file"
  manifest=$(blob "$staging/file")
  printf '{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"%s","size":%d,"platform":{"architecture":"%s","os":"linux"}}' "$manifest" "$(size "$manifest")" "$1"
}

# layout NAME DESCRIPTORS: an OCI layout of these images; all of them share the blobs.
layout() {
  mkdir "$staging/layout/$1"
  ln -s ../blobs "$staging/layout/$1/blobs"
  printf '{"imageLayoutVersion":"1.0.0"}' > "$staging/layout/$1/oci-layout"
  printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[%s]}' "$2" > "$staging/layout/$1/index.json"
}

mkdir -p "$staging/layout/blobs/sha256"
debian_root "$staging/debian"
layer "$staging/debian"

mkdir -p "$staging/core/usr/share/dotnet/shared" "$staging/core/usr/bin" "$staging/web/usr/share/dotnet/shared/Microsoft.AspNetCore.App"
cp -a "$dotnet_root/dotnet" "$staging/core/usr/share/dotnet/"
mkdir -p "$staging/core/usr/share/dotnet/host/fxr" "$staging/core/usr/share/dotnet/shared/Microsoft.NETCore.App"
cp -a "$dotnet_root/host/fxr/$core" "$staging/core/usr/share/dotnet/host/fxr/"
cp -a "$dotnet_root/shared/Microsoft.NETCore.App/$core" "$staging/core/usr/share/dotnet/shared/Microsoft.NETCore.App/"
ln -s /usr/share/dotnet/dotnet "$staging/core/usr/bin/dotnet"
layer "$staging/core"
cp -a "$dotnet_root/shared/Microsoft.AspNetCore.App/$web" "$staging/web/usr/share/dotnet/shared/Microsoft.AspNetCore.App/"
layer "$staging/web"

amd64=$(image amd64)
layout linux-amd64 "$amd64"
layout multi-platform "$amd64,$(image arm64)"
echo "$recipe" > "$staging/layout/.stamp"

rm -rf "$result"
mv "$staging/layout" "$result"
echo "base image: made in $(seconds_since "$started") s"
rm -rf "$staging"
finish
