#!/usr/bin/env bash
# Runs all tests, from nothing: checks the .NET SDK, installs the tools the tests run against (into artifacts/, not into the system), makes their
# base image, builds the solution and runs every test project.
#
#   tests/run.sh [--fast]
#
#   --fast   leaves out the tests with the trait Category=Slow
#
# The last line is always `N passed, N failed`, with `, N skipped` when there are any; the exit code is 0 only if something passed and nothing
# failed. A runner that crashed, hung or ran nothing counts as a failure. The names of the tests that failed are repeated before the last line.
# Logs and results: artifacts/test-results.
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")/.."

configuration=Release
results=$PWD/artifacts/test-results
hung_after=2400 # seconds

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false DOTNET_CLI_UI_LANGUAGE=en
export MSBUILDTERMINALLOGGER=off

passed=0 failed=0 skipped=0
summary() {
  local line="$passed passed, $failed failed"
  [ "$skipped" = 0 ] || line="$line, $skipped skipped"
  echo "$line"
}

# Whatever ends this script early is a failure, and the last line says so.
ended_well=false
finish() {
  local code=$?
  if ! $ended_well; then
    failed=$((failed + 1))
    [ "$code" != 0 ] || code=1
  fi
  summary
  exit "$code"
}
trap finish EXIT
runner=
trap '[ -z "$runner" ] || kill "$runner" 2> /dev/null; exit 130' INT TERM

die() {
  echo "tests/run.sh: $*" >&2
  exit 1
}

fast=false
case "${1-}" in
  '') ;;
  --fast) fast=true ;;
  *) die "unknown argument '$1'. Usage: tests/run.sh [--fast]" ;;
esac

command -v dotnet > /dev/null || die 'dotnet is missing. Install the .NET 10 SDK (https://dotnet.microsoft.com/download).'
sdk=$(dotnet --version 2>&1) || die "no .NET SDK for this repository's global.json: $(echo "$sdk" | head -n 3 | tr '\n' ' ')Install the .NET 10 SDK, 10.0.100 or later."
echo "== .NET SDK $sdk"

rm -rf "$results"
mkdir -p "$results"

echo '== Tools'
tests/toolchain/install.sh --demo-base
tests/toolchain/chromium.sh

echo "== Build ($configuration)"
if ! dotnet build SupplyChain.Build.sln -c "$configuration" -nodeReuse:false -v quiet > "$results/build.log" 2>&1; then
  grep -E ': (error|warning) ' "$results/build.log" | sort -u | head -n 40 || tail -n 40 "$results/build.log"
  die 'the solution does not build, see above; the whole log is artifacts/test-results/build.log.'
fi

# count NAME: an attribute of the run in its result file; empty if there is no result.
count() {
  sed -n "s/.*<assembly [^>]* $1=\"\([0-9]*\)\".*/\1/p" "$results/$name.xml" 2> /dev/null | head -n 1
}

# failures LOG: the tests that failed, each with its message and at most 40 lines of what it printed; the log has the rest.
failures() {
  awk '/^    [^ ].*\[[A-Z]+\]$/ { wanted = /\[FAIL\]$/; lines = 0 } /^[^ ]|^  ? ?[^ ]/ { wanted = 0 } wanted && NF && ++lines <= 40' "$1"
}

run() {
  local name=$1 program=$2 code=0 arguments=()
  if ! grep -rqE '\[(Fact|Theory)[](]' --include=*.cs --exclude-dir=obj "tests/$name"; then
    echo "== $name: has no tests yet"
    return
  fi
  if $fast; then arguments=(-trait- Category=Slow); fi
  if [ ! -x "$program" ]; then
    echo "== $name: was not built: there is no $program"
    failed=$((failed + 1))
    return
  fi
  echo "== $name"
  # In the background, so that an interrupt is seen at once; timeout ends the runner with everything it started.
  timeout --kill-after=10 "$hung_after" "$program" -noColor -noLogo -noAutoReporters -diagnostics -longRunning 120 -result-xml "$results/$name.xml" ${arguments[@]+"${arguments[@]}"} > "$results/$name.log" 2>&1 &
  runner=$!
  wait "$runner" || code=$?
  runner=
  local project_passed project_failed project_skipped project_errors project_left_out
  project_passed=$(count passed) project_failed=$(count failed) project_skipped=$(count skipped) project_errors=$(count errors) project_left_out=$(count not-run)
  passed=$((passed + ${project_passed:-0}))
  failed=$((failed + ${project_failed:-0} + ${project_errors:-0}))
  skipped=$((skipped + ${project_skipped:-0}))
  if [ "${project_failed:-0}" != 0 ]; then
    failures "$results/$name.log"
  elif [ "$code" != 0 ]; then
    tail -n 60 "$results/$name.log"
  fi
  if [ "$code" = 124 ] || [ "$code" = 137 ]; then
    echo "$name did not end within $((hung_after / 60)) minutes and was stopped. What ran for long:"
    grep -F '[Long Running Test]' "$results/$name.log" | tail -n 10 || true
    failed=$((failed + 1))
  elif [ -z "$project_passed" ] || { [ "$code" != 0 ] && [ "$((${project_failed:-0} + ${project_errors:-0}))" = 0 ]; }; then
    echo "$name crashed with exit code $code; see artifacts/test-results/$name.log."
    failed=$((failed + 1))
  elif [ "$((project_passed + project_failed + project_skipped))" = 0 ] && ! $fast; then
    echo "$name ran no tests, though it has some."
    failed=$((failed + 1))
  else
    echo "   $project_passed passed, $project_failed failed, $project_skipped skipped, $(sed -n 's/.*<assembly [^>]* time="\([0-9]*\.[0-9]\)[0-9]*".*/\1/p' "$results/$name.xml" | head -n 1) s"
  fi
}

projects=$(grep -l '<IsTestProject>true</IsTestProject>' tests/*/*.csproj) || die 'found no test projects in tests/.'
for project in $projects; do
  name=$(basename "$project" .csproj)
  run "$name" "tests/$name/bin/$configuration/net10.0/$name"
done

if grep -qsE '\[FAIL\]$' "$results"/*.log; then
  echo '== Failed'
  sed -n 's/^ *\(.*\) \[FAIL\]$/   \1/p' "$results"/*.log
fi
if [ "$passed" = 0 ] && [ "$failed" = 0 ]; then die 'no test ran.'; fi
ended_well=true
[ "$failed" = 0 ] || exit 1
