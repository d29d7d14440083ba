#!/usr/bin/env bash
# Shows a publish without internet: makes an air-gap bundle (the tools and the vulnerability database), and then runs samples/demo.sh in a network
# namespace that has loopback and no route to anywhere, with nothing but that bundle.
#
#   samples/air-gap.sh
#
# The .NET packages come from artifacts/demo, which a run of samples/demo.sh has filled; without one of these sources, that runs first. Where github.com cannot be
# reached, the tools of artifacts/toolchain stand in for the official releases, under pins of their own. All files go to artifacts/.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../tests/toolchain/parts.sh"

cd "$repository"
place=$repository/artifacts/air-gap
project=$repository/artifacts/demo/scratch/HelloApi

need unshare 'It is part of util-linux: apt-get install util-linux.'
need ip 'It is part of iproute2: apt-get install iproute2.'
unshare -rn true 2> /dev/null || die 'this user may not make a network namespace (unshare -rn). Allow unprivileged user namespaces, or run this as root.'
feed=artifacts/demo/feed/SupplyChain.Build.0.1.0.nupkg
if [ ! -s "$feed" ] || [ ! -d "$project" ] || [ -n "$(find src build -newer "$feed" '(' -name '*.cs' -o -name '*.targets' ')' -not -path '*/obj/*' -print -quit)" ]; then samples/demo.sh; fi

rm -rf "$place"
mkdir -p "$place"
began=$(milliseconds)

# The official releases, where they answer.
source=
if ! timeout 5 bash -c 'exec 3<> /dev/tcp/github.com/443' 2> /dev/null; then
  echo '== github.com does not answer here: the tools of artifacts/toolchain stand in for the official releases, under pins of their own'
  cosign=sigstore/cosign/releases/download/v3.1.3/cosign-linux-amd64
  trivy=aquasecurity/trivy/releases/download/v0.74.0/trivy_0.74.0_Linux-64bit.tar.gz
  mkdir -p "$place/mirror/${cosign%/*}" "$place/mirror/${trivy%/*}"
  cp artifacts/toolchain/bin/cosign "$place/mirror/$cosign"
  tar -C artifacts/toolchain/bin -cf - trivy | gzip -1 > "$place/mirror/$trivy"
  sha256() {
    sha256sum "$1" | cut -d ' ' -f 1
  }
  cat > "$place/bundle.targets" << XML
<Project>
  <ItemGroup>
    <SupplyChainToolPin Include="cosign" Version="3.1.3" Platform="linux-x64" Sha256="$(sha256 "$place/mirror/$cosign")" />
    <SupplyChainToolPin Include="trivy" Version="0.74.0" Platform="linux-x64" Sha256="$(sha256 "$place/mirror/$trivy")" />
  </ItemGroup>
</Project>
XML
  cp "$place/bundle.targets" "$project/../Directory.Build.targets"
  source=-p:SupplyChainToolsSource=$place/mirror
fi

echo '== Make the bundle, on a machine with a network'
export NUGET_PACKAGES=$repository/artifacts/demo/packages TRIVY_CACHE_DIR=$repository/artifacts/demo/trivy DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 MSBUILDTERMINALLOGGER=off
if [ ! -e "$TRIVY_CACHE_DIR/.real" ]; then export TRIVY_SKIP_DB_UPDATE=true; fi
(cd "$project" && set -x && dotnet build -t:SupplyChainInstallTools "-p:SupplyChainAirGapBundle=$place/bundle.tar" "-p:SupplyChainToolsPath=$place/tools" $source)
tar -tvf "$place/bundle.tar"
echo "== The bundle took $(seconds_since "$began") s. Now without a network:"

unset TRIVY_CACHE_DIR TRIVY_SKIP_DB_UPDATE
exec unshare -rn bash -c 'ip link set lo up && ip -brief address && echo "routes: $(ip route | wc -l)" && exec samples/demo.sh --bundle "$1"' - "$place/bundle.tar"
