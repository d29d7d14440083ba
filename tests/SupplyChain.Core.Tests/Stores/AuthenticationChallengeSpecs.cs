using SupplyChain.Core.Stores;

namespace SupplyChain.Core.Tests.Stores;

public sealed class AuthenticationChallengeSpecs
{
    [Fact]
    public void Challenges_are_read_with_quoted_commas_escapes_and_several_schemes()
    {
        var challenges = AuthenticationChallenge.Parse(
        [
            "Negotiate, Basic realm=\"a \\\"b\\\", c\" , Bearer realm=\"https://x/token\", service=reg,scope=\"repository:a:pull,push repository:b:pull\"",
            "garbage\"",
            "Bearer",
            "Basic YWJj==",
            "",
            "= , =",
        ]);
        challenges.Select(c => c.Scheme).Take(3).ShouldBe(["Negotiate", "Basic", "Bearer"]);
        challenges[1]["REALM"].ShouldBe("a \"b\", c");
        challenges[2]["service"].ShouldBe("reg");
        challenges[2]["scope"].ShouldBe("repository:a:pull,push repository:b:pull");
    }
}
