using System.Text.Json.Nodes;
using SupplyChain.Core.ClusterPolicies;

namespace SupplyChain.Core.RegistryConfiguration;

/// <summary>
/// Who may connect where. Pods that build are governed by a NetworkPolicy or, by host names, by Cilium. Images of Pods are pulled by the node, which no
/// NetworkPolicy governs: for it there is a cluster-wide policy of Cilium and the text of nftables, both by address.
/// </summary>
internal static class Egress
{
    private const string Namespace = "builds";

    public static IEnumerable<(string Name, string Text)> Write(RegistryPlan plan)
    {
        yield return ("egress-cilium.yaml", YamlText.Write(
            ["Made by SupplyChain.Build: Pods in the namespace 'builds' reach these registries and nothing else outside the cluster. Cilium 1.14 or later; without the rule for DNS no name is known."],
            [Builders(Hosts(plan))]));
        if (plan.Addresses.Count == 0)
            yield break;
        yield return ("egress-networkpolicy.yaml", YamlText.Write(
            ["Made by SupplyChain.Build: Pods in the namespace 'builds' reach DNS and SupplyChainRegistryAddresses. A NetworkPolicy knows no host names, and governs no pulls of the nodes."],
            [NetworkPolicy(plan)]));
        yield return ("egress-nodes-cilium.yaml", YamlText.Write(
            [
                "Made by SupplyChain.Build: the nodes reach the cluster and SupplyChainRegistryAddresses. Cilium 1.14 or later with hostFirewall.enabled=true.",
                "Label one node first (kubectl label node NAME supply-chain-egress=true) and look at it (cilium-dbg monitor --type drop) before you label the others.",
            ],
            [Nodes(plan)]));
        yield return ("egress-nodes.nft", Nft(plan));
    }

    /// <summary>The registries, where they keep their layers, and what signing asks.</summary>
    internal static IReadOnlyList<string> Hosts(RegistryPlan plan)
    {
        string[] registries = [plan.Registry, .. plan.Mirrors.All.Select(mirror => PullThrough.Host(mirror.Mirror))];
        var hosts = registries.Select(host => host.Split(':')[0]).Distinct().ToList();
        if (plan.Ecr is { } ecr)
            hosts.AddRange([$"api.ecr.{ecr.Region}.amazonaws.com", $"*.s3.{ecr.Region}.amazonaws.com"]);
        if (plan.Registry.EndsWith(".azurecr.io", StringComparison.Ordinal))
            hosts.Add("*.blob.core.windows.net");
        if (plan.ArtifactRegistry is not null)
            hosts.Add("storage.googleapis.com");
        if (plan.AsksSigstore)
            hosts.AddRange(["fulcio.sigstore.dev", "rekor.sigstore.dev", "tuf-repo-cdn.sigstore.dev"]);
        return hosts;
    }

    private static JsonObject Builders(IReadOnlyList<string> hosts) => new()
    {
        ["apiVersion"] = "cilium.io/v2",
        ["kind"] = "CiliumNetworkPolicy",
        ["metadata"] = new JsonObject { ["name"] = "registry-egress", ["namespace"] = Namespace },
        ["spec"] = new JsonObject
        {
            ["endpointSelector"] = new JsonObject(),
            ["egress"] = new JsonArray(
                new JsonObject
                {
                    ["toEndpoints"] = new JsonArray(new JsonObject { ["matchLabels"] = new JsonObject { ["k8s:io.kubernetes.pod.namespace"] = "kube-system", ["k8s:k8s-app"] = "kube-dns" } }),
                    ["toPorts"] = new JsonArray(new JsonObject { ["ports"] = new JsonArray(Port("53", "ANY")), ["rules"] = new JsonObject { ["dns"] = new JsonArray(new JsonObject { ["matchPattern"] = "*" }) } }),
                },
                new JsonObject
                {
                    ["toFQDNs"] = new JsonArray([.. hosts.Select(host => new JsonObject { [host.Contains('*') ? "matchPattern" : "matchName"] = host })]),
                    ["toPorts"] = new JsonArray(new JsonObject { ["ports"] = new JsonArray(Port("443", "TCP")) }),
                }),
        },
    };

