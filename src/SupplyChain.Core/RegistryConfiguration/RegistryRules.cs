using System.Text.Json;
using System.Text.Json.Nodes;
using SupplyChain.Core.Files;
using SupplyChain.Core.Signing;

namespace SupplyChain.Core.RegistryConfiguration;

/// <summary>
/// Caches, immutable tags and retention of registries that are configured by commands. Evidence is never deleted before its image: in bundles it has no tag, so a
/// rule over untagged manifests stands only where the registry ties referrers to their subject, or where the evidence has tags (cosign's older layout).
/// </summary>
internal static class RegistryRules
{
    private const string Evidence = "sha256-*";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = PlainJsonEncoder.Instance };

    public static IEnumerable<(string Name, string Text)> Ecr(RegistryPlan plan)
    {
        var (account, region) = plan.Ecr!.Value;
        yield return ("ecr-lifecycle.json", Json(new JsonObject
        {
            ["rules"] = new JsonArray(new JsonObject
            {
                ["rulePriority"] = 1,
                ["description"] = $"untagged for {plan.RetentionDays} days; evidence goes with its image",
                ["selection"] = new JsonObject { ["tagStatus"] = "untagged", ["countType"] = "sinceImagePushed", ["countUnit"] = "days", ["countNumber"] = plan.RetentionDays },
                ["action"] = new JsonObject { ["type"] = "expire" },
            }),
        }));
        // ECR takes five exclusions at most.
        var exclusions = string.Join(' ', new[] { Evidence }.Concat(plan.MutableTags).Distinct().Take(5).Select(tag => $"'filter={tag},filterType=WILDCARD'"));
        yield return ("ecr.sh", Script(plan, "aws", $$"""
            repository='{{plan.Repository.Repository}}'
            aws() { command aws --region '{{region}}' "$@"; }

            {{string.Join("\n", plan.Mirrors.All.Where(mirror => PullThrough.Host(mirror.Mirror) == plan.Registry && mirror.Mirror.Contains('/')).Select(mirror => $"# Pull-through cache. Docker Hub, GHCR, GitLab and ACR want credentials: --credential-arn of a secret named ecr-pullthroughcache/….\naws ecr create-pull-through-cache-rule --registry-id {account} --ecr-repository-prefix '{mirror.Mirror.Split('/', 2)[1]}' --upstream-registry-url '{(PullThrough.Host(mirror.Upstream) == "docker.io" ? "registry-1.docker.io" : mirror.Upstream)}' ${{CREDENTIAL_ARN:+--credential-arn \"$CREDENTIAL_ARN\"}}"))}}

            # Tags do not move, but for those that say where evidence is.
            aws ecr put-image-tag-mutability --registry-id {{account}} --repository-name "$repository" --image-tag-mutability IMMUTABLE_WITH_EXCLUSION --image-tag-mutability-exclusion-filters {{exclusions}}

            # The rule is applied only if it would take no evidence: ECR first says what it would delete.
            aws ecr start-lifecycle-policy-preview --registry-id {{account}} --repository-name "$repository" --lifecycle-policy-text "file://$here/ecr-lifecycle.json" > /dev/null
            aws ecr wait lifecycle-policy-preview-complete --registry-id {{account}} --repository-name "$repository"
            digests=$(aws ecr get-lifecycle-policy-preview --registry-id {{account}} --repository-name "$repository" --query 'previewResults[].imageDigest' --output text)
            for digest in $digests; do
              [ "$digest" != None ] || continue
              kind=$(aws ecr describe-images --registry-id {{account}} --repository-name "$repository" --image-ids "imageDigest=$digest" --query 'imageDetails[0].artifactMediaType' --output text)
              case $kind in
                application/vnd.dev.sigstore.bundle* | application/vnd.dev.cosign*)
                  echo "not applied: the rule would delete $digest, which is evidence ($kind)" >&2
                  exit 1
                  ;;
              esac
            done
            aws ecr put-lifecycle-policy --registry-id {{account}} --repository-name "$repository" --lifecycle-policy-text "file://$here/ecr-lifecycle.json" > /dev/null
            """));
    }

    public static IEnumerable<(string Name, string Text)> Harbor(RegistryPlan plan)
    {
        var project = plan.Repository.Repository.Split('/')[0];
        yield return ("harbor-retention.json", Json(new JsonObject
        {
            ["algorithm"] = "or",
            // Harbor deletes what no rule keeps; signatures and attestations are accessories of their image and live as long as it.
            ["rules"] = new JsonArray(
                Rule("retain", "always", [], "matches", "**", untagged: false),
                Rule("retain", "nDaysSinceLastPush", new JsonObject { ["nDaysSinceLastPush"] = plan.RetentionDays }, "matches", "**", untagged: true)),
            ["trigger"] = new JsonObject { ["kind"] = "Schedule", ["settings"] = new JsonObject { ["cron"] = "0 0 3 * * *" }, ["references"] = new JsonObject() },
            ["scope"] = new JsonObject { ["level"] = "project", ["ref"] = 0 },
        }));
        yield return ("harbor-immutable-tags.json", Json(Rule("immutable", "immutable_template", [], "excludes", $"{{{string.Join(',', plan.MutableTags.Prepend(Evidence).Distinct())}}}", untagged: null)));
        yield return ("harbor.sh", Script(plan, "curl", $$"""
            # User and password come from a netrc file, never from the command line: machine {{plan.Registry}} login … password …
            : "${HARBOR_NETRC:?set it to the path of the netrc file}"
            harbor() { curl --silent --show-error --fail --netrc-file "$HARBOR_NETRC" -H 'Content-Type: application/json' "$@"; }
            api='{{PullThrough.Address(plan.Registry)}}/api/v2.0'

            {{string.Join("\n", plan.Mirrors.All.Where(mirror => PullThrough.Host(mirror.Mirror) == plan.Registry && mirror.Mirror.Contains('/')).Select(mirror => HarborProxy(mirror.Upstream, mirror.Mirror.Split('/', 2)[1])))}}

            project=$(harbor "$api/projects/{{project}}" | sed -n 's/.*"project_id":\([0-9]*\).*/\1/p')
            [ -n "$project" ] || { echo 'Harbor has no project {{project}}' >&2; exit 1; }
            harbor -X POST "$api/projects/$project/immutabletagrules" -d "@$here/harbor-immutable-tags.json"
            sed "s/\"ref\": 0/\"ref\": $project/" "$here/harbor-retention.json" | harbor -X POST "$api/retentions" -d @-
            """));
    }

    public static IEnumerable<(string Name, string Text)> ArtifactRegistry(RegistryPlan plan)
    {
        var (location, project, repository) = plan.ArtifactRegistry!.Value;
        yield return ("artifact-registry-cleanup.json", Json(plan.Format == SignatureFormat.Legacy
            ? new JsonArray(
                new JsonObject { ["name"] = "untagged", ["action"] = new JsonObject { ["type"] = "Delete" }, ["condition"] = new JsonObject { ["tagState"] = "untagged", ["olderThan"] = $"{plan.RetentionDays}d" } },
                Keep("evidence", "sha256-"))
            : new JsonArray(
                new JsonObject { ["name"] = "previews", ["action"] = new JsonObject { ["type"] = "Delete" }, ["condition"] = new JsonObject { ["tagState"] = "tagged", ["tagPrefixes"] = new JsonArray("pr-", "ci-"), ["olderThan"] = $"{plan.RetentionDays}d" } },
                Keep("evidence", "sha256-"))));
        yield return ("artifact-registry.sh", Script(plan, "gcloud", $$"""
            gcloud() { command gcloud --project '{{project}}' "$@"; }

            {{string.Join("\n", plan.Mirrors.All.Select(mirror => $"# Pull-through cache.\ngcloud artifacts repositories create '{PullThrough.FileName(mirror.Upstream).Replace('.', '-')}' --location '{location}' --repository-format docker --mode remote-repository {(PullThrough.Host(mirror.Upstream) == "docker.io" ? "--remote-docker-repo DOCKER-HUB" : $"--remote-docker-repo '{PullThrough.Address(mirror.Upstream)}'")}"))}}

            # {{(plan.Format == SignatureFormat.Legacy ? "Untagged images go; evidence has tags (sha256-…) and is kept." : "Bundles have no tag, so no rule takes what is untagged: only old previews (pr-…, ci-…) go.")}}
            # Immutable tags know no exceptions here, and the index of evidence (sha256-…) must grow: SupplyChainImmutableTags keeps tags in place instead.
            gcloud artifacts repositories set-cleanup-policies '{{repository}}' --location '{{location}}' --policy "$here/artifact-registry-cleanup.json" --no-dry-run
            """));

        static JsonObject Keep(string name, string prefix) =>
            new() { ["name"] = name, ["action"] = new JsonObject { ["type"] = "Keep" }, ["condition"] = new JsonObject { ["tagState"] = "tagged", ["tagPrefixes"] = new JsonArray(prefix) } };
    }

    public static IEnumerable<(string Name, string Text)> Acr(RegistryPlan plan)
    {
        var name = plan.Registry.Split('.')[0];
        yield return ("acr.sh", Script(plan, "az", $$"""
            registry='{{name}}'
            repository='{{plan.Repository.Repository}}'

            {{string.Join("\n", plan.Mirrors.All.Where(mirror => PullThrough.Host(mirror.Mirror) == plan.Registry && mirror.Mirror.Contains('/')).Select(mirror => $"# Pull-through cache. An upstream that wants credentials: az acr credential-set create, then -c NAME.\naz acr cache create -r \"$registry\" -n '{PullThrough.FileName(mirror.Upstream).Replace('.', '-')}' -s '{mirror.Upstream}/*' -t '{mirror.Mirror.Split('/', 2)[1]}/*' ${{CREDENTIAL_SET:+-c \"$CREDENTIAL_SET\"}}"))}}

            # Every tag that is there now can no longer be moved or deleted; evidence (sha256-…) and tags that may move stay writable. Run it again after a release.
            for tag in $(az acr repository show-tags --name "$registry" --repository "$repository" --output tsv); do
              case $tag in
                {{string.Join(" | ", plan.MutableTags.Prepend(Evidence).Distinct())}}) ;;
                *) az acr repository update --name "$registry" --image "$repository:$tag" --write-enabled false --delete-enabled false > /dev/null ;;
              esac
            done

            {{(plan.Format == SignatureFormat.Legacy
                ? $"# Evidence has tags, so what is untagged is nobody's.\naz acr config retention update --registry \"$registry\" --status enabled --days {plan.RetentionDays} --type UntaggedManifests"
                : $"# Bundles have no tag, so no rule takes what is untagged: only old previews (pr-…, ci-…) go, every night.\naz acr task create --registry \"$registry\" --name purge-previews --schedule '0 3 * * *' --context /dev/null --cmd \"acr purge --filter '$repository:^(pr|ci)-.*' --ago {plan.RetentionDays}d\"")}}
            """));
    }

    public static IEnumerable<(string Name, string Text)> GitLab(RegistryPlan plan)
    {
        // Cleaning up takes tags alone; GitLab offers these ages.
        var age = new[] { 7, 14, 30, 60, 90 }.Last(days => days <= Math.Max(plan.RetentionDays, 7));
        var kept = string.Join('|', plan.MutableTags.Prepend(Evidence).Distinct().Select(tag => System.Text.RegularExpressions.Regex.Escape(tag).Replace("\\*", ".*", StringComparison.Ordinal).Replace("\\-", "-", StringComparison.Ordinal)));
        yield return ("gitlab-cleanup.json", Json(new JsonObject
        {
            ["container_expiration_policy_attributes"] = new JsonObject
            {
                ["enabled"] = true,
                ["cadence"] = "1d",
                ["keep_n"] = 10,
                ["older_than"] = $"{age}d",
                ["name_regex"] = "(pr|ci)-.*",
                ["name_regex_keep"] = $"({kept}|v?[0-9].*)",
            },
        }));
        yield return ("gitlab.sh", Script(plan, "curl", """
            # The token comes from a file, never from the command line; in it: header = "PRIVATE-TOKEN: …"
            : "${GITLAB_CURL_CONFIG:?set it to the path of a curl configuration file with the token}"
            : "${GITLAB_PROJECT:?set it to the number of the project}"
            : "${GITLAB_URL:=https://gitlab.com}"

            # Only previews (pr-…, ci-…) that are old go. Evidence (sha256-…) and releases stay; the dependency proxy (GROUP/dependency_proxy/containers) caches Docker Hub.
            curl --silent --show-error --fail --config "$GITLAB_CURL_CONFIG" -X PUT -H 'Content-Type: application/json' "$GITLAB_URL/api/v4/projects/$GITLAB_PROJECT" -d "@$here/gitlab-cleanup.json" > /dev/null
            """));
    }

    private static string HarborProxy(string upstream, string project) => $$$"""
        # Pull-through cache: a proxy project of the registry that Harbor knows as {{{upstream}}} (Administration, Registries).
        upstream=$(harbor "$api/registries?q=name%3D{{{Uri.EscapeDataString(upstream)}}}" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
        [ -n "$upstream" ] || { echo 'Harbor knows no registry named {{{upstream}}}' >&2; exit 1; }
        harbor -X POST "$api/projects" -d "{\"project_name\": \"{{{project}}}\", \"registry_id\": $upstream, \"metadata\": {\"public\": \"false\"} }"
        """;

    private static JsonObject Rule(string action, string template, JsonObject parameters, string decoration, string pattern, bool? untagged)
    {
        var tags = new JsonObject { ["kind"] = "doublestar", ["decoration"] = decoration, ["pattern"] = pattern };
        if (untagged is { } with)
            tags["extras"] = $"{{\"untagged\":{(with ? "true" : "false")}}}";
        return new JsonObject
        {
            ["disabled"] = false,
            ["action"] = action,
            ["template"] = template,
            ["params"] = parameters,
            ["tag_selectors"] = new JsonArray(tags),
            ["scope_selectors"] = new JsonObject { ["repository"] = new JsonArray(new JsonObject { ["kind"] = "doublestar", ["decoration"] = "repoMatches", ["pattern"] = "**" }) },
        };
    }

    private static string Script(RegistryPlan plan, string tool, string body) =>
        $"#!/bin/sh\n# Made by SupplyChain.Build for {plan.Repository.Name}. Read it before you run it; it needs {tool}, logged in.\nset -eu\nhere=$(cd \"$(dirname \"$0\")\" && pwd)\n\n{string.Join('\n', body.ReplaceLineEndings("\n").Split('\n').Select(line => line.TrimEnd()))}\n".Replace("\n\n\n", "\n\n", StringComparison.Ordinal);

    // Not by reflection over our types: these are nodes already.
    private static string Json(JsonNode node) => node.ToJsonString(Indented) + "\n";
}
