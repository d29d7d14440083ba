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
                return new ToolExplanation(name, release.Version, tool.Path, $"not installed yet, a publish does it: pinned SHA-256 {release.Sha256[..8]}… ({release.Origin})");
            var ready = await shelf.ReadyAsync(tool, cancellationToken);
            return new ToolExplanation(name, ready.Version ?? Unknown, tool.Path, tool.Release is { } pin
                ? $"installed, {ready.Verified}: {pin.Sha256[..8]}… ({pin.Origin})"
                : $"found by {tool.FoundBy}, SHA-256 {ready.Sha256![..8]}…, {ready.Verified}");
        }
        catch (DiagnosticException e)
        {
            return new ToolExplanation(name, Unknown, "", $"{e.Diagnostic.Code}: {e.Message}");
        }
    }

    public override string ToString() => $"{Name,-30} {SingleLine.Of(Version, 100),-12} {(Path.Length == 0 ? "" : SingleLine.Of(Path) + "  ")}{SingleLine.Of(How)}";
}
