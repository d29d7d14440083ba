using CliWrap;
using CliWrap.Buffered;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Files;
using SupplyChain.Core.Images;
using SupplyChain.Core.Manifests;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Manifests;

/// <summary>Manifests are changed where they name the image, and nowhere else.</summary>
public sealed class PinManifestSpecs : IDisposable
{
    private const string Name = "registry.example.com/team/hello-api";
    private static readonly Digest New = Digest.Of("new"u8);
    private static readonly Digest Old = Digest.Of("old"u8);
    private static readonly DeployedImage Image = new(new ImageReference("registry.example.com", "team/hello-api"), New, "1.4.0");

    private readonly TestFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    // Kubernetes and compose
    [InlineData("image: {N}:1.3.0 # the api\n", "image: {N}@{D} # the api\n")]
    [InlineData("image:   \"{N}:1.3.0\"\n", "image:   \"{N}@{D}\"\n")]
    [InlineData("image: '{N}:1.3.0'\r\nname: x\r\n", "image: '{N}@{D}'\r\nname: x\r\n")]
    [InlineData("image: {N}\n", "image: {N}@{D}\n")]
    [InlineData("image: {N}:1.3.0@{O}\n", "image: {N}@{D}\n")]
    [InlineData("image: &api {N}:1\nother: *api\n", "image: &api {N}@{D}\nother: *api\n")]
    [InlineData("\uFEFF# über\nimage: {N}:1\n", "\uFEFF# über\nimage: {N}@{D}\n")]
    [InlineData("# 😀 é\n- {image: \"{N}:1\", x: 1}\n--- # two\nsidecarImage: {N}:2\n", "# 😀 é\n- {image: \"{N}@{D}\", x: 1}\n--- # two\nsidecarImage: {N}@{D}\n")]
    [InlineData("services:\n  api:\n    image: {N}:1\n    # image: {N}:0\n", "services:\n  api:\n    image: {N}@{D}\n    # image: {N}:0\n")]
    [InlineData("env:\n  - name: JOB_IMAGE\n    value: {N}:1.3.0\n", "env:\n  - name: JOB_IMAGE\n    value: {N}@{D}\n")]
    // kustomize
    [InlineData("images:\n  - name: {N}\n    newTag: 1.3.0 # old\n", "images:\n  - name: {N}\n    digest: \"{D}\" # old\n")]
    [InlineData("images:\n- name: hello\n  newName: {N}\n  newTag: \"1.3.0\"\n", "images:\n- name: hello\n  newName: {N}\n  digest: \"{D}\"\n")]
    [InlineData("images:\n- name: {N}\n  digest: {O}\n", "images:\n- name: {N}\n  digest: {D}\n")]
    [InlineData("images:\n- newName: {N} # where\n  name: hello\n", "images:\n- newName: {N} # where\n  digest: \"{D}\"\n  name: hello\n")]
    [InlineData("images: [{name: {N}, newTag: v1}]\n", "images: [{name: {N}, digest: \"{D}\"}]\n")]
    [InlineData("images:\n- name: {N}", "images:\n- name: {N}\n  digest: \"{D}\"")]
    // Helm values
    [InlineData("image:\n  repository: {N}\n  tag: 1.3.0 # x\n", "image:\n  repository: {N}\n  tag: \"1.4.0@{D}\" # x\n")]
    [InlineData("image:\n  registry: registry.example.com\n  repository: team/hello-api\n  tag: ''\n  digest: \"\"\n", "image:\n  registry: registry.example.com\n  repository: team/hello-api\n  tag: ''\n  digest: \"{D}\"\n")]
    [InlineData("image:\n  repository: {N}\n  pullPolicy: Always\n", "image:\n  repository: {N}\n  tag: \"1.4.0@{D}\"\n  pullPolicy: Always\n")]
    [InlineData("image: {repository: {N}, tag: \"1.3.0@{O}\"}\n", "image: {repository: {N}, tag: \"1.4.0@{D}\"}\n")]
    [InlineData("image:\n  repository: {N}\n  tag:\n", "image:\n  repository: {N}\n  tag: \"1.4.0@{D}\"\n")]
    public async Task In_YAML_only_the_reference_changes(string before, string after) => await PinsAsync("deploy/app.yaml", before, after);

    [Theory]
    [InlineData("main.bicep", "param image string = '{N}:1.3.0' // api\n// '{N}:1'\n", "param image string = '{N}@{D}' // api\n// '{N}:1'\n")]
    [InlineData("variables.tf", "variable \"image\" {\n  default = \"{N}:1.3.0\" # api\n}\n", "variable \"image\" {\n  default = \"{N}@{D}\" # api\n}\n")]
    [InlineData("prod.tfvars", "image = \"{N}@{O}\"\nrepository = \"{N}\"\n", "image = \"{N}@{D}\"\nrepository = \"{N}\"\n")]
    [InlineData("main.bicepparam", "param image = '{N}:1'\r\n", "param image = '{N}@{D}'\r\n")]
    [InlineData("chart/templates/job.yaml", "{{- if .Values.job }}\n  image: {N}:1.3.0\n{{- end }}\n", "{{- if .Values.job }}\n  image: {N}@{D}\n{{- end }}\n")]
    public async Task In_other_files_only_whole_strings_with_a_tag_change(string file, string before, string after)
    {
        Write("chart/Chart.yaml", "name: hello\n");
        await PinsAsync(file, before, after);
    }

