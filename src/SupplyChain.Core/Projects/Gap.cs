using System.Text.Json.Serialization;

namespace SupplyChain.Core.Projects;

/// <summary>Something that could not be learned, or that is not as it should be.</summary>
/// <param name="Sentence">What, and what to do; without any path of this machine, because documents repeat it.</param>
public sealed record Gap(GapKind Kind, string Sentence)
{
    /// <summary>Paths and reasons, for messages only.</summary>
    public string? Detail { get; init; }

    /// <summary>False: everything is known, but something about it deserves a look.</summary>
    [JsonIgnore]
    public bool IsMissing => Kind is not (GapKind.RestoreOutdated or GapKind.NotALicenseExpression);

    /// <summary>For people on this machine.</summary>
    public override string ToString() => Detail is null ? Sentence : $"{Sentence} ({Detail})";
}

/// <summary>Each kind has a code of its own.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<GapKind>))]
public enum GapKind
{
    Unknown,

    /// <summary>The project asks for other packages than were restored.</summary>
    RestoreOutdated,

    /// <summary>A package's folder is gone.</summary>
    PackageFolder,

    /// <summary>A package's .nuspec is missing, broken, or of no kind that is read (a document type, absurd size).</summary>
    Nuspec,

    /// <summary>A package's hash is missing, or its folder holds something else than was restored.</summary>
    PackageHash,

    /// <summary>A licence that says to be an SPDX expression and is none.</summary>
    NotALicenseExpression,
}
