#!/usr/bin/env bash
# Shows the main job from nothing, on a machine with the .NET 10 SDK: packs SupplyChain.Build, publishes samples/HelloApi with it to an OCI layout
# and to a registry, verifies the result with other people's tools, and lets the gate stop a publish.
#
#   samples/demo.sh [--bundle FILE]
#
#   --bundle FILE   tools and vulnerability database come from this air-gap bundle and nothing from the network; see samples/air-gap.sh
#
# Everything it makes lies in artifacts/: tools, packages, caches, keys, the registry's storage. The registry runs on loopback and ends with the
# script, however that ends. Every run starts anew. The exit code is 0 only if all of it happened as told.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../tests/toolchain/parts.sh"
. "$(dirname "${BASH_SOURCE[0]}")/registry.sh"

bundle=
case "${1-}" in
  '') ;;
  --bundle) bundle=$(readlink -e "${2-}") || die "there is no bundle '${2-}'. samples/air-gap.sh makes one." ;;
  *) die "unknown argument '$1'. Usage: samples/demo.sh [--bundle FILE]" ;;
esac

cd "$repository"
demo=$repository/artifacts/demo
reach=5 # seconds that a public registry has to answer
began=$(milliseconds)

bold='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR-}" ]; then bold=$'\e[1m' plain=$'\e[0m'; fi

steps=8 step=0
heading() {
  step=$((step + 1))
  printf '\n%s== %d/%d %s%s\n' "$bold" "$step" "$steps" "$1" "$plain"
}

# note TEXT: what the demo itself has to say.
note() {
  printf '   %s\n' "$@"
}

# show COMMAND-LINE: as one would type it.
show() {
  printf '%s$ %s%s\n' "$bold" "$1" "$plain"
}

# run FAILURE COMMAND-LINE: shows it, runs exactly that, and ends the demo with this sentence if it fails.
run() {
  show "$2"
  eval "$2" || die "$1"
}

# look FAILURE COMMAND-LINE: the same, and keeps the output for a check ($demo/scratch/output). What a tool has to say on standard error is for
# failures only.
look() {
  show "$2"
  eval "$2" 2> "$demo/scratch/messages" | tee "$demo/scratch/output" || {
    cat "$demo/scratch/messages" >&2
    die "$1"
  }
}

# expect FAILURE COMMAND…: a check of the demo's own, not shown.
expect() {
  local failure=$1
  shift
  "$@" > /dev/null || die "$failure"
}

registry=
finish() {
  local code=$?
  trap - EXIT
  if [ -n "$registry" ]; then
    kill "$registry" 2> /dev/null || true
    wait "$registry" 2> /dev/null || true
  fi
  rm -rf "$demo/tmp"
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

need dotnet 'Install the .NET 10 SDK: https://dotnet.microsoft.com/download.'
sdk=$(dotnet --version 2>&1) || die "there is no .NET SDK for this repository's global.json: $(head -n 3 <<< "$sdk" | tr '\n' ' ')Install the .NET 10 SDK, 10.0.100 or later."

# What one run needs and the next one must not find. Packages, tools and compiled files stay: they make the second run quick.
mkdir -p "$demo"
lock "$demo"
rm -rf "$demo/scratch" "$demo/tmp" "$demo/feed" "$demo/packages/supplychain.build"
mkdir -p "$demo/scratch" "$demo/tmp"

# The machine's own caches are neither used nor changed, and no compiler or build server stays behind.
export NUGET_PACKAGES=$demo/packages NUGET_HTTP_CACHE_PATH=$demo/cache/nuget XDG_CACHE_HOME=$demo/cache TUF_ROOT=$demo/cache/sigstore TMPDIR=$demo/tmp
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false DOTNET_CLI_WORKLOAD_UPDATE_NOTIFY_DISABLE=true DOTNET_CLI_UI_LANGUAGE=en
export MSBUILDTERMINALLOGGER=off # The same lines on a terminal and in a log.

printf '%sSupplyChain.Build: from sources to a scanned, signed and verified image, and one that is stopped%s\n' "$bold" "$plain"
note ".NET SDK $sdk. All files go to artifacts/, nothing is installed, no other registry than one on loopback is written to."

heading 'Get cosign, trivy, oras and a registry'
run 'the tools could not be had, see above.' 'tests/toolchain/install.sh'
if [ -z "$bundle" ]; then
  run '' 'export PATH="$PWD/artifacts/toolchain/bin:$PATH"'
else
  note 'No cosign and no trivy on PATH: what publishes takes them out of the bundle. (cosign verify, below, is the one in artifacts/.)'
  mkdir "$demo/scratch/bin"
  ln -s "$repository"/artifacts/toolchain/bin/{crane,oras,docker-registry} "$demo/scratch/bin/"
  run '' 'export PATH="$PWD/artifacts/demo/scratch/bin:$PATH"'
  cosign() {
    "$repository/artifacts/toolchain/bin/cosign" "$@"
  }
  # NuGet's own audit asks the network in every restore.
  export NuGetAudit=false
  run '' "export SupplyChainOffline=true SupplyChainAirGapBundle=$bundle SupplyChainToolsPath=$demo/scratch/tools"
fi

heading 'Pack SupplyChain.Build from these sources'
run 'packing failed, see above.' 'dotnet pack src/SupplyChain.Build --output artifacts/demo/feed --artifacts-path artifacts/demo/build -v quiet'
expect 'dotnet pack wrote no package.' test -s artifacts/demo/feed/SupplyChain.Build.0.1.0.nupkg
note "artifacts/demo/feed/SupplyChain.Build.0.1.0.nupkg: $(($(stat -c %s artifacts/demo/feed/SupplyChain.Build.0.1.0.nupkg) / 1024)) KB."

heading 'Set up registry, base image and vulnerability database'

# reachable REFERENCE…: whether one of these public images answers in time.
reachable() {
  local reference
  for reference in "$@"; do
    if timeout "$reach" crane manifest "$reference" > /dev/null 2>&1; then return 0; fi
  done
  return 1
}
reachable mcr.microsoft.com/dotnet/aspnet:10.0 & microsoft=$!
reachable mirror.gcr.io/aquasec/trivy-db:2 ghcr.io/aquasecurity/trivy-db:2 & advisories=$!

start_registry "$demo/scratch/registry"
host=localhost:$port
note "Registry: docker-registry on $host, empty, for this run only."

if wait "$microsoft"; then
  note "Base image: Microsoft's, as the SDK chooses it (mcr.microsoft.com/dotnet/aspnet:10.0)."
else
  note "Base image: mcr.microsoft.com does not answer here. One made from Debian 12 packages and this machine's .NET runtime stands in for it:"
  run 'the base image could not be made, see above.' 'tests/toolchain/base-image.sh'
  look 'the base image could not be pushed.' "crane push artifacts/base-image/linux-amd64 $host/dotnet/aspnet:10.0"
  run '' "export ContainerBaseImage=$host/dotnet/aspnet:10.0"
fi

if [ -n "$bundle" ]; then
  wait "$advisories" || true
  note 'Vulnerability database: the one in the bundle.'
  rm -rf "$demo/trivy"
elif wait "$advisories"; then
  note 'Vulnerability database: the real one. Trivy downloads it in the first publish, and later when it is out of date.'
  if [ ! -e "$demo/trivy/.real" ]; then rm -rf "$demo/trivy"; fi
  mkdir -p "$demo/trivy"
  touch "$demo/trivy/.real"
else
  note 'Vulnerability database: the real one cannot be reached. A SAMPLE of a few real advisories stands in for it:'
  rm -rf "$demo/trivy"
  run 'the sample database could not be made, see above.' \
    'dotnet run --project tests/SupplyChain.TestKit --artifacts-path artifacts/demo/build -c Release -v quiet -- advisory-database artifacts/demo/trivy'
  run '' 'export TRIVY_SKIP_DB_UPDATE=true'
fi
run '' 'export TRIVY_CACHE_DIR="$PWD/artifacts/demo/trivy"'
# With no registry given, a publish hands the image to a Docker or Podman that answers; the demo leaves nothing there.
export SupplyChainLoadImage=false

heading 'Publish to an OCI layout: no registry, no server'
# A copy, with the packed package as a source. As every sample it stands alone: settings of this repository do not reach it.
cp samples/Directory.* "$demo/scratch/"
if [ -n "$bundle" ] && [ -e "${bundle%.tar}.targets" ]; then cp "${bundle%.tar}.targets" "$demo/scratch/Directory.Build.targets"; fi
mkdir "$demo/scratch/HelloApi"
cp samples/HelloApi/*.cs samples/HelloApi/*.csproj "$demo/scratch/HelloApi/"
cat > "$demo/scratch/nuget.config" << 'XML'
<configuration>
  <packageSources>
    <add key="supplychain-local" value="../feed" />
  </packageSources>
</configuration>
XML
note 'A copy of samples/HelloApi. All that it has of SupplyChain.Build is one reference and two settings:'
run '' 'cd artifacts/demo/scratch/HelloApi'
run 'the sample has no reference to SupplyChain.Build.' 'grep "<.*SupplyChain" HelloApi.csproj'
evidence=bin/Release/net10.0/supply-chain
run 'the publish to a layout failed, see above.' 'dotnet publish /t:PublishContainer'
run 'the publish left no files.' "ls $evidence"
expect 'there is no OCI layout with the image in it.' grep -q "$(sed 's/.*@//' "$evidence/digest.txt")" "$evidence/image/index.json"

heading 'Publish to a registry: push by digest, sign, attest, verify, and only then tag'
# The password is in the environment, as in a CI job, and in no file and no command line.
COSIGN_PASSWORD=$(head -c 18 /dev/urandom | base64)
export COSIGN_PASSWORD
show 'export COSIGN_PASSWORD=…'
run 'the key pair could not be made, see above.' 'dotnet build -t:SupplyChainGenerateKeyPair -p:SupplyChainSigningKey=../cosign.key'
run 'the publish to the registry failed, see above.' \
  "dotnet publish /t:PublishContainer -p:ContainerRegistry=$host -p:ContainerImageTag=1.0.0 -p:SupplyChainSigningKey=../cosign.key"
image=$(cat "$evidence/digest.txt")
expect "the tag 1.0.0 is not the image in digest.txt, $image." test "$(crane digest "$host/hello-api:1.0.0")" = "${image#*@}"

heading "Verify it with everybody's tools"
note 'A key has signed, and no public transparency log was asked: --insecure-ignore-tlog is how cosign calls that.'
look 'cosign does not accept the signature.' \
  "cosign verify --key ../cosign.pub --insecure-ignore-tlog=true $host/hello-api:1.0.0 | grep -o '\"docker-manifest-digest\":\"[^\"]*\"' | sort -u"
expect "cosign verified another image than $image." grep -q "\"${image#*@}\"" ../output
note 'The bill of materials, out of its signed attestation; here its NuGet packages:'
look 'cosign does not accept the attestation.' \
  "cosign verify-attestation --key ../cosign.pub --insecure-ignore-tlog=true --type https://cyclonedx.org/bom $host/hello-api:1.0.0 | sed 's/.*\"payload\":\"\([^\"]*\)\".*/\1/' | base64 -d | grep -oE '\"(predicateType|specVersion)\":\"[^\"]*\"|pkg:nuget[^\"]*' | sort -u"
expect 'the attested bill of materials does not list what the project refers to.' grep -qx 'pkg:nuget/Newtonsoft.Json@13.0.3' ../output
look 'oras found no evidence.' "oras discover --plain-http $host/hello-api:1.0.0"
for type in https://sigstore.dev/cosign/sign/v1 https://cyclonedx.org/bom; do
  expect "the registry lists no $type for the image." grep -q "$type" ../output
done

heading 'Let the cluster admit only such images'
run 'the policy could not be made, see above.' 'dotnet build -t:SupplyChainGeneratePolicies -p:SupplyChainSigningKey=../cosign.key'
look 'there is no policy for the published image.' "head -n 5 $evidence/policies/kyverno.yaml"
expect 'the policy is about another repository.' grep -q "$host/hello-api" ../output
note 'kubectl apply -f makes it hold; docs/cluster.md has the whole way.'

heading 'The gate: somebody adds a package with a critical vulnerability'
run 'the package could not be added.' 'dotnet add package System.Drawing.Common --version 4.7.0 > ../added.log'
run 'the package was not added.' 'grep -n System.Drawing.Common HelloApi.csproj'
writes() {
  grep -cE '"(POST|PUT|PATCH|DELETE) /v2/' "$demo/scratch/registry/log" || true
}
before=$(writes)
blocked="dotnet publish /t:PublishContainer -p:ContainerRegistry=$host -p:ContainerImageTag=1.1.0 -p:SupplyChainSigningKey=../cosign.key"
show "$blocked"
code=0
eval "$blocked" 2>&1 | tee ../blocked.log || code=$?
[ "$code" != 0 ] || die 'the gate let it pass.'
expect 'it failed, but not at the gate; see above.' grep -qE 'HelloApi\.csproj\([0-9]+\): error SCB3501: .*CVE-2021-24112' ../blocked.log
note "Exit code $code. There is no 1.1.0 (the other tag is the list of what belongs to 1.0.0, for registries without the referrers API):"
look 'the registry does not answer.' "oras repo tags --plain-http $host/hello-api"
after=$(writes)
note "Requests that write, in the registry's own log: $before before this publish, $after after it."
if grep -qx 1.1.0 ../output || [ "$before" != "$after" ]; then die 'something was written to the registry though the gate stopped the publish.'; fi

printf '\n%sDone in %s s: everything happened as told.%s The files are in artifacts/demo/scratch, the registry is stopped.\n' "$bold" "$(seconds_since "$began")" "$plain"
