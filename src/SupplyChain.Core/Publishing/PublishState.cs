using System.Text.Json;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Provenance;
using SupplyChain.Core.Scanning;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;

namespace SupplyChain.Core.Publishing;

/// <summary>
/// What one publish knows so far: a JSON file a step, in the intermediate folder, so that people can look and other targets can hook in between.
/// A step reads what the steps before it wrote; a missing file means that step did not run, and nothing is assumed in its place.
/// </summary>
internal sealed class PublishState(string directory, StateMemory? memory = null)
{
    public string Directory => directory;

    /// <summary>The image as an OCI layout, before it goes anywhere.</summary>
    public string ImageDirectory => System.IO.Path.Combine(directory, "image");

    /// <summary>The image of the last publish, until <see cref="ImageDirectory"/> has taken over what is the same.</summary>
    public string EarlierImageDirectory => System.IO.Path.Combine(directory, "earlier-image");

    /// <summary>Where the SDK is made to write its archive.</summary>
    public string ArchiveFile => System.IO.Path.Combine(directory, "image.tar");

    /// <summary>The scanner's own files.</summary>
    public string ScanDirectory => System.IO.Path.Combine(directory, "scan");

    /// <summary>The scanner's reports, for the next publish: see <see cref="KeptReports"/>.</summary>
    public string KeptScanDirectory => System.IO.Path.Combine(directory, "kept-scan");

    /// <summary>What cosign accepted, for the next publish: see <see cref="KeptAnswers"/>.</summary>
    public string KeptAnswersFile => System.IO.Path.Combine(directory, "kept-answers.txt");

    /// <summary>The bill of materials of the packages alone: what the scanner reads while the image is scanned.</summary>
    public string InventorySbomFile => System.IO.Path.Combine(directory, "inventory.cdx.json");

    private string StepsFile => System.IO.Path.Combine(directory, "steps.txt");

    public StateFile<PublishPlan> Plan => new(directory, "plan.json", static () => PublishingJson.Default.PublishPlan, static () => PublishingWriting.Default.PublishPlan, memory);
    public StateFile<ImageLayout> Image => new(directory, "image.json", static () => ImageJson.Default.ImageLayout, static () => ImageWriting.Default.ImageLayout, memory);
    public StateFile<ProjectInventory> Inventory => new(directory, "inventory.json", static () => ProjectsJson.Default.ProjectInventory, static () => ProjectsWriting.Default.ProjectInventory, memory);
    public StateFile<ScanReport> Scan => new(directory, "scan.json", static () => ScanJson.Indented.ScanReport, static () => ScanWriting.Default.ScanReport, memory);
    public StateFile<ScanTimes> ScanTimes => new(directory, "scan-times.json", static () => PublishingJson.Default.ScanTimes, static () => PublishingWriting.Default.ScanTimes, memory);

    /// <summary>What lies in the image, where it is not scanned. No verdict comes from it.</summary>
    public StateFile<ImageListing> Listing => new(directory, "listing.json", static () => ScanJson.Indented.ImageListing, memory: memory);

    /// <summary>What is to be attested, in the order in which the steps wrote it; see <see cref="Attest"/>.</summary>
    public StateFile<IReadOnlyList<AttestedDocument>> Documents => new(directory, "documents.json", static () => PublishingJson.Default.IReadOnlyListAttestedDocument, static () => PublishingWriting.Default.IReadOnlyListAttestedDocument, memory);
    public StateFile<GateVerdict> Verdict => new(directory, "verdict.json", static () => GateJson.Indented.GateVerdict, static () => GateWriting.Default.GateVerdict, memory);
    public StateFile<PushedImage> Pushed => new(directory, "pushed.json", static () => StoresJson.Default.PushedImage, static () => StoresWriting.Default.PushedImage, memory);
    public StateFile<IReadOnlyList<SignedEvidence>> Evidence => new(directory, "evidence.json", static () => SigningJson.Default.IReadOnlyListSignedEvidence, static () => SigningWriting.Default.IReadOnlyListSignedEvidence, memory);

    /// <summary>What is about the image of one platform alone, beside what it shares with the index.</summary>
    public StateFile<IReadOnlyList<SignedEvidence>> PlatformEvidence => new(directory, "platform-evidence.json", static () => SigningJson.Default.IReadOnlyListSignedEvidence, static () => SigningWriting.Default.IReadOnlyListSignedEvidence, memory);

    /// <summary>What was attached, for people; that it is there says that the evidence was.</summary>
    public StateFile<IReadOnlyList<string>> Attached => new(directory, "attached.json", static () => PublishingJson.Default.IReadOnlyListString, static () => PublishingWriting.Default.IReadOnlyListString, memory);

    /// <summary>The tags that were set.</summary>
    public StateFile<IReadOnlyList<string>> Tags => new(directory, "tags.json", static () => PublishingJson.Default.IReadOnlyListString, static () => PublishingWriting.Default.IReadOnlyListString, memory);
    public StateFile<Verification> Verification => new(directory, "verification.json", static () => SigningJson.Default.Verification, static () => SigningWriting.Default.Verification, memory);

