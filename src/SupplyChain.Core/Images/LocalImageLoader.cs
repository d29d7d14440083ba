using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Images;

/// <summary>
/// Hands an image to Docker or Podman, as the SDK does when no registry is configured (dotnet/sdk, ContainerRuntimes): <c>version</c> tells
/// whether one answers, Docker goes first, <c>load</c> takes the image. The archive is made for it beside the layout and deleted again.
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
        // Docker without the containerd store cannot take it at all, and Podman takes one platform of it.
        if (mode == LoadMode.Auto && layout.Platforms.Count > 1)
            return new LoadOutcome(null, $"not loaded into Docker or Podman: the image is for {layout.Platforms.Count} platforms (SupplyChainLoadImage=true tries it)");

        var candidates = Candidates(localRegistry);
        if (await FindAsync(candidates, cancellationToken) is not { } runtime)
            return NoneAnswers(candidates, localRegistry, mode);
        try
        {
            await LoadAsync(runtime, layout, repository, tags, cancellationToken);
        }
        catch (DiagnosticException e) when (mode == LoadMode.Auto && e.Diagnostic.Code != DiagnosticCodes.ImageChanged)
        {
            var warning = new Diagnostic(DiagnosticCodes.LoadSkipped, $"{e.Message} The image itself is complete in the output folder. Set SupplyChainLoadImage=false if it is not needed in {runtime.Name}.");
            return new LoadOutcome(null, $"not loaded into {runtime.Name}") { Warning = warning };
        }
        string[] references = [.. tags.Select(tag => $"{repository.Name}:{tag}")];
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
            return new Runtime(tool, isPodman ? "Podman" : "Docker", IsImitation: isPodman && name != "podman");
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
            await OciArchiveWriter.WriteAsync(layout, repository, tags, archive, cancellationToken);
            var result = await runner.RunAsync(new ToolInvocation(runtime.Tool, ["load", "--input", archive]), cancellationToken);
            if (result.ExitCode != 0)
                throw Failed(runtime, layout, $"it ended with exit code {result.ExitCode}: {result.LastErrorLines(3)}");
        }
        catch (DiagnosticException e) when (e.Diagnostic.Code == DiagnosticCodes.ToolTimedOut || e.Diagnostic.Code == DiagnosticCodes.ToolUnusable)
        {
            throw Failed(runtime, layout, e.Message, e);
        }
        finally
        {
            SiblingPath.Delete(archive);
        }
    }

    private static DiagnosticException Failed(Runtime runtime, ImageLayout layout, string why, Exception? cause = null) => new(
        DiagnosticCodes.LoadFailed,
        $"{runtime.Name} did not take the image ({runtime.Tool.Path} load): {why.TrimEnd('.', '\n', '\r')}."
            + (layout.Platforms.Count > 1 ? " An image for several platforms needs Docker with the containerd image store; publish for one RID to load it elsewhere." : ""),
        cause);

    private sealed record Runtime(Tool Tool, string Name, bool IsImitation);
}
