using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Publishing;

namespace SupplyChain.Core.Tests.Publishing;

public sealed class SettingsSpecs
{
    [Theory]
    [InlineData("true", true)]
    [InlineData(" True ", true)]
    [InlineData("FALSE", false)]
    [InlineData("", true)]
    public void A_switch_is_read_in_any_case_and_an_empty_one_has_its_default(string text, bool expected) =>
        Of("S", text).Boolean("S", true).ShouldBe(expected);

    [Theory]
    [InlineData("yes")]
    [InlineData("1")]
    public void A_switch_with_another_value_is_an_error_that_names_the_valid_ones(string text)
    {
        var diagnostic = Should.Throw<DiagnosticException>(() => Of("SupplyChainScan", text).Boolean("SupplyChainScan", true)).Diagnostic;
        diagnostic.Code.ShouldBe(DiagnosticCodes.UnknownValue);
        diagnostic.Message.ShouldBe($"SupplyChainScan is '{text}'. Valid values: true, false.");
        diagnostic.File.ShouldBe("/app/app.csproj");
    }

    [Theory]
    [InlineData("0")]
    [InlineData("Auto,True")]
    [InlineData("sometimes")]
    public void A_number_or_a_combination_is_no_name_of_a_value(string text) =>
        Should.Throw<DiagnosticException>(() => Of("SupplyChainSign", text).OneOf("SupplyChainSign", SignMode.Auto))
            .Message.ShouldBe($"SupplyChainSign is '{text}'. Valid values: Auto, True, False.");

    [Fact]
    public void Lists_are_separated_by_semicolons_and_empty_entries_do_not_count() =>
        Of("Tags", " latest ; 1.*;;").List("Tags").ShouldBe(["latest", "1.*"]);

    [Fact]
    public void Paths_are_relative_to_the_project_and_take_both_slashes() =>
        Of("P", @"..\keys\cosign.key").Path("P").ShouldBe(Path.GetFullPath("/keys/cosign.key"));

    private static Settings Of(string name, string text) => new(new Dictionary<string, string> { [name] = text }, "/app/app.csproj");
}