    /// <summary>
    /// Forgets every earlier publish: a verdict or a bundle of another day must never serve this one. The old folder is out of the way at once;
    /// its content, an image of any size, is deleted beside the build.
    /// </summary>
    /// <exception cref="DiagnosticException">SCB0107: the folder cannot be put aside or made.</exception>
    public void Clear()
    {
        var folder = directory.TrimEnd('/', '\\');
        memory?.Settle();
        // Before anything can fail: a publish that was killed may have left the registry's credential there.
        WorkFolder.DeleteLeftOver(folder);
        try
        {
            // A name of its own each time: an earlier clean-up may still be at work on its own.
            var old = $"{folder}.old-{System.IO.Path.GetRandomFileName()}";
            if (System.IO.Directory.Exists(folder))
                System.IO.Directory.Move(folder, old);
            System.IO.Directory.CreateDirectory(folder);
            Keep(new PublishState(old));
            // Listed now: a clean-up that looked later would find what the next publish has just put aside, and not yet taken its image from.
            string[] abandoned = System.IO.Directory.GetDirectories(System.IO.Path.GetDirectoryName(folder)!, System.IO.Path.GetFileName(folder) + ".old-*");
            _ = Task.Run(() => Array.ForEach(abandoned, SiblingPath.Delete));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DiagnosticException(
                DiagnosticCodes.IntermediateFolderUnusable,
                $"the intermediate folder {directory} cannot be emptied: {e.Message.TrimEnd('.')}. Close the program that has a file in it open, or delete it by hand, and publish again.",
                e);
        }
    }

    /// <summary>
    /// The image of the last publish, as long as it is not forgotten: good for a guess only. Null: there was none, or it cannot be read. (Not by <see cref="Image"/>: that would compile
    /// the reading of a whole layout for one digest.)
    /// </summary>
    public Descriptor? LastImage()
    {
        try
        {
            using var image = JsonDocument.Parse(File.ReadAllBytes(Image.Path));
            var root = image.RootElement.GetProperty("root");
            return new Descriptor(root.GetProperty("mediaType").GetString() ?? throw new FormatException(), Digest.Parse(root.GetProperty("digest").GetString()!), root.GetProperty("size").GetInt64());
        }
        catch (Exception e) when (e is JsonException or FormatException or KeyNotFoundException or InvalidOperationException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>What saves time, and is only believed where it is the same.</summary>
    private void Keep(PublishState earlier)
    {
        if (System.IO.Directory.Exists(earlier.KeptScanDirectory))
            System.IO.Directory.Move(earlier.KeptScanDirectory, KeptScanDirectory);
        if (File.Exists(earlier.KeptAnswersFile))
            File.Move(earlier.KeptAnswersFile, KeptAnswersFile);
        foreach (var image in new[] { earlier.ImageDirectory, earlier.EarlierImageDirectory }.Where(System.IO.Directory.Exists).Take(1))
            System.IO.Directory.Move(image, EarlierImageDirectory);
    }

    /// <summary>The image has been opened: what it was made from is no longer needed. Deleting large files takes a moment, so it is done beside the build.</summary>
    public void DeleteSources()
    {
        var (archive, earlier) = (ArchiveFile, EarlierImageDirectory);
        _ = Task.Run(() =>
        {
            SiblingPath.Delete(archive);
            SiblingPath.Delete(earlier);
        });
    }

    /// <summary>Adds documents to <see cref="Documents"/>; one of the same type about the same image is replaced. Steps run one after the other.</summary>
    public void Attest(params IReadOnlyList<AttestedDocument> documents) => Documents.Write(
    [
        .. (Documents.ReadOrNull() ?? []).Where(earlier => !documents.Any(document => document.PredicateType == earlier.PredicateType && document.Image == earlier.Image)),
        .. documents,
    ]);

    /// <exception cref="DiagnosticException">SCB0109: a step that writes one of them has not run.</exception>
    public void RequireDocuments(IReadOnlyList<string> predicateTypes)
    {
        var (image, written) = (Image.Read(), Documents.ReadOrNull() ?? []);
        var missing = predicateTypes.FirstOrDefault(type => !written.Any(document => document.PredicateType == type && !document.IsOfPlatform(image)));

        // The image of each platform has a bill of materials of its own.
        missing ??= predicateTypes.FirstOrDefault(type => type is PredicateTypes.CycloneDx or PredicateTypes.Spdx
            && image.ListChildren().Any(child => !written.Any(document => document.PredicateType == type && document.Image == child.Digest)));
        if (missing is not null)
        {
            throw new DiagnosticException(
                DiagnosticCodes.StateUnusable,
                $"{PredicateTypes.Describe(missing)} is missing in {Documents.Path}: the step that writes it has not run. Publish again; if SupplyChainPublishDependsOn has been changed, put its steps back.");
        }
    }

    public void RecordStep(string name, TimeSpan duration) =>
        File.AppendAllText(StepsFile, FormattableString.Invariant($"{name} {duration.TotalMilliseconds:0}\n"));

    public IReadOnlyList<StepDuration> Steps() => !File.Exists(StepsFile) ? [] :
    [
        .. File.ReadAllLines(StepsFile).Select(line => line.Split(' ')).Select(parts =>
            new StepDuration(parts[0], int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture))),
    ];
}
