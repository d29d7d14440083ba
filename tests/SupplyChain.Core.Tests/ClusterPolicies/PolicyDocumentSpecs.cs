using System.Text.Json.Nodes;
using SupplyChain.Core.ClusterPolicies;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Signing;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.ClusterPolicies;

/// <summary>The text of the policies: exact, valid, the same each time; and what no policy is made for.</summary>
[Trait("Category", "Slow")]
public sealed class PolicyDocumentSpecs
{
    private const string Pem = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEgoodgoodgoodgoodgoodgoodgood\ngoodgoodgoodgoodgoodgoodgoodgoodgoodgoodgoodgoodgoodgoodgw==\n-----END PUBLIC KEY-----\n";

    private static readonly PolicyFormat[] Formats = Enum.GetValues<PolicyFormat>();
    private static readonly string[] Types = [PredicateTypes.CycloneDx, PredicateTypes.Spdx, PredicateTypes.Vulnerabilities, PredicateTypes.Provenance];
    private static readonly PolicySigner Key = new("key SHA256:6n8Q") { PublicKey = Pem };

    private static readonly PolicySigner Keyless = new("https://github.com/contoso/hello/.github/workflows/release.yml@refs/heads/main (https://token.actions.githubusercontent.com)")
    {
        Subject = "https://github.com/contoso/hello/.github/workflows/release.yml@refs/heads/main",
        Issuer = "https://token.actions.githubusercontent.com",
        Logged = true,
    };

    private static readonly TrustedRootFile Root = new("{}", [new TrustedAuthority("contoso", "fulcio", "https://fulcio.contoso.com", "CHAIN\n")], [new TrustedLog("https://rekor.contoso.com", "LOG\n")], [new TrustedLog("https://ctlog.contoso.com", "CT\n")]);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string Goldens => Path.Combine(Toolchain.RepositoryRoot, "tests/SupplyChain.Core.Tests/ClusterPolicies/Goldens");

    [Theory]
    [InlineData("key-bundle")]
    [InlineData("key-legacy-audit")]
    [InlineData("keyless-both")]
    [InlineData("private-sigstore")]
    public async Task Every_format_has_exactly_this_text_and_fits_the_schemas_of_its_engine(string name)
    {
        var request = Request(name);
        var formats = Formats.Where(format => !(name is "key-bundle" or "private-sigstore" && format == PolicyFormat.Ratify) && !(name == "private-sigstore" && format == PolicyFormat.Kyverno) && !(name == "key-legacy-audit" && format == PolicyFormat.KyvernoImageValidating)).ToList();
        using var folder = new TestFolder();

        var files = await PolicyWriter.WriteAsync(request, formats, folder.Path, Token);

        (await PolicyEngines.ErrorsAsync(files, Token)).ShouldBeEmpty();
        foreach (var file in files)
        {
            var golden = Path.Combine(Goldens, name, Path.GetFileName(file));
            if (Environment.GetEnvironmentVariable("SUPPLYCHAIN_WRITE_GOLDENS") == "1")
            {
                Directory.CreateDirectory(Path.GetDirectoryName(golden)!);
                File.Copy(file, golden, overwrite: true);
            }
            File.ReadAllText(file).ShouldBe(File.ReadAllText(golden), file);
        }
        var before = files.Select(File.GetLastWriteTimeUtc).ToList();
        await PolicyWriter.WriteAsync(request, formats, folder.Path, Token);
        files.Select(File.GetLastWriteTimeUtc).ShouldBe(before, "regenerating changes nothing");
        Directory.GetFiles(folder.Path).Length.ShouldBe(files.Count, "no file is left over");
    }

    [Fact]
    public async Task The_check_of_the_schemas_finds_a_field_that_an_engine_does_not_know()
    {
        using var folder = new TestFolder();
        foreach (var (file, broken) in new[] { ("kyverno.yaml", "failureAction: Enforce\n          failAction: Enforce"), ("policy-controller.yaml", "mode: enforce\n  modes: enforce") })
        {
            var text = File.ReadAllText(Path.Combine(Goldens, "key-bundle", file));
            File.WriteAllText(folder.File(file), text.Replace(broken.Split('\n')[0], broken, StringComparison.Ordinal));
            (await PolicyEngines.ErrorsAsync([folder.File(file)], Token)).ShouldContain("must NOT have additional properties");
        }
    }

