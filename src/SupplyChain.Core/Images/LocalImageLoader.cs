using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Images;

/// <summary>
/// Hands an image to Docker or Podman, as the SDK does when no registry is configured (dotnet/sdk, ContainerRuntimes): <c>version</c> tells
/// whether one answers, Docker goes first, <c>load</c> takes the image. The archive is made for it beside the layout and deleted again.
/// In Docker's containerd store and in Podman the image keeps its digest; Docker's classic store has none, there the configuration is the same.
/// </summary>
public sealed class LocalImageLoader(IToolRunner runner, IMachine machine)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <param name="localRegistry">The SDK's LocalRegistry: Docker, Podman, or empty for whichever answers.</param>
    /// <exception cref="DiagnosticException">SCB1010: asked for and failed; SCB1005: the layout was changed.</exception>
    public async Task<LoadOutcome> LoadAsync(
        ImageLayout layout, ImageReference repository, IReadOnlyList<string> tags, LoadMode mode, string? localRegistry, CancellationToken cancellationToken)
    {
        if (mode == LoadMode.Never)
            return new LoadOutcome(null, "not loaded into Docker or Podman (SupplyChainLoadImage=false)");
        var candidates = Candidates(localRegistry);
        if (await FindAsync(candidates, cancellationToken) is not { } runtime)
            return NoneAnswers(candidates, localRegistry, mode);
        if (mode == LoadMode.Auto && layout.Platforms.Count > 1 && !await TakesSeveralPlatformsAsync(runtime, cancellationToken))
            return new LoadOutcome(null, $"not loaded into {runtime.Name}: the image is for {layout.Platforms.Count} platforms, which needs Docker with the containerd image store");
        var name = NameIn(runtime, repository);
        try
        {
            await LoadAsync(runtime, layout, name, tags, cancellationToken);
        }
        catch (DiagnosticException e) when (mode == LoadMode.Auto && e.Diagnostic.Code != DiagnosticCodes.ImageChanged)
        {
            var warning = new Diagnostic(DiagnosticCodes.LoadSkipped, $"{e.Message} The image itself is complete in the output folder. Set SupplyChainLoadImage=false if it is not needed in {runtime.Name}.");
            return new LoadOutcome(null, $"not loaded into {runtime.Name}") { Warning = warning };
        }
        string[] references = [.. tags.Select(tag => $"{name.Name}:{tag}")];
        return new LoadOutcome(new LoadedImage(runtime.Name, references), $"loaded into {runtime.Name} as {string.Join(", ", references)}");
    }

    private static IReadOnlyList<string> Candidates(string? localRegistry) => localRegistry?.Trim().ToLowerInvariant() switch
    {
        null or "" => ["docker", "podman"],
        "docker" => ["docker"],
        "podman" => ["podman"],
        // A runtime that a later SDK may know.
        _ => [],
    };

    private async Task<Runtime?> FindAsync(IReadOnlyList<string> candidates, CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(candidates.Select(name => AskAsync(name, cancellationToken)));
        // "docker" may be podman under another name; where both answer, it is called what it is.
        return answers.FirstOrDefault(answer => answer is { IsImitation: false }) ?? answers.FirstOrDefault(answer => answer is not null);
    }

    private async Task<Runtime?> AskAsync(string name, CancellationToken cancellationToken)
    {
        if (new ToolLocator(machine).FindOnPath(name) is not { } tool)
            return null;
        try
        {
            var result = await runner.RunAsync(new ToolInvocation(tool, ["version"]) { TimeLimit = Patience }, cancellationToken);
            if (result.ExitCode != 0)
                return null;
            var isPodman = name == "podman" || result.StandardOutput.Contains("Podman", StringComparison.OrdinalIgnoreCase);
            return new Runtime(tool, isPodman);
        }
        catch (DiagnosticException)
        {
            // Too slow, or no program for this machine: it does not answer.
            return null;
        }
    }

    private static LoadOutcome NoneAnswers(IReadOnlyList<string> candidates, string? localRegistry, LoadMode mode)
    {
        var what = candidates.Count == 0
            ? $"LocalRegistry is '{localRegistry}', and images can be loaded into Docker and Podman only"
            : $"{string.Join(" and ", candidates.Select(name => $"'{name} version'"))} {(candidates.Count == 1 ? "does" : "do")} not answer";
        return mode == LoadMode.Auto
            ? new LoadOutcome(null, $"not loaded into Docker or Podman: {what}")
            : throw new DiagnosticException(
                DiagnosticCodes.LoadFailed,
                $"SupplyChainLoadImage=true, but {what}. Start Docker or Podman, set LocalRegistry to the right one (valid values: Docker, Podman, or empty for whichever answers), or set SupplyChainLoadImage to auto or false.");
    }

    private async Task LoadAsync(Runtime runtime, ImageLayout layout, ImageReference repository, IReadOnlyList<string> tags, CancellationToken cancellationToken)
    {
        // Beside the layout and not in the temporary folder, which a Docker from a snap package cannot read.
        var archive = SiblingPath.New(layout.Directory);
        try
        {
            // Podman refuses an OCI archive of several descriptors, and makes another manifest of what docker's manifest.json describes: so one name
            // comes with the archive, and the others after it.
            var carried = runtime.IsPodman ? tags.Take(1).ToArray() : tags;
            await OciArchiveWriter.WriteAsync(layout, repository, carried, archive, cancellationToken);
            await RunAsync(runtime, layout, ["load", "--input", archive], cancellationToken);
            foreach (var tag in tags.Skip(carried.Count))
                await RunAsync(runtime, layout, ["tag", $"{repository.Name}:{carried[0]}", $"{repository.Name}:{tag}"], cancellationToken);
        }
        finally
        {
            SiblingPath.Delete(archive);
        }
    }

    /// <summary>Podman gives <c>localhost/</c> to what is local; without it, it would take the image for one of docker.io.</summary>
    private static ImageReference NameIn(Runtime runtime, ImageReference repository) =>
        repository with { Registry = repository.Registry ?? (runtime.IsPodman ? "localhost" : null) };

    private async Task RunAsync(Runtime runtime, ImageLayout layout, string[] arguments, CancellationToken cancellationToken)
    {
        ToolResult result;
        try
        {
            result = await runner.RunAsync(new ToolInvocation(runtime.Tool, arguments), cancellationToken);
        }
        catch (DiagnosticException e)
        {
            throw Failed(runtime, layout, e.Message, e);
        }
        if (result.ExitCode != 0)
            throw Failed(runtime, layout, $"'{arguments[0]}' ended with exit code {result.ExitCode}: {SingleLine.Of(result.LastErrorLines(3))}");
    }

    /// <summary>Docker's containerd store does; its classic store cannot take an index, and Podman takes this machine's platform out of it (dotnet/sdk asks Docker the same).</summary>
    private async Task<bool> TakesSeveralPlatformsAsync(Runtime runtime, CancellationToken cancellationToken)
    {
        if (runtime.IsPodman)
            return false;
        try
        {
            var result = await runner.RunAsync(new ToolInvocation(runtime.Tool, ["info", "--format", "{{json .DriverStatus}}"]) { TimeLimit = Patience }, cancellationToken);
            return result.ExitCode == 0 && result.StandardOutput.Contains("io.containerd.snapshotter", StringComparison.Ordinal);
        }
        catch (DiagnosticException)
        {
            return false;
        }
    }

    private static DiagnosticException Failed(Runtime runtime, ImageLayout layout, string why, Exception? cause = null) => new(
        DiagnosticCodes.LoadFailed,
        $"{runtime.Name} did not take the image ({runtime.Tool.Path}): {why.TrimEnd('.', '\n', '\r')}."
            + (layout.Platforms.Count > 1 ? " An image for several platforms needs Docker with the containerd image store; publish for one RID to load it elsewhere." : ""),
        cause);

    private sealed record Runtime(Tool Tool, bool IsPodman)
    {
        public string Name => IsPodman ? "Podman" : "Docker";

        /// <summary>Podman under the name of docker.</summary>
        public bool IsImitation => IsPodman && Tool.Name != "podman";
    }
}
