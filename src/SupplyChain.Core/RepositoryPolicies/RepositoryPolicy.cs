using System.Text.Json.Serialization;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Publishing;

namespace SupplyChain.Core.RepositoryPolicies;

/// <summary>
/// What a repository demands of all its projects (<c>supplychain.policy.json</c>; docs/schemas/supplychain.policy.schema.json). A project may be stricter and
/// never more lenient. What is null is not demanded.
/// </summary>
internal sealed record RepositoryPolicy
{
    /// <summary>For editors; not read.</summary>
    [JsonPropertyName("$schema")]
    public string? Schema { get; init; }

    public SeverityThreshold? SeverityThreshold { get; init; }

    /// <summary>False: no project may set SupplyChainIgnoreUnfixed. True: it is on unless a project turns it off.</summary>
    public bool? IgnoreUnfixed { get; init; }

    public int? FixGracePeriodDays { get; init; }

    public int? MaximumDatabaseAgeDays { get; init; }

    public bool? AllowEndOfLifeBaseImage { get; init; }

    /// <summary>The longest time, in days from today, that a waiver may still have. A waiver without an end is then refused.</summary>
    public int? LongestWaiverDays { get; init; }

    public IReadOnlyList<PolicyStep>? RequiredSteps { get; init; }

    public IReadOnlyList<AttestationKind>? RequiredAttestations { get; init; }

    /// <summary>Patterns (<c>*</c>) of registry, repository and tag.</summary>
    public IReadOnlyList<string>? AllowedBaseImages { get; init; }

    /// <summary>Patterns of what is pushed to: <c>registry.example.com/team/*</c>.</summary>
    public IReadOnlyList<string>? AllowedRegistries { get; init; }

    public IReadOnlyList<AllowedSigner>? AllowedSigners { get; init; }
}

/// <summary>A step that no project may leave out.</summary>
internal enum PolicyStep
{
    Scan,
    Secrets,
    Sbom,
    Sign,
    Verify,
    ImmutableTags,
}

/// <summary>Who may sign: a key, or an identity together with its issuer.</summary>
internal sealed record AllowedSigner
{
    /// <summary><c>SHA256:…</c> of the public key as SupplyChainVerifyImage prints it, or the key service's address (<c>*</c> allowed).</summary>
    public string? Key { get; init; }

    /// <summary>What the certificate names; <c>*</c> allowed.</summary>
    public string? Identity { get; init; }

    public string? Issuer { get; init; }
}

/// <summary>Names alone: a number says nothing to who reads the file.</summary>
internal sealed class NamesOnly<T>() : JsonStringEnumConverter<T>(namingPolicy: null, allowIntegerValues: false)
    where T : struct, Enum;

[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    Converters = [typeof(NamesOnly<SeverityThreshold>), typeof(NamesOnly<PolicyStep>), typeof(NamesOnly<AttestationKind>)],
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    ReadCommentHandling = System.Text.Json.JsonCommentHandling.Skip)]
[JsonSerializable(typeof(RepositoryPolicy))]
internal sealed partial class RepositoryPolicyJson : JsonSerializerContext;
