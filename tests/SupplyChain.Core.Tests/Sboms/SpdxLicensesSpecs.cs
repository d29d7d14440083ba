using SupplyChain.Core.Sboms;

namespace SupplyChain.Core.Tests.Sboms;

public sealed class SpdxLicensesSpecs
{
    private static readonly SpdxLicenses Licenses = SpdxLicenses.Load();

    [Theory]
    [InlineData("MIT", "MIT")]
    [InlineData("mit", "MIT")]
    [InlineData("apache-2.0", "Apache-2.0")]
    public void A_listed_id_is_an_id_in_the_lists_own_spelling(string text, string id) => Licenses.Classify(text).ShouldBe(new License(id, null, null));

    [Theory]
    [InlineData("MIT OR Apache-2.0")]
    [InlineData("(LGPL-2.1-only OR MIT) AND BSD-3-Clause")]
    [InlineData("GPL-2.0-only WITH Classpath-exception-2.0")]
    [InlineData("Apache-1.0+")]
    [InlineData("LicenseRef-Contoso")]
    [InlineData("DocumentRef-x:LicenseRef-Contoso AND MIT")]
    public void A_valid_expression_is_an_expression(string text) => Licenses.Classify(text).ShouldBe(new License(null, null, text));

    [Theory]
    [InlineData("Contoso Licence")]
    [InlineData("MIT OR")]
    [InlineData("MIT Apache-2.0")]
    [InlineData("(MIT")]
    [InlineData("MIT)")]
    [InlineData("()")]
    [InlineData("MIT WITH MIT")]
    [InlineData("Classpath-exception-2.0")]
    [InlineData("LicenseRef-")]
    [InlineData("GPL-9.0")]
    public void Anything_else_is_a_name(string text) => Licenses.Classify(text).ShouldBe(new License(null, text, null));

    [Fact]
    public void A_nest_of_parentheses_without_end_is_a_name() => Licenses.IsExpression(new string('(', 150) + "MIT" + new string(')', 150)).ShouldBeFalse();

    [Fact]
    public void Beside_other_licences_an_expression_is_written_as_a_name() =>
        Licenses.ClassifyAll(["MIT", "MIT AND Zlib", "MIT", ""]).ShouldBe([new License("MIT", null, null), new License(null, "MIT AND Zlib", null)]);
}
