using System.Text;
using SupplyChain.Core.Images;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Provenance;

namespace SupplyChain.Core.Tests.Provenance;

public sealed class SlsaProvenanceSpecs
{
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 8, 0, 0, TimeSpan.FromHours(1));

    [Fact]
    public void It_says_what_was_built_from_what_by_whom_and_when()
    {
        var input = Input() with
        {
            Source = new SourceRevision(new string('a', 40), Dirty: true, "/home/ada/src/hello") { Repository = "https://example.com/ada/hello", Reference = "refs/heads/main" },
            BaseImages = [new BaseImage("mcr.microsoft.com/dotnet/aspnet:10.0", Digest.Of("base"u8))],
            Packages = [new NuGetPackage("Newtonsoft.Json", "13.0.3", true, []) { Sha512 = "ab12" }],
            Tools = [new BuildTool(".NET SDK", "pkg:generic/dotnet-sdk", "10.0.401")],
        };

        Encoding.UTF8.GetString(SlsaProvenance.Write(input).Span).ShouldBe($$"""
            {
              "buildDefinition": {
                "buildType": "https://github.com/SupplyChain-Build/SupplyChain.Build/blob/main/docs/buildtypes/publish-container/v1.md",
                "externalParameters": {
                  "project": "src/Hello/Hello.csproj",
                  "properties": {
                    "Configuration": "Release",
                    "ContainerRepository": "team/hello"
                  }
                },
                "resolvedDependencies": [
                  {
                    "uri": "git+https://example.com/ada/hello@refs/heads/main",
                    "name": "source",
                    "digest": {
                      "gitCommit": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                    },
                    "annotations": {
                      "dirty": true
                    }
                  },
                  {
                    "uri": "pkg:oci/aspnet@{{Uri.EscapeDataString(Digest.Of("base"u8).ToString())}}?repository_url=mcr.microsoft.com%2Fdotnet%2Faspnet&tag=10.0",
                    "name": "base image",
                    "digest": {
                      "sha256": "{{Digest.Of("base"u8).Hex}}"
                    }
                  },
                  {
                    "uri": "pkg:nuget/Newtonsoft.Json@13.0.3",
                    "digest": {
                      "sha512": "ab12"
                    }
                  },
                  {
                    "uri": "pkg:generic/dotnet-sdk@10.0.401",
                    "name": ".NET SDK"
                  }
                ]
              },
              "runDetails": {
                "builder": {
                  "id": "{{CiBuild.LocalBuilder}}",
                  "version": {
                    "SupplyChain.Build": "1.2.3"
                  }
                },
                "metadata": {
                  "startedOn": "2026-11-23T07:00:00Z",
                  "finishedOn": "2026-11-23T07:00:05Z"
                }
              }
            }
            """.ReplaceLineEndings("\n"));
    }

    /// <summary>A published document: nothing of the build machine.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("/home/ada/elsewhere")]
    public void No_path_of_this_machine_is_in_it(string? root)
    {
        var text = Encoding.UTF8.GetString(SlsaProvenance.Write(Input() with { Source = root is null ? null : new SourceRevision(new string('a', 40), false, root) }).Span);

        text.ShouldNotContain("/home");
        text.ShouldContain("\"project\": \"Hello.csproj\"");
    }

    [Theory]
    [InlineData("https://github.com/contoso/hello.git", "https://github.com/contoso/hello.git")]
    [InlineData("https://ada:secret@github.com/contoso/hello?token=secret#x", "https://github.com/contoso/hello")]
    [InlineData("git@github.com:contoso/hello.git", "ssh://github.com/contoso/hello.git")]
    [InlineData("ssh://git@host.example.com:2222/a/b", "ssh://host.example.com:2222/a/b")]
    [InlineData("/home/ada/hello", null)]
    [InlineData("file:///home/ada/hello", null)]
    [InlineData("C:\\Users\\ada\\hello", null)]
    [InlineData("../hello", null)]
    [InlineData("", null)]
    [InlineData("https://", null)]
    public void Addresses_of_sources_hold_no_user_no_secret_and_no_folder(string remote, string? expected) =>
        SourceRevision.PublicAddress(remote).ShouldBe(expected);

    [Fact]
    public void Runs_of_CI_systems_are_named_by_their_addresses()
    {
        Read(("GITHUB_ACTIONS", "true"), ("GITHUB_REPOSITORY", "contoso/hello"), ("GITHUB_RUN_ID", "7"), ("RUNNER_ENVIRONMENT", "github-hosted"))
            .ShouldBe(new CiBuild("https://github.com/actions/runner/github-hosted", "https://github.com/contoso/hello/actions/runs/7/attempts/1", "https://github.com/contoso/hello"));
        Read(("GITLAB_CI", "true"), ("CI_PROJECT_URL", "https://gitlab.com/g/p"), ("CI_RUNNER_ID", "12"), ("CI_JOB_URL", "https://gitlab.com/g/p/-/jobs/1"))
            .ShouldBe(new CiBuild("https://gitlab.com/g/p/-/runners/12", "https://gitlab.com/g/p/-/jobs/1", "https://gitlab.com/g/p"));
        Read(("TF_BUILD", "True"), ("SYSTEM_COLLECTIONURI", "https://dev.azure.com/contoso/"), ("SYSTEM_TEAMPROJECT", "My Shop"), ("BUILD_BUILDID", "5"), ("BUILD_REPOSITORY_URI", "https://contoso@dev.azure.com/x"), ("AGENT_ISSELFHOSTED", "0"))
            .ShouldBe(new CiBuild("https://dev.azure.com/contoso/My%20Shop/_build#microsoft-hosted", "https://dev.azure.com/contoso/My%20Shop/_build/results?buildId=5", "https://contoso@dev.azure.com/x"));
        Read().ShouldBe(new CiBuild(CiBuild.LocalBuilder, null, null));
    }

    [Theory]
    [InlineData("""{"config":{"Labels":{"org.opencontainers.image.base.name":"r.example.com/base:1","org.opencontainers.image.base.digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000"}}}""", true)]
    [InlineData("""{"config":{"Labels":{"org.opencontainers.image.base.name":"r.example.com/base:1"}}}""", false)]
    [InlineData("""{"config":{"Labels":{"org.opencontainers.image.base.name":"<script>","org.opencontainers.image.base.digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000"}}}""", false)]
    [InlineData("""{"config":{"Labels":[]}}""", false)]
    [InlineData("{}", false)]
    public void The_base_image_is_read_from_the_labels(string config, bool known) =>
        (Core.Provenance.BaseImages.Of(Core.Images.ImageFacts.Read(Encoding.UTF8.GetBytes(config))) is not null).ShouldBe(known);

    [Fact]
    public void Choices_are_published_and_keys_paths_and_addresses_are_not()
    {
        var values = new Dictionary<string, string>
        {
            ["Configuration"] = "Release",
            ["ContainerRepository"] = "team/hello",
            ["ProjectAssetsFile"] = "/home/ada/obj/project.assets.json",
            ["SupplyChainScan"] = "true",
            ["SupplyChainAttestations"] = "Sbom;Provenance",
            ["SupplyChainSigningKey"] = "cosign.key",
            ["SupplyChainTrivyPath"] = "trivy",
            ["SupplyChainRekorUrl"] = "https://rekor.example.com",
            ["SupplyChainMutableTags"] = "ci@home",
        };

        Core.Publishing.BuildParameters.Read(new Core.Publishing.Settings(values, "/home/ada/app.csproj")).Keys.Order(StringComparer.Ordinal)
            .ShouldBe(["Configuration", "ContainerRepository", "SupplyChainAttestations", "SupplyChainScan"]);
    }

    private static CiBuild Read(params (string Name, string Value)[] variables) => CiBuild.Read(name => variables.FirstOrDefault(variable => variable.Name == name).Value);

    private static ProvenanceInput Input() => new(
        "/home/ada/src/hello/src/Hello/Hello.csproj",
        new Dictionary<string, string> { ["ContainerRepository"] = "team/hello", ["Configuration"] = "Release" },
        CiBuild.Read(_ => null))
    {
        Version = "1.2.3",
        StartedAt = Start,
        FinishedAt = Start.AddSeconds(5),
    };
}
