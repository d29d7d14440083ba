#!/usr/bin/env bash
# Tries who verifies what was made by whom, with the real tools, and writes the table in docs/interoperability.md.
#
#   tests/interoperability.sh
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tests/toolchain/install.sh
dotnet build tests/SupplyChain.Core.Tests -c Release -v quiet -nodeReuse:false
SUPPLYCHAIN_WRITE_TABLE=1 tests/SupplyChain.Core.Tests/bin/Release/net10.0/SupplyChain.Core.Tests -noColor -noLogo -class SupplyChain.Core.Tests.Interoperability.InteroperabilitySpecs
