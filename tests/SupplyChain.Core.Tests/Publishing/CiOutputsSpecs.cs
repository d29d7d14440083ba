using SupplyChain.Core.Images;
using SupplyChain.Core.Publishing;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Publishing;

public sealed class CiOutputsSpecs : IDisposable
{
    private static readonly Digest Digest = Digest.Of([1]);
    private static readonly ImageReference Reference = new ImageReference("registry.example.com", "app").At(Digest);

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void GitHub_Actions_gets_step_outputs_beside_those_already_there()
    {
        File.WriteAllText(_folder.File("output"), "earlier=1\n");
        Write(("GITHUB_OUTPUT", _folder.File("output"))).ShouldBeEmpty();
        File.ReadAllText(_folder.File("output")).ShouldBe($"earlier=1\nsupply-chain-reference={Reference}\nsupply-chain-digest={Digest}\n");
    }

    [Fact]
    public void GitLab_gets_a_dotenv_file()
    {
        Write(("GITLAB_CI", "true")).ShouldBeEmpty();
        File.ReadAllText(_folder.File("supply-chain.env")).ShouldBe($"SUPPLY_CHAIN_REFERENCE={Reference}\nSUPPLY_CHAIN_DIGEST={Digest}\n");
    }

    [Fact]
    public void Azure_Pipelines_gets_output_variables_by_the_log() => Write(("TF_BUILD", "True")).ShouldBe(
    [
        $"##vso[task.setvariable variable=SupplyChainReference;isOutput=true]{Reference}",
        $"##vso[task.setvariable variable=SupplyChainDigest;isOutput=true]{Digest}",
    ]);

    [Fact]
    public void No_CI_system_gets_nothing()
    {
        Write().ShouldBeEmpty();
        Directory.GetFiles(_folder.Path).ShouldBeEmpty();
    }

    private IReadOnlyList<string> Write(params (string Name, string Value)[] environment) =>
        new CiOutputs(name => environment.FirstOrDefault(pair => pair.Name == name).Value).Write(Reference, Digest, _folder.Path);
}
