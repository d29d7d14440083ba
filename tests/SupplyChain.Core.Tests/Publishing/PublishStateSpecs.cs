using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Publishing;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Publishing;

public sealed class PublishStateSpecs : IDisposable
{
    private readonly TestFolder _folder = new();

    private PublishState State => new(_folder.File("obj/supply-chain/"));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_verdict_of_an_earlier_publish_is_forgotten()
    {
        State.Clear();
        State.Verdict.Write(new GateVerdict(Digest.Of([1]), Passed: true, [], "passed"));
        State.Verdict.ReadOrNull().ShouldNotBeNull();

        State.Clear();
        State.Verdict.ReadOrNull().ShouldBeNull();
        Directory.GetFileSystemEntries(State.Directory).ShouldBeEmpty();
    }

    [Fact]
    public async Task Of_an_earlier_publish_only_the_image_stays_until_the_new_one_has_been_opened()
    {
        State.Clear();
        Directory.CreateDirectory(State.ImageDirectory);
        File.WriteAllText(Path.Combine(State.ImageDirectory, "oci-layout"), "first");
        State.Verdict.Write(new GateVerdict(Digest.Of([1]), Passed: true, [], "passed"));

        // The second one ends before it has opened its image: the third one still finds the first one's.
        State.Clear();
        State.Clear();
        Directory.GetFileSystemEntries(State.Directory).ShouldBe([State.EarlierImageDirectory]);
        File.ReadAllText(Path.Combine(State.EarlierImageDirectory, "oci-layout")).ShouldBe("first");

        File.WriteAllText(State.ArchiveFile, "archive");
        State.DeleteSources();
        await Eventually.UntilAsync(() => Directory.GetFileSystemEntries(State.Directory).Length == 0, "an empty folder", TestContext.Current.CancellationToken);
    }

    [Fact]
    public void The_image_of_the_last_publish_is_known_until_it_is_forgotten()
    {
        State.LastImage().ShouldBeNull();
        State.Clear();
        var root = new Descriptor(MediaTypes.OciManifest, Digest.Of([1]), 1036);
        State.Image.Write(new ImageLayout(State.ImageDirectory, root, []));
        State.LastImage().ShouldBe(root);

        State.Clear();
        State.LastImage().ShouldBeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"root\": 7}")]
    [InlineData("{\"root\": {\"mediaType\": null, \"digest\": \"sha256:13e284b8060fe29ea3c9e48de207e74ce4e9965b8434ae32eb096bc37b38712f\", \"size\": 1036}}")]
    [InlineData("{\"root\": {\"mediaType\": \"a/b\", \"digest\": \"sha256:../../x\", \"size\": 1036}}")]
    [InlineData("{\"root\": {\"mediaType\": \"a/b\", \"digest\": null, \"size\": 1036}}")]
    [InlineData("{\"root\": {\"mediaType\": \"a/b\", \"digest\": \"sha256:13e284b8060fe29ea3c9e48de207e74ce4e9965b8434ae32eb096bc37b38712f\", \"size\": 1e99}}")]
    public void A_damaged_file_of_the_last_publish_is_as_good_as_none(string content)
    {
        State.Clear();
        File.WriteAllText(State.Image.Path, content);
        State.LastImage().ShouldBeNull();
    }

    [Fact]
    public void A_folder_that_cannot_be_emptied_is_an_error_that_names_it()
    {
        Directory.CreateDirectory(_folder.File("obj"));
        File.WriteAllText(_folder.File("obj/supply-chain"), "in the way");
        var diagnostic = Should.Throw<DiagnosticException>(() => State.Clear()).Diagnostic;
        diagnostic.Code.ShouldBe(DiagnosticCodes.IntermediateFolderUnusable);
        diagnostic.Message.ShouldContain(State.Directory);
    }

    [Fact]
    public async Task What_is_put_aside_is_deleted_and_clearing_again_at_once_does_no_harm()
    {
        for (var i = 0; i < 20; i++)
        {
            State.Clear();
            File.WriteAllText(Path.Combine(State.Directory, "plan.json"), "{}");
        }

        // Clean-ups that meet may leave something; the next publish takes it away. Each has more time than the one before, so this ends on a slow machine too.
        for (var pause = 10; Directory.GetDirectories(_folder.File("obj")).Length > 1; pause *= 2)
        {
            pause.ShouldBeLessThan(60_000, "nothing is left of what was put aside");
            State.Clear();
            await Task.Delay(pause, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public void Steps_come_back_in_the_order_they_ran()
    {
        State.Clear();
        State.RecordStep("OpenImage", TimeSpan.FromMilliseconds(12.4));
        State.RecordStep("ScanImage", TimeSpan.FromMilliseconds(200));
        State.Steps().ShouldBe([new StepDuration("OpenImage", 12), new StepDuration("ScanImage", 200)]);
    }
}
