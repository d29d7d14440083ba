namespace SupplyChain.Core.Provenance;

/// <summary>Which machinery runs this build, as its environment says.</summary>
/// <param name="BuilderId">A URI: whom one has to trust about what the provenance says (SLSA 1.0, builder.id).</param>
/// <param name="InvocationId">The address of this run; null on a machine of one's own.</param>
/// <param name="Repository">The address of the sources, where the system says it.</param>
internal sealed record CiBuild(string BuilderId, string? InvocationId, string? Repository)
{
    /// <summary>The page that says what the provenance means; the fragment names a machine that no CI system runs.</summary>
    public const string LocalBuilder = SlsaProvenance.BuildType + "#local";

    public static CiBuild Read(Func<string, string?> environment)
    {
        string? Value(string name) => environment(name) is { Length: > 0 } text ? text : null;
        if (Value("GITHUB_ACTIONS") == "true" && Value("GITHUB_REPOSITORY") is { } repository)
        {
            var address = $"{(Value("GITHUB_SERVER_URL") ?? "https://github.com").TrimEnd('/')}/{repository}";
            var attempt = Value("GITHUB_RUN_ATTEMPT") ?? "1";
            return new CiBuild(
                // As GitHub's own provenance names its machines.
                $"https://github.com/actions/runner/{Value("RUNNER_ENVIRONMENT") ?? "self-hosted"}",
                Value("GITHUB_RUN_ID") is { } run ? $"{address}/actions/runs/{run}/attempts/{attempt}" : null,
                address);
        }

        if (Value("GITLAB_CI") is not null && Value("CI_PROJECT_URL") is { } project)
            return new CiBuild($"{project}/-/runners/{Value("CI_RUNNER_ID") ?? "unknown"}", Value("CI_JOB_URL"), project);
        if (Value("TF_BUILD") is not null && Value("SYSTEM_COLLECTIONURI") is { } collection && Value("SYSTEM_TEAMPROJECT") is { } team)
        {
            var place = $"{collection.TrimEnd('/')}/{Uri.EscapeDataString(team)}";
            var hosted = Value("AGENT_ISSELFHOSTED") is "0" ? "microsoft-hosted" : "self-hosted";
            return new CiBuild(
                $"{place}/_build#{hosted}",
                Value("BUILD_BUILDID") is { } build ? $"{place}/_build/results?buildId={build}" : null,
                Value("BUILD_REPOSITORY_URI"));
        }

        return new CiBuild(LocalBuilder, null, null);
    }
}