    [Theory]
    [InlineData("Ratify", "key-bundle", "Ratify reads signatures in cosign's older layout, and these are bundles. Choose Kyverno,")]
    [InlineData("Kyverno", "private-sigstore", "takes no other. Choose KyvernoImageValidating or PolicyController")]
    [InlineData("KyvernoImageValidating", "key-legacy-audit", "only from a transparency log. Choose Kyverno")]
    [InlineData("PolicyController", "unlogged", "Publish with SupplyChainTransparencyLog=true, or choose Gatekeeper")]
    public void A_format_that_cannot_verify_what_was_signed_is_refused_with_another_choice_and_nothing_is_written(string format, string name, string advice)
    {
        using var folder = new TestFolder();
        var error = Should.Throw<DiagnosticException>(() => PolicyWriter.Documents(Request(name), [PolicyFormat.Gatekeeper, Enum.Parse<PolicyFormat>(format)]));

        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.PolicyFormatUnsuitable);
        error.Message.ShouldStartWith($"SupplyChainPolicyFormats has {format}, which cannot verify what was signed: ");
        error.Message.ShouldContain(advice);
        error.Message.ShouldEndWith("No policy was written.");
    }

    [Theory]
    [InlineData("*", "'*' may only stand for everything below a path")]
    [InlineData("*/hello-api", "'*' may only stand")]
    [InlineData("registry.example.com/team/hello*", "'*' may only stand")]
    [InlineData("registry.example.com*", "'*' may only stand")]
    [InlineData("ghcr.io/*", "ghcr.io holds images of everybody.")]
    [InlineData("docker.io/*", "docker.io holds images of everybody.")]
    [InlineData("europe-west4-docker.pkg.dev/*", "holds images of everybody.")]
    [InlineData("hello-api", "It must begin with a registry")]
    [InlineData("registry.example.com/team/hello-api:1.4.0", "without a tag")]
    [InlineData("registry.example.com/team/hello-api@sha256:abc", "without a tag")]
    [InlineData("registry.example.com/Team/*", "It must begin with a registry")]
    public void A_pattern_that_takes_in_other_peoples_images_or_is_none_is_refused(string pattern, string why)
    {
        var error = Should.Throw<DiagnosticException>(() => PolicySettings.Read(PolicyFixture.Settings(("SupplyChainPolicyImages", pattern))));

        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.PolicyPatternUnusable);
        error.Message.ShouldStartWith($"SupplyChainPolicyImages has '{pattern}'. ");
        error.Message.ShouldContain(why);
    }

    [Fact]
    public void Patterns_that_leave_the_published_image_out_are_refused()
    {
        var settings = PolicySettings.Read(PolicyFixture.Settings(("SupplyChainPolicyImages", "registry.example.com/other/*;registry.example.com/team/hello")));

        Should.Throw<DiagnosticException>(() => settings.For(new ImageReference("registry.example.com", "team/hello-api"), null)).Message
            .ShouldContain("and the image that was published, registry.example.com/team/hello-api, is not among them");
    }

    [Theory]
    [InlineData("SupplyChainPolicyFormats", "Kyverno;OPA", "Kyverno, KyvernoImageValidating, PolicyController, Gatekeeper, Ratify, Registries")]
    [InlineData("SupplyChainPolicyMode", "Warn", "Enforce, Audit")]
    [InlineData("SupplyChainPolicyNamespaces", "Team A", "names of namespaces")]
    [InlineData("SupplyChainVerificationThreshold", "Severe", "Critical, High")]
    public void A_setting_that_is_not_valid_names_the_valid_values(string name, string value, string valid)
    {
        var error = Should.Throw<DiagnosticException>(() => PolicySettings.Read(PolicyFixture.Settings((name, value))));

        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.UnknownValue);
        error.Message.ShouldContain(valid);
    }

    [Fact]
    public async Task Gatekeeper_lets_in_pinned_images_of_the_allowed_repositories_alone_by_the_OPA_in_Trivy()
    {
        var constraint = (await PolicyEngines.ReadAsync(Path.Combine(Goldens, "keyless-both", "gatekeeper.yaml"), Token))[1];
        var digest = "@sha256:" + new string('a', 64);
        var pods = new Dictionary<string, JsonNode>
        {
            ["good"] = Review(constraint, Pod("registry.example.com/team/hello-api" + digest)),
            ["tag"] = Review(constraint, Pod("registry.example.com/team/hello-api:1.4.0")),
            ["tag-and-digest"] = Review(constraint, Pod("registry.example.com/team/hello-api:1.4.0" + digest)),
            ["other"] = Review(constraint, Pod("registry.example.org/team/hello-api" + digest)),
            ["begins-alike"] = Review(constraint, Pod("registry.example.com.evil.org/team/hello-api" + digest)),
            ["docker-hub"] = Review(constraint, Pod("nginx" + digest)),
            ["half-digest"] = Review(constraint, Pod("registry.example.com/a@sha256:abc")),
            ["init"] = Review(constraint, Pod("registry.example.com/a" + digest, init: "nginx:1")),
            ["debug"] = Review(constraint, Pod("registry.example.com/a" + digest, debug: "busybox" + digest)),
        };

        var refusals = await PolicyEngines.RegoAsync([GatekeeperPolicy.Rego], "some violation in data.pinnedimages.violation with input as input.request\n  msg := violation.msg", pods, Token);

        pods.Keys.Where(pod => !refusals.Contains(pod)).ShouldBe(["good", "tag-and-digest"]);
        refusals["init"].Count().ShouldBe(2);
        refusals["tag"].ShouldHaveSingleItem().ShouldContain("is not pinned by digest");
    }

    [Fact]
    public async Task Ratify_lets_in_only_what_it_answered_for_by_the_OPA_in_Trivy__with_answers_as_it_documents_them()
    {
        const string image = "registry.example.com/team/hello-api:1.4.0";
        const string other = "registry.example.com/team/hello-api:1.5.0";
        var documents = await PolicyEngines.ReadAsync(Path.Combine(Goldens, "keyless-both", "ratify.yaml"), Token);
        var cases = new Dictionary<string, (JsonObject Pod, JsonNode? Answer)>
        {
            ["signed"] = (Pod(image), RatifyCases.Answer([RatifyCases.Response(image, true)])),
            ["somebody else's"] = (Pod("nginx:1"), null),
            ["not signed"] = (Pod(image), RatifyCases.Answer([RatifyCases.Response(image, false)])),
            ["one of two"] = (Pod(image, init: other), RatifyCases.Answer([RatifyCases.Response(image, true), RatifyCases.Response(other, false)])),
            ["answer about one of two"] = (Pod(image, debug: other), RatifyCases.Answer([RatifyCases.Response(image, true)])),
            ["answer about another"] = (Pod(image), RatifyCases.Answer([RatifyCases.Response(other, true)])),
            ["empty answer"] = (Pod(image), RatifyCases.Answer([])),
            ["no answer"] = (Pod(image), null),
            ["error"] = (Pod(image), RatifyCases.Answer([], [new JsonArray(image, "verifiers config should have at least one verifier")])),
            ["system error"] = (Pod(image), RatifyCases.Answer([], systemError: "operation timed out")),
        };

        var refusals = await RatifyCases.AnsweredAsync(documents, cases, Token);

        cases.Keys.Where(name => !refusals.Contains(name)).ShouldBe(["signed", "somebody else's"]);
        refusals["not signed"].ShouldHaveSingleItem().ShouldBe($"Ratify refuses the image <{image}>: it is not signed by the expected signer");
        refusals["answer about one of two"].ShouldHaveSingleItem().ShouldBe($"Ratify gave no answer about the image <{other}>");
        refusals["error"].ShouldHaveSingleItem().ShouldContain("at least one verifier");
        refusals["system error"].ShouldContain(message => message.Contains("operation timed out", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Kubernetes_own_policy_lets_in_images_of_our_registries_alone_by_an_engine_of_CEL()
    {
        var file = Path.Combine(Goldens, "keyless-both", "registries.yaml");
        (await PolicyEngines.RefusalsAsync(file, new JsonObject { ["pod"] = Pod("registry.example.com/team/hello-api:1", init: "registry.example.com/a/b/c@sha256:1") }, Token)).ShouldBeEmpty();
        foreach (var pod in new[] { Pod("nginx"), Pod("registry.example.com.evil.org/a"), Pod("registry.example.com/a", init: "docker.io/library/nginx"), Pod("registry.example.com/a", debug: "busybox") })
            (await PolicyEngines.RefusalsAsync(file, new JsonObject { ["pod"] = pod }, Token)).ShouldHaveSingleItem().ShouldBe("images of Pods come from registry.example.com/*");
    }

    /// <summary>Kyverno's and Ratify's own matching of names cannot be run here; each of their patterns is compared with what it must and must not name.</summary>
    [Fact]
    public void The_patterns_for_Kyverno_and_policy_controller_name_this_repository_alone__without_an_engine_of_theirs()
    {
        var exact = new ImagePattern("registry.example.com/team/hello-api", IsPrefix: false);
        bool Kyverno(string image) => exact.Wildcards.Any(pattern => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(pattern, image, ignoreCase: false));

        foreach (var image in new[] { "", ":1.4.0", "@sha256:abc", ":1.4.0@sha256:abc" })
            Kyverno(exact.Name + image).ShouldBeTrue();
        foreach (var image in new[] { "registry.example.com/team/hello-api-2:1", "registry.example.com/team/hello-api/x:1", "x/registry.example.com/team/hello-api:1" })
            Kyverno(image).ShouldBeFalse(image);
        PolicyControllerPolicy.Glob(new ImagePattern("docker.io/contoso/hello", IsPrefix: false)).ShouldBe("index.docker.io/contoso/hello*");
        PolicyControllerPolicy.Glob(new ImagePattern("registry.example.com/team", IsPrefix: true)).ShouldBe("registry.example.com/team/**");
        ImagePattern.OursAround(new ImageReference("ghcr.io", "contoso/hello")).ToString().ShouldBe("ghcr.io/contoso/*");
        ImagePattern.OursAround(new ImageReference("registry.example.com", "contoso/hello")).ToString().ShouldBe("registry.example.com/*");
    }

    [Theory]
    [InlineData("true", "'true'")]
    [InlineData("1.4", "'1.4'")]
    [InlineData("a: b # c", "'a: b # c'")]
    [InlineData("it's \"x\"", "'it''s \"x\"'")]
    [InlineData("has 'quotes'", "\"has 'quotes'\"")]
    [InlineData("^https://a\\.b$", "'^https://a\\.b$'")]
    [InlineData("line\u2028kind: Evil", "\"line\\u2028kind: Evil\"")]
    [InlineData("plain/name-1.x", "plain/name-1.x")]
    [InlineData("*", "'*'")]
    [InlineData("", "''")]
    public async Task What_comes_from_outside_stays_one_string_of_YAML(string text, string written)
    {
        using var folder = new TestFolder();
        var yaml = YamlText.Write(["header\nkind: Evil"], [new JsonObject { ["a"] = text, ["b"] = YamlText.List([text, text + "\nx"]), ["c"] = new JsonArray(new JsonObject { [text] = text }) }]);
        File.WriteAllText(folder.File("a.yaml"), yaml);

        yaml.ShouldStartWith("# header kind: Evil\na: " + written + "\n");
        var read = (await PolicyEngines.ReadAsync(folder.File("a.yaml"), Token)).ShouldHaveSingleItem();
        ((string)read["a"]!).ShouldBe(text);
        ((string)read["b"]![1]!).ShouldBe(text + "\nx");
        ((string)read["c"]![0]![text]!).ShouldBe(text);
    }

    internal static JsonObject Pod(string image, string? init = null, string? debug = null)
    {
        var spec = new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["name"] = "app", ["image"] = image }) };
        if (init is not null)
            spec["initContainers"] = new JsonArray(new JsonObject { ["name"] = "init", ["image"] = init });
        if (debug is not null)
            spec["ephemeralContainers"] = new JsonArray(new JsonObject { ["name"] = "debug", ["image"] = debug });
        return new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Pod", ["metadata"] = new JsonObject { ["name"] = "hello" }, ["spec"] = spec };
    }

    private static JsonObject Review(JsonObject constraint, JsonObject pod) => new()
    {
        ["review"] = new JsonObject { ["object"] = pod },
        ["parameters"] = constraint["spec"]!["parameters"]!.DeepClone(),
    };

    private static PolicyRequest Request(string name)
    {
        var settings = PolicySettings.Read(name == "key-legacy-audit"
            ? PolicyFixture.Settings(("SupplyChainPolicyMode", "audit"), ("SupplyChainPolicyNamespaces", "team-a;team-b"), ("SupplyChainPolicyImages", "ghcr.io/contoso/*"), ("SupplyChainVerificationThreshold", "High"), ("SupplyChainIgnoreUnfixed", "true"), ("SupplyChainVerificationBuilder", "https://github.com/actions/*"))
            : PolicyFixture.Settings(("SupplyChainPolicyExcludedNamespaces", "kube-system;kyverno")));
        var repository = name == "key-legacy-audit" ? new ImageReference("ghcr.io", "contoso/hello-api") : new ImageReference("registry.example.com", "team/hello-api");
        return settings.For(repository, name switch
        {
            "key-bundle" => new SignedImage(Key, Types, Bundles: true, Legacy: false),
            "key-legacy-audit" => new SignedImage(Key, Types, Bundles: false, Legacy: true),
            "keyless-both" => new SignedImage(Keyless, Types, Bundles: true, Legacy: true),
            "unlogged" => new SignedImage(Keyless with { Logged = false }, Types, Bundles: true, Legacy: true),
            _ => new SignedImage(Keyless with { Root = Root, RekorUrl = "https://rekor.contoso.com", FulcioUrl = "https://fulcio.contoso.com" }, Types, Bundles: true, Legacy: false),
        });
    }
}
