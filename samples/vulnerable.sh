#!/usr/bin/env bash
# Shows the gate: publishes samples/VulnerableApi, which is stopped with the line to change and the version to change it to; does what the message says, and
# publishes again.
#
#   samples/vulnerable.sh
#
# What it decides by is a SAMPLE of a few real advisories, so that it shows the same everywhere. Everything it makes lies in artifacts/; the registry for the
# base image runs on loopback and ends with the script. The exit code is 0 only if all of it happened as told.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../tests/toolchain/parts.sh"
. "$(dirname "${BASH_SOURCE[0]}")/registry.sh"

[ $# = 0 ] || die "unknown argument '$1'. Usage: samples/vulnerable.sh"
cd "$repository"
work=$repository/artifacts/vulnerable
registry=
finish() {
  local code=$?
  trap - EXIT
  if [ -n "$registry" ]; then
    kill "$registry" 2> /dev/null || true
    wait "$registry" 2> /dev/null || true
  fi
  rm -rf "$work/tmp"
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

need dotnet 'Install the .NET 10 SDK: https://dotnet.microsoft.com/download.'
mkdir -p "$work"
lock "$work"
rm -rf "$work/scratch" "$work/tmp" "$work/feed" "$work/packages/supplychain.build" "$work/trivy"
mkdir -p "$work/scratch" "$work/tmp"
export NUGET_PACKAGES=$work/packages XDG_CACHE_HOME=$work/cache TMPDIR=$work/tmp TRIVY_CACHE_DIR=$work/trivy TRIVY_SKIP_DB_UPDATE=true SupplyChainLoadImage=false
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false MSBUILDTERMINALLOGGER=off
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false DOTNET_CLI_UI_LANGUAGE=en

tests/toolchain/install.sh --demo-base
export PATH="$repository/artifacts/toolchain/bin:$PATH"
dotnet pack src/SupplyChain.Build --output "$work/feed" --artifacts-path "$work/build" -v quiet
dotnet run --project tests/SupplyChain.TestKit --artifacts-path "$work/build" -c Release -v quiet -- advisory-database "$work/trivy"

start_registry "$work/scratch/registry"
crane push artifacts/base-image/linux-amd64 "localhost:$port/dotnet/aspnet:10.0" > /dev/null 2>&1 || die 'the base image could not be pushed.'
export ContainerBaseImage=localhost:$port/dotnet/aspnet:10.0

cp samples/Directory.* "$work/scratch/"
mkdir "$work/scratch/VulnerableApi"
cp samples/VulnerableApi/*.cs samples/VulnerableApi/*.csproj "$work/scratch/VulnerableApi/"
cat > "$work/scratch/nuget.config" << 'XML'
<configuration>
  <packageSources>
    <add key="supplychain-local" value="../feed" />
  </packageSources>
</configuration>
XML
cd "$work/scratch/VulnerableApi"

printf '\n$ dotnet publish /t:PublishContainer\n'
code=0
dotnet publish /t:PublishContainer 2>&1 | tee ../stopped.log || code=$?
[ "$code" != 0 ] || die 'the gate let it pass.'
line=$(grep -n 'ConfigurationManager"' VulnerableApi.csproj | cut -d : -f 1)
grep -q "VulnerableApi\.csproj($line): error SCB3501: System\.Drawing\.Common 4\.7\.0 has CVE-2021-24112 (Critical)" ../stopped.log || die 'it failed, but not at the gate; see above.'
pin=$(grep -o 'pin it: <PackageReference Include="System.Drawing.Common" Version="[^"]*" />' ../stopped.log | head -n 1 | sed 's/pin it: //')
[ -n "$pin" ] || die 'the message names no change.'

printf '\nWhat the message says, done:\n\n'
sed -i "${line}a\\    $pin" VulnerableApi.csproj
# diff ends with 1 where there is a difference, which is what is wanted.
{ diff -U 0 "$repository/samples/VulnerableApi/VulnerableApi.csproj" VulnerableApi.csproj || [ $? = 1 ]; } | tail -n 1

printf '\n$ dotnet publish /t:PublishContainer\n'
dotnet publish /t:PublishContainer || die 'the publish failed though the change was made, see above.'
printf '\nDone: stopped at line %s of the project, changed as told, published.\n' "$line"