    private static JsonObject NetworkPolicy(RegistryPlan plan) => new()
    {
        ["apiVersion"] = "networking.k8s.io/v1",
        ["kind"] = "NetworkPolicy",
        ["metadata"] = new JsonObject { ["name"] = "registry-egress", ["namespace"] = Namespace },
        ["spec"] = new JsonObject
        {
            ["podSelector"] = new JsonObject(),
            ["policyTypes"] = YamlText.List(["Egress"]),
            ["egress"] = new JsonArray(
                new JsonObject
                {
                    ["to"] = new JsonArray(new JsonObject { ["namespaceSelector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["kubernetes.io/metadata.name"] = "kube-system" } } }),
                    ["ports"] = new JsonArray(new JsonObject { ["port"] = 53, ["protocol"] = "UDP" }, new JsonObject { ["port"] = 53, ["protocol"] = "TCP" }),
                },
                new JsonObject
                {
                    ["to"] = new JsonArray([.. plan.Addresses.Select(address => new JsonObject { ["ipBlock"] = new JsonObject { ["cidr"] = address } })]),
                    ["ports"] = new JsonArray(new JsonObject { ["port"] = 443, ["protocol"] = "TCP" }),
                }),
        },
    };

    private static JsonObject Nodes(RegistryPlan plan) => new()
    {
        ["apiVersion"] = "cilium.io/v2",
        ["kind"] = "CiliumClusterwideNetworkPolicy",
        ["metadata"] = new JsonObject { ["name"] = "registry-egress-of-nodes" },
        ["spec"] = new JsonObject
        {
            ["nodeSelector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["supply-chain-egress"] = "true" } },
            ["egress"] = new JsonArray(
                new JsonObject { ["toEntities"] = YamlText.List(["cluster", "host", "kube-apiserver", "health"]) },
                new JsonObject { ["toPorts"] = new JsonArray(new JsonObject { ["ports"] = new JsonArray(Port("53", "ANY"), Port("123", "UDP")) }) },
                new JsonObject
                {
                    ["toCIDRSet"] = new JsonArray([.. plan.Addresses.Select(address => new JsonObject { ["cidr"] = address })]),
                    ["toPorts"] = new JsonArray(new JsonObject { ["ports"] = new JsonArray(Port("443", "TCP")) }),
                }),
        },
    };

    private static JsonObject Port(string port, string protocol) => new() { ["port"] = port, ["protocol"] = protocol };

    private static string Nft(RegistryPlan plan)
    {
        string Set(string name, string type, IEnumerable<string> addresses) => addresses.ToList() is { Count: > 0 } list
            ? $"  set {name} {{\n    type {type}\n    flags interval\n    elements = {{ {string.Join(", ", list)} }}\n  }}\n"
            : $"  set {name} {{\n    type {type}\n    flags interval\n  }}\n";
        var (six, four) = (plan.Addresses.Where(address => address.Contains(':')), plan.Addresses.Where(address => !address.Contains(':')));
        return $$"""
            #!/usr/sbin/nft -f
            # Made by SupplyChain.Build: what runs as root on a node (kubelet and containerd, which pull images) reaches these addresses and no others by HTTP(S).
            # SupplyChainRegistryAddresses must have the registries and the API server. Try it: nft -c -f FILE. Undo it: nft delete table inet supply_chain
            table inet supply_chain
            delete table inet supply_chain
            table inet supply_chain {
            {{Set("registries4", "ipv4_addr", four)}}{{Set("registries6", "ipv6_addr", six)}}  chain output {
                type filter hook output priority filter; policy accept;
                oif "lo" accept
                meta skuid 0 tcp dport { 80, 443 } ip daddr @registries4 accept
                meta skuid 0 tcp dport { 80, 443 } ip6 daddr @registries6 accept
                meta skuid 0 tcp dport { 80, 443 } counter reject with tcp reset
              }
            }

            """;
    }
}
