using System.Text.Json;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Gating;

public sealed class VexSpecs : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("""{"@id":"pkg:nuget/Newtonsoft.Json@12.0.3"}""", true)]
    [InlineData("""{"@id":"pkg:nuget/newtonsoft.json"}""", true)]
    [InlineData("""{"@id":"x","identifiers":{"purl":"pkg:nuget/Newtonsoft.Json"}}""", true)]
    [InlineData("""{"@id":"pkg:oci/hello"}""", true)]
    [InlineData("""{"@id":"pkg:oci/hello","subcomponents":[{"@id":"pkg:nuget/Newtonsoft.Json@12.0.3"}]}""", true)]
    [InlineData("""{"@id":"pkg:oci/hello","subcomponents":[{"@id":"pkg:nuget/Serilog"}]}""", false)]
    [InlineData("""{"@id":"pkg:oci/hello@sha256:00"}""", false)]
    [InlineData("""{"@id":"pkg:oci/other"}""", false)]
    [InlineData("""{"@id":"pkg:nuget/Newtonsoft.Json@13.0.1"}""", false)]
    [InlineData("""{"@id":"pkg:nuget/Serilog","subcomponents":[{"@id":"pkg:nuget/Newtonsoft.Json"}]}""", false)]
    public void OpenVEX_counts_for_the_product_it_names(string product, bool covers)
    {
        var verdict = Evaluate(OpenVex(product));
        verdict.Findings[0].Decision.ShouldBe(covers ? Decision.NotAffected : Decision.Blocks);
        if (covers)
            verdict.Findings[0].Because.ShouldBe("vulnerable code not in execute path: never called (vex.json)");
    }

    [Fact]
    public void The_newest_statement_counts()
    {
        var older = """{"vulnerability":{"name":"GHSA-5crp-9r3c-p9vr"},"products":[{"@id":"pkg:nuget/Newtonsoft.Json"}],"status":"not_affected","impact_statement":"x","timestamp":"2026-01-01T00:00:00Z"}""";
        var newer = """{"vulnerability":{"name":"CVE-2024-21907"},"products":[{"@id":"pkg:nuget/Newtonsoft.Json"}],"status":"under_investigation","timestamp":"2026-02-01T00:00:00Z"}""";
        Evaluate(Document(older)).Passed.ShouldBeTrue();
        Evaluate(Document($"{newer},{older}")).Passed.ShouldBeFalse();
        Evaluate(Document($"{older},{newer}")).Passed.ShouldBeFalse();
    }

    [Fact]
    public void The_first_version_of_OpenVEX_with_texts_in_place_of_objects_is_read() =>
        Evaluate("""{"@context":"https://openvex.dev/ns","statements":[{"vulnerability":"CVE-2024-21907","products":["pkg:nuget/Newtonsoft.Json"],"status":"fixed"}]}""").Passed.ShouldBeTrue();

    [Theory]
    [InlineData("not_affected", true)]
    [InlineData("false_positive", true)]
    [InlineData("resolved", true)]
    [InlineData("exploitable", false)]
    [InlineData("in_triage", false)]
    public void CycloneDX_VEX_is_read(string state, bool passes) => Evaluate($$"""
        {"bomFormat":"CycloneDX","specVersion":"1.6",
         "components":[{"type":"library","name":"Newtonsoft.Json","bom-ref":"json","purl":"pkg:nuget/Newtonsoft.Json@12.0.3"}],
         "vulnerabilities":[{"id":"CVE-2024-21907","analysis":{"state":"{{state}}","detail":"x"},"affects":[{"ref":"json"}]}]}
        """).Passed.ShouldBe(passes);

    [Theory]
    [InlineData("{", "vex.json")]
    [InlineData("{}", "neither OpenVEX")]
    [InlineData("""{"@context":"https://openvex.dev/ns/v0.2.0","statements":[{"vulnerability":{"name":"CVE-1"},"products":[],"status":"fixed"}]}""", "statement 1 names no product")]
    [InlineData("""{"@context":"https://openvex.dev/ns/v0.2.0","statements":[{"products":[{"@id":"pkg:nuget/a"}],"status":"fixed"}]}""", "cannot be used")]
    [InlineData("""{"@context":"https://openvex.dev/ns/v0.2.0","statements":[{"vulnerability":{"name":"CVE-1"},"products":[{"@id":"pkg:nuget/a"}],"status":"harmless"}]}""", "'harmless'; valid: not_affected")]
    [InlineData("""{"@context":"https://openvex.dev/ns/v0.2.0","statements":[{"vulnerability":{"name":"CVE-1"},"products":[{"@id":"pkg:nuget/a"}],"status":"not_affected"}]}""", "not why")]
    [InlineData("""{"bomFormat":"CycloneDX","vulnerabilities":[{"id":"CVE-1","analysis":{"state":"maybe"},"affects":[{"ref":"a"}]}]}""", "'maybe'")]
    [InlineData("""{"bomFormat":"CycloneDX","vulnerabilities":[{"id":"CVE-1","analysis":{"state":"resolved"}}]}""", "affects nothing")]
    public void A_document_that_is_not_understood_is_an_error(string text, string message)
    {
        var diagnostic = Should.Throw<DiagnosticException>(() => Evaluate(text)).Diagnostic;
        diagnostic.Code.ShouldBe(DiagnosticCodes.VexUnusable);
        diagnostic.Message.ShouldContain(message);
    }

    [Fact]
    public void A_missing_document_is_an_error() =>
        Should.Throw<DiagnosticException>(() => VexReader.Read(_folder.File("missing.json"))).Diagnostic.Code.ShouldBe(DiagnosticCodes.VexUnusable);

    [Fact]
    public void Waivers_are_written_as_OpenVEX_that_claims_nothing_and_can_be_read_again()
    {
        var waiver = new Waiver("CVE-2023-45853", WaiverOrigin.Item, new DateOnly(2027, 1, 31), "not reachable", "team-a");
        var verdict = Samples.Evaluate(new GateContext { Waivers = [waiver], Vex = Read(OpenVex("""{"@id":"pkg:nuget/Newtonsoft.Json"}""")) }, Samples.Json, Samples.Zlib);
        verdict.Passed.ShouldBeTrue();
        var bytes = VexWriter.Write(verdict, new ImageReference("registry.example.com", "shop/hello"), Samples.Now, "1.0.0");
        bytes.ShouldBe(VexWriter.Write(verdict, new ImageReference(null, "shop/hello"), Samples.Now, "1.0.0"));
        using var document = JsonDocument.Parse(bytes);
        var statements = document.RootElement.GetProperty("statements");
        statements[0].GetProperty("status").GetString().ShouldBe("not_affected");
        statements[1].GetProperty("status").GetString().ShouldBe("affected");
        statements[1].GetProperty("action_statement").GetString().ShouldBe("not reachable (team-a, expires 2027-01-31)");
        var again = Read(System.Text.Encoding.UTF8.GetString(bytes));
        again[1].Covers(Samples.Zlib, Samples.Image, "shop/hello").ShouldBeTrue();
        again[1].Covers(Samples.Zlib, Digest.Of("another"u8), "shop/hello").ShouldBeFalse();
    }

    private static string OpenVex(string product) => Document(
        $$"""{"vulnerability":{"name":"CVE-2024-21907"},"products":[{{product}}],"status":"not_affected","justification":"vulnerable_code_not_in_execute_path","impact_statement":"never called"}""");

    private static string Document(string statements) => $$"""{"@context":"https://openvex.dev/ns/v0.2.0","@id":"https://example.org/1","author":"a","timestamp":"2026-01-01T00:00:00Z","version":1,"statements":[{{statements}}]}""";

    private GateVerdict Evaluate(string document) => Samples.Evaluate(new GateContext { Vex = Read(document) }, Samples.Json);

    private IReadOnlyList<VexStatement> Read(string document)
    {
        File.WriteAllText(_folder.File("vex.json"), document);
        return VexReader.Read(_folder.File("vex.json"));
    }
}
