using System.Text.Json.Serialization;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Gating;

/// <summary>What the gate made of one finding. Only <see cref="Blocks"/> fails the publish.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Decision>))]
public enum Decision
{
    /// <summary>At or above the threshold, and nothing speaks for letting it through.</summary>
    Blocks,

    /// <summary>Below the threshold.</summary>
    BelowThreshold,

    /// <summary>Accepted for a time by a waiver.</summary>
    Waived,

    /// <summary>A VEX document says that this image is not affected.</summary>
    NotAffected,

    /// <summary>The .NET runtime supplies this package's assemblies; the vulnerable ones do not ship.</summary>
    RuntimeSupplied,

    /// <summary>Without a fix, and SupplyChainIgnoreUnfixed is on.</summary>
    Unfixed,

    /// <summary>The fix is younger than SupplyChainFixGracePeriodDays.</summary>
    GracePeriod,
}

/// <summary>One finding with the gate's decision, the place to change and the next step.</summary>
/// <param name="Because">Why it does not block, for people: the waiver's reason, the VEX justification; null otherwise.</param>
public sealed record JudgedFinding(Finding Finding, Decision Decision, string? Because = null)
{
    /// <summary>What is wrong, in one sentence, with the finding's name and severity.</summary>
    public string Statement { get; init; } = "";

    /// <summary>What to do about it, in one or two sentences.</summary>
    public string Advice { get; init; } = "";

    /// <summary>Absolute path of the file to change; null: the project file.</summary>
    public string? File { get; init; }

    /// <summary>1-based; 0: unknown.</summary>
    public int Line { get; init; }

    /// <summary>Shortest way from the project to the package: ids, the direct reference first. Empty when the project does not bring it in.</summary>
    public IReadOnlyList<string> Path { get; init; } = [];

    /// <summary>The change of a version that clears it, where one is known.</summary>
    public VersionChange? Change { get; init; }
}

/// <summary>Where a version has to change.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ChangeKind>))]
public enum ChangeKind
{
    /// <summary>The version of a PackageReference or PackageVersion that is there already.</summary>
    Raise,

    /// <summary>A reference of its own for a package that another one brings in.</summary>
    Pin,

    /// <summary>The package is in the base image's operating system.</summary>
    BaseImage,

    /// <summary>The .NET runtime.</summary>
    Runtime,
}

/// <param name="To">A version that the advisory names as fixed, or one that brings such a version in.</param>
public sealed record VersionChange(ChangeKind Kind, string Package, string From, string To);