    [Theory]
    [InlineData("image: {N}-worker:1\n")]
    [InlineData("image: evil.{N}:1\n")]
    [InlineData("image: team/hello-api:1\n")]
    [InlineData("name: {N}\nimageReferences:\n  - {N}\n")]
    [InlineData("images:\n- name: {N}\n  newName: registry.example.org/team/hello-api\n  newTag: \"1\"\n")]
    [InlineData("text: |\n  image: {N}:1\n")]
    public async Task What_is_another_image_or_only_a_name_stays(string text)
    {
        var file = Write("a.yaml", text);

        (await ManifestSearch.FindAsync(_folder.Path, [], Image, Token)).ShouldAllBe(manifest => !manifest.IsChanged);
        File.ReadAllText(file).ShouldBe(Fill(text));
    }

    [Theory]
    [InlineData("image: {N}:1\nbroken: [\n", "it is not valid YAML")]
    [InlineData("a: b\n  image: {N}:1\n", "it is not valid YAML")]
    [InlineData("image: \"registry.example.com/team/\\x68ello-api:1\" # {N}\n", "without escapes")]
    [InlineData("image: >-\n  {N}:1\n", "several lines")]
    public async Task A_manifest_that_cannot_be_parsed_or_changed_is_named_with_its_line_and_no_file_is_written(string text, string why)
    {
        var good = Write("a.yaml", "image: {N}:1\n");
        var bad = Write("b.yaml", text);
        Write("c.yaml", "nothing: [ of ours\n");

        var error = await Should.ThrowAsync<DiagnosticException>(PinAsync);

        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.ManifestUnusable);
        error.Diagnostic.File.ShouldBe(bad);
        error.Diagnostic.Line.ShouldBeGreaterThan(0);
        error.Message.ShouldStartWith($"b.yaml names {Name} and cannot be used: ");
        error.Message.ShouldContain(why);
        error.Message.ShouldContain("Nothing was written.");
        File.ReadAllText(good).ShouldBe(Fill("image: {N}:1\n"));
        // It can be left out.
        (await ManifestSearch.FindAsync(_folder.Path, ["b.*"], Image, Token)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Deeply_nested_YAML_is_an_error_and_no_crash()
    {
        Write("a.yaml", $"image: {{N}}:1\nx: {new string('[', 5000)}{new string(']', 5000)}\n");
        (await Should.ThrowAsync<DiagnosticException>(PinAsync)).Message.ShouldContain("cannot be used");
    }

    [Fact]
    public async Task Output_folders_links_and_large_files_are_left_alone()
    {
        foreach (var file in new[] { "bin/a.yaml", "obj/a.yaml", ".git/a.yaml", "node_modules/a.yaml", "a.json" })
            Write(file, "image: {N}:1\n");
        Directory.CreateSymbolicLink(_folder.File("link"), _folder.File("bin"));
        Write("large.yaml", "image: {N}:1\n" + new string('#', 5 * 1024 * 1024));

        (await ManifestSearch.FindAsync(_folder.Path, [], Image, Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_was_pinned_is_what_kustomize_deploys()
    {
        Write("base/app.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: hello}\nspec:\n  selector: {matchLabels: {app: hello}}\n  template:\n    metadata: {labels: {app: hello}}\n    spec:\n      containers:\n        - name: hello\n          image: hello # filled in by kustomize\n");
        Write("base/kustomization.yaml", "resources: [app.yaml]\nimages:\n  - name: hello\n    newName: {N}\n    newTag: 1.3.0\n");
        Write("prod/kustomization.yaml", "resources: [app.yaml]\ncomponents: [../component]\n");
        Write("prod/app.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: hello}\nspec:\n  containers:\n    - name: hello\n      image: {N}\n");
        await PinAsync();
        File.WriteAllText(_folder.File("prod/app.yaml"), File.ReadAllText(_folder.File("prod/app.yaml")).Replace($"@{New}", ":1.3.0", StringComparison.Ordinal));
        Write("component/kustomization.yaml", ManifestSettings.KustomizeComponent(Image));

        foreach (var folder in new[] { "base", "prod" })
        {
            var built = await Cli.Wrap(Toolchain.Require("kubectl")).WithArguments(["kustomize", _folder.File(folder)]).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(Token);
            built.StandardOutput.ShouldContain($"image: {Name}", customMessage: built.StandardError);
            built.StandardOutput.ShouldContain($"@{New}", customMessage: built.StandardOutput);
        }
    }

    private async Task PinsAsync(string file, string before, string after)
    {
        var path = Write(file, before);
        await PinAsync();
        File.ReadAllBytes(path).ShouldBe(System.Text.Encoding.UTF8.GetBytes(Fill(after)), File.ReadAllText(path));

        // Once more changes nothing, and what was a tag before is a digest now.
        var again = await ManifestSearch.FindAsync(_folder.Path, [], Image, Token);
        again.ShouldAllBe(manifest => !manifest.IsChanged && manifest.References.All(reference => reference.IsPinned));
        again.ShouldNotBeEmpty();
    }

    private async Task PinAsync()
    {
        var manifests = await ManifestSearch.FindAsync(_folder.Path, [], Image, Token);
        await WholeFiles.WriteAsync([.. manifests.Where(manifest => manifest.IsChanged).Select(manifest => (manifest.File, manifest.Pinned))], Token);
    }

    private string Write(string name, string text)
    {
        var file = _folder.File(name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file, System.Text.Encoding.UTF8.GetBytes(Fill(text)));
        return file;
    }

    private static string Fill(string text) => text.Replace("{N}", Name, StringComparison.Ordinal).Replace("{D}", New.ToString(), StringComparison.Ordinal).Replace("{O}", Old.ToString(), StringComparison.Ordinal);
}
