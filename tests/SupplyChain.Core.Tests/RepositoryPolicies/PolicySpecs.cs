using System.Text.Json.Nodes;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.RepositoryPolicies;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;
using SupplyChain.Core.Tests.Signing;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.RepositoryPolicies;

public sealed class PolicySpecs : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly Dictionary<string, string> _globals = [];

    public void Dispose() => _folder.Dispose();

    private string Project => _folder.File("src/Api/Api.csproj");

    [Fact]
    public void The_nearest_file_upwards_is_the_policy_and_another_can_be_named()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Project)!);
        PolicyFile.Find(null, Path.GetDirectoryName(Project)!).ShouldBeNull();
        Write("""{ "severityThreshold": "Low" }""");
        Write("""{ "severityThreshold": "High" }""", "src/supplychain.policy.json");
        PolicyFile.Find(null, Path.GetDirectoryName(Project)!)!.Policy.SeverityThreshold.ShouldBe(SeverityThreshold.High);
        PolicyFile.Find(_folder.File("supplychain.policy.json"), Path.GetDirectoryName(Project)!)!.Policy.SeverityThreshold.ShouldBe(SeverityThreshold.Low);
        Fail(() => PolicyFile.Find(_folder.File("missing.json"), "/")).Message.ShouldContain("there is no such file");
    }

    [Theory]
    [InlineData("""{ "severityThreshhold": "High" }""", 1)]
    [InlineData("{\n  \"severityThreshold\": \"Severe\"\n}", 2)]
    [InlineData("{\n  \"severityThreshold\": 1\n}", 2)]
    [InlineData("{\n\n  \"longestWaiverDays\": -1\n}", 3)]
    [InlineData("""{ "severityThreshold": "High", "severityThreshold": "Low" }""", 1)]
    [InlineData("""{ "requiredSteps": ["Scann"] }""", 1)]
    [InlineData("""{ "allowedRegistries": [] }""", 1)]
    [InlineData("""{ "allowedSigners": [{ "identity": "https://github.com/contoso/*" }] }""", 1)]
    [InlineData("""{ "allowedSigners": [{ "key": "SHA256:x", "identity": "a", "issuer": "b" }] }""", 1)]
    [InlineData("{", 1)]
    [InlineData("null", 0)]
    [InlineData("[]", 1)]
    public void A_policy_with_a_mistake_is_an_error_at_its_line(string text, int line)
    {
        Write(text);
        var diagnostic = Fail(() => PolicyFile.Find(null, _folder.Path));
        diagnostic.File.ShouldBe(_folder.File("supplychain.policy.json"));
        diagnostic.Line.ShouldBe(line);
    }

    [Theory]
    [InlineData("\"severityThreshold\": \"High\"", "SupplyChainSeverityThreshold", "Critical", "High or stricter")]
    [InlineData("\"severityThreshold\": \"Critical\"", "SupplyChainSeverityThreshold", "None", "Critical or stricter")]
    [InlineData("\"ignoreUnfixed\": false", "SupplyChainIgnoreUnfixed", "True", "false")]
    [InlineData("\"allowEndOfLifeBaseImage\": false", "SupplyChainAllowEndOfLifeBaseImage", "true", "false")]
    [InlineData("\"fixGracePeriodDays\": 14", "SupplyChainFixGracePeriodDays", "15", "14 or less")]
    [InlineData("\"maximumDatabaseAgeDays\": 3", "SupplyChainMaximumDatabaseAgeDays", "7", "3 or less")]
    [InlineData("\"requiredSteps\": [\"Scan\"]", "SupplyChainScan", "false", "true")]
    [InlineData("\"requiredSteps\": [\"Secrets\"]", "SupplyChainScanSecrets", "False", "true")]
    [InlineData("\"requiredSteps\": [\"Sbom\"]", "SupplyChainSbom", "false", "true")]
    [InlineData("\"requiredSteps\": [\"Sign\"]", "SupplyChainSign", "false", "Auto or True")]
    [InlineData("\"requiredSteps\": [\"Verify\"]", "SupplyChainVerify", "false", "true")]
    [InlineData("\"requiredSteps\": [\"ImmutableTags\"]", "SupplyChainImmutableTags", "false", "true")]
    [InlineData("\"requiredAttestations\": [\"Sbom\", \"Vex\"]", "SupplyChainAttestations", "Sbom;Provenance", "Sbom;Vex at least")]
    public void A_project_that_loosens_a_rule_gets_an_error_that_names_both_places(string rule, string property, string value, string demand)
    {
        var file = Write($"{{\n  {rule}\n}}");
        WriteText("src/Api/Api.csproj", $"<Project>\n  <PropertyGroup>\n    <{property}>{value}</{property}>\n  </PropertyGroup>\n</Project>");
        var violation = Check().Apply(Settings((property, value))).Violations.ShouldHaveSingleItem();
        violation.Code.ShouldBe(DiagnosticCodes.PolicyLoosened);
        violation.Message.ShouldStartWith($"{property} is {value} ({Project}(3)), and the repository's policy demands {demand} ({file}(2)).");
        (violation.File, violation.Line).ShouldBe((Project, 3));

        _globals[property] = value;
        Check().Apply(Settings((property, value))).Violations.ShouldHaveSingleItem().Message.ShouldContain($"{property} is {value} (command line)");
    }

    [Fact]
    public void A_stricter_project_is_left_alone_and_what_a_project_does_not_say_the_policy_says()
    {
        Write("""{ "severityThreshold": "High", "maximumDatabaseAgeDays": 3, "ignoreUnfixed": true, "requiredSteps": ["Sign"], "requiredAttestations": ["Vex"] }""");
        WriteText("src/Api/Api.csproj", "<Project><PropertyGroup><SupplyChainSeverityThreshold>Low</SupplyChainSeverityThreshold></PropertyGroup></Project>");
        // The defaults of the package stand in the settings too.
        var (settings, violations) = Check().Apply(Settings(
            ("SupplyChainSeverityThreshold", "Low"), ("SupplyChainMaximumDatabaseAgeDays", "7"), ("SupplyChainIgnoreUnfixed", "false"), ("SupplyChainSign", "auto"), ("SupplyChainAttestations", "Sbom;Provenance")));
        violations.ShouldBeEmpty();
        settings.Text("SupplyChainSeverityThreshold").ShouldBe("Low");
        settings.Text("SupplyChainMaximumDatabaseAgeDays").ShouldBe("3");
        settings.Text("SupplyChainIgnoreUnfixed").ShouldBe("true");
        settings.Text("SupplyChainAttestations").ShouldBe("Sbom;Provenance;Vex");
    }

    [Fact]
    public void Waivers_base_images_destinations_and_signers_are_held_against_it()
    {
        Write("""
            {
              "longestWaiverDays": 30,
              "allowedBaseImages": ["mcr.microsoft.com/dotnet/*"],
              "allowedRegistries": ["registry.example.com/shop/*"],
              "allowedSigners": [{ "key": "awskms:///alias/release" }, { "identity": "https://github.com/contoso/*", "issuer": "https://token.actions.githubusercontent.com" }]
            }
            """);
        var check = Check();
        var now = new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
        var waiver = new Waiver("CVE-1", WaiverOrigin.Item, new DateOnly(2026, 12, 23)) { File = "/a.csproj", Line = 4 };
        check.CheckWaivers([waiver], now).ShouldBeEmpty();
        var late = check.CheckWaivers([waiver with { Expires = new DateOnly(2026, 12, 24) }, waiver with { Expires = null }], now).ToList();
        late.Count.ShouldBe(2);
        late[0].ToString().ShouldContain("SCB0120: the waiver for CVE-1 lasts until 2026-12-24, and the repository's policy lets one last 30 days, today until 2026-12-23");
        (late[0].File, late[0].Line).ShouldBe(("/a.csproj", 4));
        late[1].Message.ShouldContain("never ends");

        var machine = new FakeMachine();
        var plan = Plan();
        check.CheckPublish(plan, machine).ShouldBeEmpty();
        check.CheckPublish(plan with { Signing = new SigningSettings("/src") { CertificateIdentity = "https://github.com/contoso/api/.github/workflows/r.yml@refs/heads/main", CertificateOidcIssuer = "https://token.actions.githubusercontent.com" } }, machine).ShouldBeEmpty();
        foreach (var (other, member) in new (PublishPlan, string)[]
        {
            (plan with { BaseImage = "docker.io/library/debian:12" }, "the base image is docker.io/library/debian:12"),
            (plan with { BaseImage = "mcr.microsoft.com.evil.example/dotnet/aspnet:10.0" }, "the base image is"),
            (plan with { Repository = new ImageReference("registry.example.com", "other/api") }, "the image goes to registry.example.com/other/api"),
            (plan with { Signing = new SigningSettings("/src") { Key = "cosign.key" } }, "key cosign.key would sign"),
            (plan with { Signing = new SigningSettings("/src") { Key = "awskms:///alias/release2" } }, "would sign"),
            (plan with { Signing = new SigningSettings("/src") { CertificateIdentity = "https://github.com/contoso/x", CertificateOidcIssuer = "https://evil.example" } }, "would sign"),
            (plan with { Signing = new SigningSettings("/src") }, "an identity that is not known before it signs would sign"),
        })
        {
            var violation = check.CheckPublish(other, machine).ShouldHaveSingleItem();
            violation.Code.ShouldBe(DiagnosticCodes.PolicyLoosened);
            violation.Message.ShouldContain(member);
        }
    }

    [Theory]
    [InlineData("a*", "abc", true)]
    [InlineData("*c", "abc", true)]
    [InlineData("a*b*c", "aXbYc", true)]
    [InlineData("a*b*c", "aXc", false)]
    [InlineData("ab*ba", "aba", false)]
    [InlineData("abc", "abcd", false)]
    [InlineData("*", "", true)]
    public void A_star_stands_for_any_text(string pattern, string text, bool matches) => PolicyCheck.Matches(pattern, text).ShouldBe(matches);

    [Fact]
    public void The_explanation_names_every_value_its_place_and_what_the_policy_demands()
    {
        Write("{\n  \"severityThreshold\": \"High\",\n  \"fixGracePeriodDays\": 0,\n  \"allowedRegistries\": [\"registry.example.com\"]\n}");
        WriteText("src/Api/Api.csproj", "<Project>\n<PropertyGroup>\n<SupplyChainSeverityThreshold>Low</SupplyChainSeverityThreshold></PropertyGroup></Project>");
        WriteText("src/Directory.Build.props", "<Project><PropertyGroup>\n\n<SupplyChainMutableTags>edge</SupplyChainMutableTags></PropertyGroup></Project>");
        _globals["SupplyChainSign"] = "true";
        var project = Settings(("SupplyChainSeverityThreshold", "Low"), ("SupplyChainMutableTags", "edge"), ("SupplyChainSign", "true"), ("SupplyChainVerify", "true"), ("SupplyChainFixGracePeriodDays", "7"), ("NotOurs", "x"));
        var policy = PolicyFile.Find(null, Path.GetDirectoryName(Project)!)!;
        var lines = SettingsExplanation.Lines(Check().Apply(project).Settings, project, policy, Places(), Path.GetDirectoryName(Project)!);
        lines.ShouldContain(line => Columns(line) == $"SupplyChainSeverityThreshold|Low|Api.csproj(3)|policy: High or stricter ({Path.Combine("..", "..", "supplychain.policy.json")}(2))");
        lines.ShouldContain(line => Columns(line) == $"SupplyChainMutableTags|edge|{Path.Combine("..", "Directory.Build.props")}(3)");
        lines.ShouldContain(line => Columns(line) == "SupplyChainSign|true|command line");
        lines.ShouldContain(line => Columns(line) == "SupplyChainVerify|true|default");
        lines.ShouldContain(line => Columns(line).StartsWith($"SupplyChainFixGracePeriodDays|0|policy: {Path.Combine("..", "..", "supplychain.policy.json")}(3)|policy: 0 or less", StringComparison.Ordinal));
        lines.ShouldContain(line => Columns(line).StartsWith("destination|registry.example.com|policy: ", StringComparison.Ordinal));
        lines.ShouldNotContain(line => line.Contains("NotOurs", StringComparison.Ordinal));
    }

    [Fact]
    public void The_published_schema_names_the_members_that_are_read()
    {
        var schema = JsonNode.Parse(File.ReadAllText(Path.Combine(Toolchain.RepositoryRoot, "docs", "schemas", "supplychain.policy.schema.json")))!;
        schema["properties"]!.AsObject().Select(member => member.Key).Order().ShouldBe(RepositoryPolicyJson.Default.RepositoryPolicy.Properties.Select(property => property.Name).Order());
        schema["properties"]!["requiredSteps"]!["items"]!["enum"]!.AsArray().Select(value => value!.GetValue<string>()).ShouldBe(Enum.GetNames<PolicyStep>());
        // The page shows one that is valid.
        var page = File.ReadAllLines(Path.Combine(Toolchain.RepositoryRoot, "docs", "policy.md"));
        Write(string.Join('\n', page.Where(line => line.StartsWith("    ", StringComparison.Ordinal))));
        PolicyFile.Find(null, _folder.Path)!.Policy.AllowedSigners!.Count.ShouldBe(2);
    }

    private static string Columns(string line) => string.Join('|', line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    private PolicyCheck Check() => new(PolicyFile.Find(null, Path.GetDirectoryName(Project)!)!, Places());

    private SettingPlaces Places() => new(Project, _globals, null, _ => null);

    private Settings Settings(params (string Name, string Value)[] values) => new(values.ToDictionary(value => value.Name, value => value.Value), Project);

    private string Write(string text, string name = "supplychain.policy.json")
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Project)!);
        File.WriteAllText(_folder.File(name), text);
        return _folder.File(name);
    }

    private void WriteText(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder.File(name))!);
        File.WriteAllText(_folder.File(name), text);
    }

    private static Diagnostic Fail(Func<object?> read)
    {
        var diagnostic = Should.Throw<DiagnosticException>(read).Diagnostic;
        diagnostic.Code.ShouldBe(DiagnosticCodes.PolicyUnusable);
        return diagnostic;
    }

    private static PublishPlan Plan() => new()
    {
        ProjectFile = "/src/Api.csproj",
        AssemblyName = "Api",
        Version = "1.0.0",
        TargetFramework = "net10.0",
        AssetsFile = "/src/obj/project.assets.json",
        Repository = new ImageReference("registry.example.com", "shop/api"),
        Tags = [],
        OutputDirectory = "/src/bin",
        Gate = new GatePolicy(SeverityThreshold.High),
        TagPolicy = new TagPolicy(true, []),
        BaseImage = "mcr.microsoft.com/dotnet/aspnet:10.0",
        Publish = true,
        Sign = true,
        Signing = new SigningSettings("/src") { Key = "awskms:///alias/release" },
    };
}
