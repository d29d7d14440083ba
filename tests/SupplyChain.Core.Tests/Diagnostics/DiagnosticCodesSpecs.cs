using System.Reflection;
using System.Text.RegularExpressions;
using SupplyChain.Core.Diagnostics;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Diagnostics;

/// <summary>The table of codes, the documentation, the sources and the tests say the same.</summary>
public sealed partial class DiagnosticCodesSpecs
{
    private static readonly IReadOnlyDictionary<string, DiagnosticCode> Table = typeof(DiagnosticCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .ToDictionary(field => field.Name, field => (DiagnosticCode)field.GetValue(null)!);

    private static string Documentation => File.ReadAllText(Path.Combine(Toolchain.RepositoryRoot, "docs", "diagnostics.md"));

    [Fact]
    public void Every_number_stands_for_one_thing() =>
        Table.GroupBy(code => code.Value.Number).Where(group => group.Count() > 1).SelectMany(group => group.Select(code => code.Key)).ShouldBeEmpty();

    [Fact]
    public void Every_code_has_one_section_and_every_section_a_code()
    {
        var sections = Section().Matches(Documentation).Select(match => match.Groups[1].Value).ToList();

        sections.ShouldBe(Table.Values.Select(code => code.ToString()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_section_says_something()
    {
        var sections = Section().Split(Documentation).Skip(1).Chunk(2);

        sections.Where(section => Heading().Replace(section[1], "").Trim().Length < 100).Select(section => section[0]).ShouldBeEmpty();
    }

    [Fact]
    public void Every_code_is_raised_by_the_product_and_by_a_test()
    {
        var product = Read("src", "*.cs", except: "DiagnosticCodes.cs") + Read("build", "*.targets");
        var tests = Read("tests", "*.cs");

        Unmentioned(product).ShouldBeEmpty("codes that nothing raises");
        Unmentioned(tests).ShouldBeEmpty("codes that no test raises");
    }

    /// <summary>A message or a section that names a property which does not exist sends its reader the wrong way.</summary>
    [Fact]
    public void Messages_and_documentation_name_only_properties_items_and_targets_that_exist()
    {
        var known = PublicName().Matches(Read("build", "*.*")).Select(match => match.Value).ToHashSet(StringComparer.Ordinal);
        var sources = Comment().Replace(Read("src", "*.cs"), "");
        var named = StringLiteral().Matches(sources).SelectMany(text => PublicName().Matches(text.Value)).Concat(PublicName().Matches(Documentation));

        // Names of output variables, which the CI system gets from us.
        string[] own = ["SupplyChainReference", "SupplyChainDigest"];
        named.Select(match => match.Value).Distinct().Except(known).Except(own).Order(StringComparer.Ordinal).ShouldBeEmpty();
    }

    private static IEnumerable<string> Unmentioned(string sources)
    {
        var words = Word().Matches(sources).Select(match => match.Value).ToHashSet(StringComparer.Ordinal);
        return Table.Where(code => !words.Contains($"DiagnosticCodes.{code.Key}") && !words.Contains(code.Value.ToString())).Select(code => $"{code.Value} {code.Key}");
    }

    private static string Read(string folder, string pattern, string? except = null) => string.Join('\n', Directory
        .EnumerateFiles(Path.Combine(Toolchain.RepositoryRoot, folder), pattern, SearchOption.AllDirectories)
        .Where(file => !BuildOutput().IsMatch(file) && Path.GetFileName(file) != except && Path.GetFileName(file) != "DiagnosticCodesSpecs.cs")
        .Select(File.ReadAllText));

    [GeneratedRegex(@"^### (SCB\d{4})\s*$", RegexOptions.Multiline)]
    private static partial Regex Section();

    [GeneratedRegex("^#.*$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"DiagnosticCodes\.\w+|SCB\d{4}")]
    private static partial Regex Word();

    [GeneratedRegex(@"\bSupplyChain[A-Z]\w+\b(?!\.)")]
    private static partial Regex PublicName();

    [GeneratedRegex(@"^\s*//.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex("\"[^\"\n]*\"")]
    private static partial Regex StringLiteral();

    [GeneratedRegex(@"[\\/](obj|bin)[\\/]")]
    private static partial Regex BuildOutput();
}
