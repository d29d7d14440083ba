using System.Collections.Concurrent;
using SupplyChain.Core.Images;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Tools;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Signing;

/// <summary>A folder, the real cosign, and key pairs that it made; one a test.</summary>
internal sealed class SigningFixture : IDisposable
{
    public static readonly Digest Image = Digest.Of("an image"u8);
    public static readonly byte[] Sbom = """{ "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": [ { "type": "library", "name": "Ä<b>", "version": "1.0" } ] }"""u8.ToArray();

    private readonly TestFolder _folder = new();

    public FakeMachine Machine { get; } = new();

    public RecordingRunner Runner { get; } = new();

    public Tool Cosign { get; init; } = new("cosign", Toolchain.Require("cosign"), "PATH");

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public string File(string name) => _folder.File(name);

    public async Task<KeyPair> MakeKeyAsync(string name, string password = "")
    {
        Machine.Variables["COSIGN_PASSWORD"] = password;
        return await new KeyPairGenerator(Runner, Cosign, Machine).GenerateAsync(File(name), Token);
    }

    public SigningSettings Settings(string key) => new(_folder.Path) { Key = key };

    public Task<IReadOnlyList<SignedEvidence>> SignAsync(SigningSettings settings, params StatementToSign[] statements) =>
        new CosignSigner(Runner, Cosign, settings, Machine).SignAsync(statements, SigningIdentity.Resolve(settings, Machine), File("evidence"), Token);

    public Task<ExpectedSigner> SignerAsync(SigningSettings settings, IReadOnlyList<SignedEvidence> evidence) =>
        new PublicKeySource(Runner, Cosign, settings, Machine).GetAsync(SigningIdentity.Resolve(settings, Machine), evidence, File("work"), Token);

    public Task<Verification> VerifyAsync(VerificationRequest request) => new Verifier(Runner, Cosign, Machine).VerifyAsync(request, Token);

    public async Task<ToolResult> CosignAsync(params string[] arguments) =>
        await Runner.RunAsync(new ToolInvocation(Cosign, arguments) { Environment = new Dictionary<string, string?> { ["COSIGN_PASSWORD"] = "" } }, Token);

    public static StatementToSign Signature(Digest? image = null) => StatementToSign.Signature(image ?? Image);

    public static StatementToSign SbomOf(Digest? image = null, string? repository = null) =>
        StatementToSign.Attestation(image ?? Image, repository, PredicateTypes.CycloneDx, Sbom);

    public void Dispose() => _folder.Dispose();
}

/// <summary>Real processes, and a record of what they were asked.</summary>
internal sealed class RecordingRunner : IToolRunner
{
    private readonly ToolRunner _runner = new();

    public ConcurrentQueue<ToolInvocation> Invocations { get; } = [];

    public Task<ToolResult> RunAsync(ToolInvocation invocation, CancellationToken cancellationToken)
    {
        Invocations.Enqueue(invocation);
        return _runner.RunAsync(invocation, cancellationToken);
    }
}
