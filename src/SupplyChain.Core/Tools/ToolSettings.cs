namespace SupplyChain.Core.Tools;

/// <summary>What the user said about where tools are.</summary>
/// <param name="Paths">Tool name → path the user gave, as it stands in <c>SupplyChainTrivyPath</c>, <c>SupplyChainCosignPath</c>, …; null or empty: not given.</param>
/// <param name="ToolsPath"><c>SupplyChainToolsPath</c>; null or empty: the per-user cache folder.</param>
/// <param name="BaseDirectory">What relative paths are relative to: the project folder, absolute.</param>
public sealed record ToolSettings(IReadOnlyDictionary<string, string?> Paths, string? ToolsPath, string BaseDirectory)
{
    /// <summary>SupplyChainToolPin.</summary>
    internal IReadOnlyList<OwnPin> Pins { get; init; } = [];

    /// <summary>For people, what forbids to install a tool; null: nothing does.</summary>
    public string? CannotInstall { get; init; }
}
