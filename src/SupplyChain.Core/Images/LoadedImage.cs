using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Images;

/// <summary>An image that a local container runtime has taken.</summary>
/// <param name="Runtime">For people: Docker, Podman.</param>
/// <param name="References">Under these names: <c>hello:1.0</c>.</param>
public sealed record LoadedImage(string Runtime, IReadOnlyList<string> References);

/// <summary>How the handing over ended.</summary>
/// <param name="Image">Null: it was not loaded.</param>
/// <param name="Summary">For people, one line: <c>loaded into Docker as hello:1.0</c>, or why not.</param>
public sealed record LoadOutcome(LoadedImage? Image, string Summary)
{
    /// <summary>SCB1011, when a runtime answers but did not take the image.</summary>
    public Diagnostic? Warning { get; init; }
}
