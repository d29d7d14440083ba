using SupplyChain.Core.Projects;

namespace SupplyChain.Core.Tests.Projects;

/// <summary>An assets file that is older than what the project asks for is told by its content: times of files say nothing.</summary>
public sealed class AskedReferencesSpecs : IDisposable
{
    private readonly AssetsText _assets = new()
    {
        Restore = """{"frameworks": {"net10.0": {"targetAlias": "net10.0", "projectReferences": {"/src/Orders/Orders.csproj": {"projectPath": "/src/Orders/Orders.csproj"}}}}}""",
        Dependencies = """
            {"Contoso.Core": {"target": "Package", "version": "[1.0.0, )"},
             "Contoso.Floating": {"target": "Package", "version": "[2.*, )"},
             "Microsoft.NET.ILLink.Tasks": {"target": "Package", "version": "[10.0.0, )", "autoReferenced": true}}
            """,
    };

    [Theory]
    [InlineData("1.0.0")]
    [InlineData("1.0")]
    [InlineData("1.0.0.0")]
    [InlineData("1.0.0+build.7")]
    [InlineData("[1.0.0]")]
    [InlineData("$(NotEvaluated)")]
    public async Task The_same_version_in_any_spelling_is_what_was_restored(string version) => (await CompareAsync(Asked("Contoso.Core", version))).ShouldBeNull();

    [Theory]
    [InlineData("1.0.1", "Contoso.Core 1.0.1 is asked for, 1.0.0 was restored")]
    [InlineData("1.0.0-rc.1", "Contoso.Core 1.0.0-rc.1 is asked for, 1.0.0 was restored")]
    public async Task Another_version_was_not_restored(string version, string said) => (await CompareAsync(Asked("Contoso.Core", version))).ShouldNotBeNull().Sentence.ShouldContain(said);

    [Fact]
    public async Task The_central_version_counts_where_the_reference_has_none_and_its_override_before_both()
    {
        var central = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["contoso.core"] = "1.2.0" };
        (await CompareAsync(Asked("Contoso.Core", null) with { CentralVersions = central })).ShouldNotBeNull().Sentence.ShouldContain("Contoso.Core 1.2.0 is asked for");
        (await CompareAsync(With(new AskedPackage("Contoso.Core", null, "1.0.0", false)) with { CentralVersions = central })).ShouldBeNull();
    }

    [Fact]
    public async Task A_reference_that_is_new_or_gone_is_named()
    {
        (await CompareAsync(Asked("Contoso.New", "1.0.0"))).ShouldNotBeNull().Sentence
            .ShouldContain("Contoso.Core is no longer referenced; Contoso.New was not restored");
    }

    [Fact]
    public async Task What_the_SDK_adds_by_itself_is_no_difference() =>
        (await CompareAsync(With(new AskedPackage("Contoso.Core", "1.0.0", null, false), new AskedPackage("Microsoft.NET.ILLink.Tasks", "9.9.9", null, IsImplicit: true)))).ShouldBeNull();

    [Fact]
    public async Task Referenced_projects_are_compared_too()
    {
        (await CompareAsync(Asked("Contoso.Core", "1.0.0") with { Projects = ["/elsewhere/Shipping.csproj"] })).ShouldNotBeNull().Sentence
            .ShouldContain("the project Orders is no longer referenced; the project Shipping was not restored");
    }

    [Fact]
    public async Task Many_differences_are_counted()
    {
        var asked = With([.. Enumerable.Range(0, 9).Select(i => new AskedPackage($"Contoso.New{i}", "1.0.0", null, false))]);
        (await CompareAsync(asked)).ShouldNotBeNull().Sentence.ShouldContain("; and 7 more.");
    }

    [Fact]
    public async Task It_is_no_gap_of_what_ships()
    {
        var gap = (await CompareAsync(Asked("Contoso.Core", "7.0.0"))).ShouldNotBeNull();
        (gap.Kind, gap.IsMissing).ShouldBe((GapKind.RestoreOutdated, false));
        gap.Sentence.ShouldEndWith("Publish without --no-restore, or run dotnet restore first.");
    }

    public void Dispose() => _assets.Dispose();

    private static AskedReferences Asked(string id, string? version) => With(new AskedPackage(id, version, null, IsImplicit: false));

    private static AskedReferences With(params AskedPackage[] packages) =>
        new([.. packages, new AskedPackage("Contoso.Floating", "2.*", null, IsImplicit: false)], new Dictionary<string, string>(), ["/src/Orders/Orders.csproj"]);

    private async Task<Gap?> CompareAsync(AskedReferences asked)
    {
        _assets.WriteNuspec("Contoso.Core", "1.0.0", "");
        return (await _assets.ReadAskedAsync(asked)).Gaps.SingleOrDefault(gap => gap.Kind == GapKind.RestoreOutdated);
    }
}
