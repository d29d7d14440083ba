using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Publishing;

/// <summary>The files between the steps lie in a folder where anybody may write.</summary>
public sealed class StateFileSpecs : IDisposable
{
    private readonly TestFolder _folder = new();

    private PublishState State => new(_folder.Path);

    [Fact]
    public void What_a_step_wrote_comes_back()
    {
        var digest = Digest.Of("image"u8);
        var pushed = new PushedImage(new ImageReference(null, "hello").At(digest), new Descriptor(MediaTypes.OciManifest, digest, 5), 1, 2, 3);
        var verdict = new GateVerdict(digest, false, [new Diagnostic(DiagnosticCodes.GateFailed, "no", "/a.csproj", 3)], "failed");
        var sbom = new AttestedDocument(digest, PredicateTypes.CycloneDx, "/sbom.cdx.json", Digest.Of("sbom"u8));

        State.Pushed.Write(pushed);
        State.Verdict.Write(verdict);
        State.Attest(sbom with { Content = digest });
        State.Attest(sbom);
        State.Evidence.Write([new SignedEvidence(digest, PredicateTypes.CycloneDx, "/a")]);

        State.Pushed.Read().ShouldBe(pushed);
        State.Verdict.Read().Blocking.ShouldBe(verdict.Blocking);
        State.Documents.Read().ShouldBe([sbom]);
        State.Evidence.Read().ShouldHaveSingleItem().Subject.ShouldBe(digest);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"reference":null,"root":null,"image":null,"digest":5,"findings":null,"passed":null,"root":5}""")]
    public void Anything_else_is_a_coded_error_in_every_file(string content)
    {
        Refuse(State.Plan, content);
        Refuse(State.Image, content);
        Refuse(State.Inventory, content);
        Refuse(State.Scan, content);
        Refuse(State.Verdict, content);
        Refuse(State.Pushed, content);
        Refuse(State.Verification, content);
        if (content == "[]")
            return;
        Refuse(State.Documents, content);
        Refuse(State.Evidence, content);
    }

    [Fact]
    public void A_step_that_did_not_run_is_named_by_its_file()
    {
        var error = Should.Throw<DiagnosticException>(() => State.Verdict.Read());

        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.StateUnusable);
        error.Message.ShouldContain("verdict.json is missing");
        error.Message.ShouldContain("SupplyChainPublishDependsOn");
        State.Verdict.ReadOrNull().ShouldBeNull();
    }

    [Fact]
    public async Task Only_the_document_that_was_written_for_this_image_is_signed()
    {
        var (image, token) = (Digest.Of("image"u8), TestContext.Current.CancellationToken);
        var file = _folder.File("sbom.cdx.json");
        File.WriteAllText(file, "{}");
        var written = new AttestedDocument(image, PredicateTypes.CycloneDx, file, Digest.Of("{}"u8));

        (await written.ReadAsync(image, token)).ToArray().ShouldBe("{}"u8.ToArray());
        await RefuseAsync(() => written.ReadAsync(Digest.Of("other"u8), token));

        // As another project does that publishes into the same folder.
        File.WriteAllText(file, "{ }");
        await RefuseAsync(() => written.ReadAsync(image, token));
        File.Delete(file);
        await RefuseAsync(() => written.ReadAsync(image, token));

        static async Task RefuseAsync(Func<Task> action) =>
            (await Should.ThrowAsync<DiagnosticException>(action)).Diagnostic.Code.ShouldBe(DiagnosticCodes.EvidenceIncomplete);
    }

    public void Dispose() => _folder.Dispose();

    private static void Refuse<T>(StateFile<T> file, string content)
        where T : class
    {
        File.WriteAllText(file.Path, content);
        Should.Throw<DiagnosticException>(() => file.Read(), $"{typeof(T)} took {content}").Diagnostic.Code.ShouldBe(DiagnosticCodes.StateUnusable);
    }
}
