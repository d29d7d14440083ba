namespace SupplyChain.Core.Gating;

/// <summary>What the gate knows beside the report, the policy and the inventory. All of it comes from outside, the clock too.</summary>
public sealed record GateContext
{
    /// <summary>The moment of the decision: waivers end, databases grow old.</summary>
    public DateTimeOffset Now { get; init; } = DateTimeOffset.MinValue;

    /// <summary>For the last message: what follows from a no.</summary>
    public string Consequence { get; init; } = "nothing was pushed";

    /// <summary>The inventory is that of the project that made it. False: an image from anywhere.</summary>
    public bool IsOwnProject { get; init; } = true;

    /// <summary>For the last message: where to read more.</summary>
    public string? ReportFile { get; init; }

    /// <summary>The repository's name of the image, without a registry; VEX documents name images so. Null: not known.</summary>
    public string? Repository { get; init; }

    public IReadOnlyList<Waiver> Waivers { get; init; } = [];

    public IReadOnlyList<VexStatement> Vex { get; init; } = [];

    public SuppliedPackages Supplied { get; init; } = SuppliedPackages.None;

    /// <summary>What the base image's tag points to now; null: not asked, or nobody answered.</summary>
    public BaseImageNews? BaseImage { get; init; }

    /// <summary>Only these versions of direct packages are proposed for transitive ones.</summary>
    public IReadOnlyList<ProvenBump> Bumps { get; init; } = [];

    /// <summary>Ids of packages that central package management pins: their own line decides, whoever brings them in.</summary>
    public IReadOnlyCollection<string> Pinned { get; init; } = [];
}
