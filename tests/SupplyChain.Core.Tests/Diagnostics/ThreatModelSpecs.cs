using System.Text.RegularExpressions;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Diagnostics;

/// <summary>A threat model that names tests which do not exist proves nothing.</summary>
public sealed partial class ThreatModelSpecs
{
    [Fact]
    public void Every_attack_names_tests_that_exist()
    {
        var text = File.ReadAllText(Path.Combine(Toolchain.RepositoryRoot, "docs", "threat-model.md"));
        var attacks = text.Split('\n').Where(line => line.StartsWith("| **", StringComparison.Ordinal)).ToList();
        var tests = string.Join('\n', Directory.EnumerateFiles(Path.Combine(Toolchain.RepositoryRoot, "tests"), "*Specs.cs", SearchOption.AllDirectories).Select(File.ReadAllText));

        attacks.Count.ShouldBeGreaterThan(12);
        attacks.Where(attack => !TestName().IsMatch(attack)).ShouldBeEmpty("attacks without a test");
        TestName().Matches(text).Select(match => match.Groups[1].Value).Where(name => !tests.Contains($" {name}(", StringComparison.Ordinal)).ShouldBeEmpty("tests that do not exist");
    }

    [GeneratedRegex("`([A-Z](?=[A-Za-z0-9_]*[a-z])[A-Za-z0-9]*_[A-Za-z0-9_]+)`")]
    private static partial Regex TestName();
}
