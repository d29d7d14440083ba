using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Tests.Diagnostics;

public sealed class SingleLineSpecs
{
    [Theory]
    [InlineData(null, "")]
    [InlineData("one\r\n::error::two\u2028three", "one ::error::two three")]
    [InlineData("\u001b[31mred\u202e", "[31mred")]
    [InlineData("denied ##vso[task.setvariable variable=a]b", "denied # #vso[task.setvariable variable=a]b")]
    [InlineData("###", "# # #")]
    public void Foreign_text_becomes_one_line_without_commands(string? text, string line) => SingleLine.Of(text).ShouldBe(line);

    [Theory]
    [InlineData("abcdef", "abc…")]
    [InlineData("ab\ud83d\ude00", "ab…")]
    public void A_long_text_is_cut_between_letters(string text, string line) => SingleLine.Of(text, 3).ShouldBe(line);

    [Fact]
    public void A_text_of_several_lines_loses_only_its_commands() => SingleLine.WithoutCommands("a\n##[error]b\n####").ShouldBe("a\n# #[error]b\n# ## #");
}
