using SupplyChain.Core.Images;

namespace SupplyChain.Core.Tests;

public sealed class DigestSpecs
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("sha256:")]
    [InlineData("md5:d41d8cd98f00b204e9800998ecf8427e")]
    [InlineData("sha256:../../../../../../../../../../../../../../../../../../../../etc/pa")]
    [InlineData("sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855")]
    public void A_digest_is_refused_unless_it_is_sha256_with_64_lower_case_digits(string? text) =>
        Digest.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void The_digest_of_nothing_is_the_known_one() =>
        Digest.Of([]).ToString().ShouldBe("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");

    [Fact]
    public void A_digest_that_was_never_set_cannot_pass_for_one() =>
        Should.Throw<InvalidOperationException>(() => default(Digest).Hex);
}
