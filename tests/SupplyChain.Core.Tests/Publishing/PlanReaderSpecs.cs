using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Tests.Signing;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Publishing;

/// <summary>What is wrong with a setting is said before anything is built.</summary>
public sealed class PlanReaderSpecs : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly Dictionary<string, string> _values = new()
    {
        ["ContainerRepository"] = "team/hello",
        ["ContainerImageTags"] = "1.0.0;latest",
        ["AssemblyName"] = "Hello",
        ["Version"] = "1.0.0",
        ["TargetFramework"] = "net10.0",
        ["ProjectAssetsFile"] = "obj/project.assets.json",
        ["OutputDirectory"] = "bin/supply-chain",
        ["SupplyChainSeverityThreshold"] = "Critical",
        ["SupplyChainScan"] = "false",
    };

    [Fact]
    public void With_no_registry_the_image_goes_unsigned_into_a_folder()
    {
        var plan = Read();

        (plan.ToLayout, plan.Publish, plan.Sign, plan.Verify, plan.Sbom).ShouldBe((true, true, false, true, true));
        plan.LayoutDirectory.ShouldBe(_folder.File("bin/supply-chain/image"));
        plan.Tags.ShouldBe(["1.0.0", "latest"]);
    }

    [Theory]
    [InlineData("SupplyChainEnabled", "ture")]
    [InlineData("SupplyChainScan", "1")]
    [InlineData("SupplyChainPush", "yes")]
    [InlineData("SupplyChainEmbedSbom", "on")]
    [InlineData("SupplyChainSbomFormats", "SWID")]
    [InlineData("SupplyChainCycloneDxVersion", "1.5")]
    [InlineData("SupplyChainLayers", "Dependencies")]
    [InlineData("SupplyChainLayers", "Application;Packages")]
    [InlineData("SupplyChainSign", "2")]
    [InlineData("SupplyChainLoadImage", "always")]
    [InlineData("SupplyChainParallelUploads", "0")]
    [InlineData("SupplyChainParallelUploads", "65")]
    [InlineData("SupplyChainPushTimeLimitMinutes", "0")]
    [InlineData("SupplyChainSeverityThreshold", "Severe")]
    [InlineData("SupplyChainSeverityThreshold", "")]
    public void A_value_that_is_not_valid_is_refused_with_the_valid_ones(string name, string value)
    {
        _values[name] = value;

        var message = Refuse(DiagnosticCodes.UnknownValue);

        message.ShouldContain($"{name} is '{value}'");
        message.ShouldContain("Valid values: ");
    }

    [Fact]
    public void The_formats_of_the_bill_of_materials_are_what_is_attested()
    {
        _values["SupplyChainAttestations"] = "Sbom";
        Read().Attestations.ShouldBe([PredicateTypes.CycloneDx, PredicateTypes.Spdx]);
        (_values["SupplyChainSbomFormats"], _values["SupplyChainCycloneDxVersion"]) = ("spdx", "1.7");
        Read().Attestations.ShouldBe([PredicateTypes.Spdx]);
        Read().CycloneDxVersion.ShouldBe(Core.Sboms.CycloneDxVersion.V1_7);
        _values["SupplyChainSbom"] = "false";
        (Read().Attestations.Count, Read().SbomFormats.Count, Read().EmbedSbom).ShouldBe((0, 0, false));
    }

    [Theory]
    [InlineData("ContainerRegistry", "https://registry.example.com")]
    [InlineData("ContainerRepository", "Team/Hello")]
    [InlineData("ContainerRepository", "hello\nsupply-chain-digest=sha256:0")]
    public void Names_that_are_none_are_refused_for_a_folder_too(string name, string value)
    {
        _values[name] = value;
        Refuse(DiagnosticCodes.RegistryNameUnusable);
    }

    [Fact]
    public void A_name_that_cosign_cannot_verify_is_refused_where_it_is_signed()
    {
        _values["ContainerRepository"] = "x";
        Read();
        (_values["ContainerRegistry"], _values["SupplyChainSign"]) = ("registry.example.com", "false");
        Read();
        _values.Remove("SupplyChainSign");
        Refuse(DiagnosticCodes.RegistryNameUnusable).ShouldContain("one character long");
    }

    [Fact]
    public void A_tag_that_is_none_is_refused()
    {
        _values["ContainerImageTags"] = "1.0.0;one two";
        Refuse(DiagnosticCodes.TagUnusable);
    }

    [Fact]
    public void A_Windows_image_is_refused()
    {
        _values["RuntimeIdentifiers"] = "linux-x64;win-x64";
        Refuse(DiagnosticCodes.WindowsContainer).ShouldContain("win-x64");
    }

    /// <summary>The plan is a file in obj/, signed or not.</summary>
    [Theory]
    [InlineData("SupplyChainSigningKey")]
    [InlineData("SupplyChainVerificationKey")]
    public void The_text_of_a_key_never_gets_into_the_plan(string property)
    {
        _values[property] = "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nc2VjcmV0\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----";
        Refuse(DiagnosticCodes.KeyTextInProperty).ShouldNotContain("c2VjcmV0");
    }

    [Fact]
    public void A_verification_key_that_is_not_there_is_missed_before_the_build()
    {
        File.WriteAllText(_folder.File("cosign.key"), "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----");
        _values["ContainerRegistry"] = "registry.example.com";
        _values["SupplyChainSigningKey"] = "cosign.key";
        _values["SupplyChainVerificationKey"] = "none.pub";
        Refuse(DiagnosticCodes.KeyUnusable).ShouldContain("none.pub");
    }

    [Fact]
    public void Nothing_to_sign_with_is_said_before_the_build()
    {
        _values["ContainerRegistry"] = "registry.example.com";
        Refuse(DiagnosticCodes.NothingToSignWith);
    }

    [Fact]
    public void Hosts_that_may_get_credentials_come_from_the_project()
    {
        _values["SupplyChainTrustedAuthenticationHost"] = "auth.example.com;login.example.com";
        Read().TrustedAuthenticationHosts.ShouldBe(["auth.example.com", "login.example.com"]);
    }

    [Theory]
    [InlineData("latest", "registry.example.com", true)]
    [InlineData("1.0.0;latest", "registry.example.com", false)]
    [InlineData("1.0.0", "registry.example.com", false)]
    [InlineData("latest", "", false)]
    public void Latest_as_the_only_tag_of_a_registry_is_a_warning_that_says_how_to_version(string tags, string registry, bool warns)
    {
        (_values["ContainerImageTags"], _values["ContainerRegistry"], _values["SupplyChainSign"], _values["Version"]) = (tags, registry, "false", "2.1.0");
        var advice = Read().TagAdvice;
        (advice is not null).ShouldBe(warns);
        if (!warns)
            return;
        advice!.Code.ShouldBe(DiagnosticCodes.OnlyLatest);
        advice.Severity.ShouldBe(DiagnosticSeverity.Warning);
        advice.Message.ShouldContain("-p:ContainerImageTag=2.1.0");
    }

    [Fact]
    public void A_base_image_from_a_mirror_is_published_under_the_name_that_everybody_knows()
    {
        (_values["BaseImageName"], _values["ContainerBaseRegistry"], _values["ContainerBaseName"], _values["ContainerBaseTag"]) = ("mcr.microsoft.com/dotnet/aspnet:10.0", "mirror.corp.example", "mcr/dotnet/aspnet", "10.0");
        _values["ContainerBaseImage"] = "mirror.corp.example/mcr/dotnet/aspnet:10.0";
        var plan = Read();
        plan.BaseImage.ShouldBe("mcr.microsoft.com/dotnet/aspnet:10.0");
        plan.Parameters["ContainerBaseRegistry"].ShouldBe("mcr.microsoft.com");
        plan.Parameters.Values.ShouldNotContain(value => value.Contains("corp.example"));
        (_values["ContainerRegistry"], _values["SupplyChainSign"]) = ("mirror.corp.example", "false");
        Read().BaseRepository.ShouldBe("mcr/dotnet/aspnet"); // its layers are mounted from where they are
    }

    [Fact]
    public void Uploads_and_tools_follow_the_settings()
    {
        (_values["SupplyChainParallelUploads"], _values["SupplyChainPushTimeLimitMinutes"]) = ("8", "5");
        (_values["SupplyChainToolsSource"], _values["SupplyChainRegistryMirror"]) = ("oci://ghcr.io/tools", "ghcr.io|mirror.example.com/ghcr");
        var plan = Read();
        (plan.ParallelUploads, plan.PushTimeLimit).ShouldBe((8, TimeSpan.FromMinutes(5)));
        plan.Tools!.Source.ShouldBe("oci://mirror.example.com/ghcr/tools");
    }

    public void Dispose() => _folder.Dispose();

    private PublishPlan Read() => new PlanReader(new FakeMachine()).Read(new Settings(_values, _folder.File("Hello.csproj")));

    private string Refuse(DiagnosticCode code)
    {
        var error = Should.Throw<DiagnosticException>(() => Read());
        error.Diagnostic.Code.ShouldBe(code, error.Message);
        return error.Message;
    }
}
