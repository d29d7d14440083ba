using System.Text;
using System.Text.Json.Nodes;
using SupplyChain.Core.ClusterPolicies;

namespace SupplyChain.Core.RegistryConfiguration;

/// <summary>The clients and the server of a pull-through cache. A client asks the cache and nobody else: with a way round it, a cache protects nothing.</summary>
internal static class PullThrough
{
    /// <summary>One cache for each upstream: that is what Distribution can do.</summary>
    public static IEnumerable<(string Name, string Text)> Distribution(RegistryPlan plan) => plan.Mirrors.All.Select(mirror => (
        $"distribution-{FileName(mirror.Upstream)}.yml",
        YamlText.Write(
            [
                $"Made by SupplyChain.Build: CNCF Distribution 2.8 or later as a pull-through cache of {mirror.Upstream}. Nothing can be pushed to it.",
                "Run it with: docker-registry serve FILE (or mount it as /etc/distribution/config.yml). TLS and credentials for the upstream (proxy.username, proxy.password)",
                "come from the environment: REGISTRY_HTTP_TLS_CERTIFICATE, REGISTRY_HTTP_TLS_KEY, REGISTRY_PROXY_USERNAME, REGISTRY_PROXY_PASSWORD.",
            ],
            [
                new JsonObject
                {
                    ["version"] = "0.1",
                    ["http"] = new JsonObject { ["addr"] = ":5000" },
                    ["storage"] = new JsonObject
                    {
                        ["filesystem"] = new JsonObject { ["rootdirectory"] = $"/var/lib/registry/{FileName(mirror.Upstream)}" },
                        // Without it nothing that has expired is ever removed.
                        ["delete"] = new JsonObject { ["enabled"] = true },
                    },
                    ["proxy"] = new JsonObject { ["remoteurl"] = Address(Host(mirror.Upstream) is "docker.io" ? "registry-1.docker.io" : Host(mirror.Upstream)) },
                },
            ])));

    /// <summary>A file a registry; the folder goes to where <c>config_path</c> of containerd points to.</summary>
    public static IEnumerable<(string Name, string Text)> Containerd(RegistryPlan plan) => plan.Mirrors.All.GroupBy(mirror => Host(mirror.Upstream)).Select(group => (
        $"containerd/certs.d/{group.Key.Replace(":", "_", StringComparison.Ordinal)}{(group.Key.Contains(':') ? "_" : "")}/hosts.toml",
        Toml(group.First())));

    /// <summary>A name below <c>prefix</c> is fetched from <c>location</c>.</summary>
    public static (string Name, string Text) Podman(RegistryPlan plan)
    {
        var text = new StringBuilder("# Made by SupplyChain.Build for Podman, Buildah, skopeo and CRI-O: /etc/containers/registries.conf.d/50-supply-chain.conf\n# What these names stand for is fetched from the cache and from nowhere else.\nshort-name-mode = \"enforcing\"\n");
        foreach (var (upstream, mirror) in plan.Mirrors.All)
            text.Append($"\n[[registry]]\nprefix = \"{upstream}\"\nlocation = \"{mirror}\"\n{(IsLoopback(Host(mirror)) ? "insecure = true\n" : "")}");
        return ("registries.conf", text.ToString());
    }

    /// <summary>An upstream with a path is refused by containerd, which goes by hosts.</summary>
    private static string Toml((string Upstream, string Mirror) mirror)
    {
        var slash = mirror.Mirror.IndexOf('/');
        var host = slash < 0 ? mirror.Mirror : mirror.Mirror[..slash];
        var address = $"{Address(host)}{(slash < 0 ? "" : $"/v2/{mirror.Mirror[(slash + 1)..]}")}";
        return $"""
            # Made by SupplyChain.Build for containerd 1.6 or later: /etc/containerd/certs.d/{Host(mirror.Upstream)}/hosts.toml, with
            # config_path = "/etc/containerd/certs.d" under the registry of its CRI plug-in. The server is the cache too, so that nothing goes round it.
            server = "{address}"
            capabilities = ["pull", "resolve"]
            {(slash < 0 ? "" : "override_path = true\n")}
            [host."{address}"]
              capabilities = ["pull", "resolve"]
            {(slash < 0 ? "" : "  override_path = true\n")}
            """.Replace("\n\n\n", "\n\n", StringComparison.Ordinal).TrimEnd() + "\n";
    }

    internal static string Host(string name) => name.Split('/', 2)[0];

    internal static string Address(string host) => $"{(IsLoopback(host) ? "http" : "https")}://{host}";

    internal static string FileName(string name) => name.Replace('/', '-').Replace(':', '-').Replace("[", "", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal);

    private static bool IsLoopback(string host) => Uri.TryCreate($"http://{host}", UriKind.Absolute, out var uri) && uri.IsLoopback;
}
