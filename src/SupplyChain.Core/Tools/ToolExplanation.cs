using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Tools;

/// <summary>One tool as SupplyChainExplain shows it: which, where, found how, and what vouches for it.</summary>
internal sealed record ToolExplanation(string Name, string Version, string Path, string How)
{
    private const string Unknown = "?";

    /// <param name="find">Throws what a publish would throw.</param>
    /// <param name="shelf">Looks at what is there; what is not there is not installed.</param>
    public static async Task<ToolExplanation> OfAsync(string name, Func<string, Tool> find, ToolShelf shelf, CancellationToken cancellationToken)
    {
        try
        {
            var tool = find(name);
            if (tool.Release is { } release && !File.Exists(tool.Path))
                return new ToolExplanation(name, release.Version, tool.Path, $"not installed yet: a publish installs it, pinned SHA-256 {release.Sha256[..8]}… from {release.Origin}");
            var ready = await shelf.ReadyAsync(tool, cancellationToken);
            var (sha256, origin) = tool.Release is { } pin ? (pin.Sha256, $", from {pin.Origin}") : (ready.Sha256!, "");
            return new ToolExplanation(name, ready.Version ?? Unknown, tool.Path, $"{tool.FoundBy}, SHA-256 {sha256[..8]}…{origin}, {ready.Verified}");
        }
        catch (DiagnosticException e)
        {
            return new ToolExplanation(name, Unknown, "", $"{e.Diagnostic.Code}: {e.Message}");
        }
    }

    public override string ToString() => $"{Name,-30} {Version,-12} {(Path.Length == 0 ? "" : Path + "  ")}{How}";
}
