using SupplyChain.Core.Projects;

namespace SupplyChain.Core.Tests.Projects;

public sealed class PackageFoldersSpecs : IDisposable
{
    private static readonly string ContentHash = Convert.ToBase64String(new byte[64]);
    private static readonly string FileHash = Convert.ToBase64String(Enumerable.Repeat((byte)0xAB, 64).ToArray());

    private readonly AssetsText _assets = new()
    {
        Libraries = $$"""{"Contoso.Core/1.0.0": {"type": "package", "sha512": "{{ContentHash}}", "path": "contoso.core/1.0.0"} }""",
    };

    [Theory]
    [InlineData("""<license type="expression">MIT OR Apache-2.0</license><licenseUrl>https://licenses.example/MIT</licenseUrl>""", "MIT OR Apache-2.0", null, null)]
    [InlineData("""<license type="file">LICENSE.txt</license><licenseUrl>https://aka.example/deprecateLicenseUrl</licenseUrl>""", null, "LICENSE.txt", null)]
    [InlineData("<licenseUrl>https://contoso.example/license</licenseUrl>", null, null, "https://contoso.example/license")]
    [InlineData("<licenseUrl>javascript:alert(1)</licenseUrl>", null, null, null)]
    [InlineData("<authors>Contoso</authors>", null, null, null)]
    public async Task A_licence_is_an_expression_a_file_or_an_address(string metadata, string? expression, string? file, string? url)
    {
        _assets.WriteNuspec("Contoso.Core", "1.0.0", metadata);
        var package = await PackageAsync();
        (package.LicenseExpression, package.LicenseFile, package.LicenseUrl).ShouldBe((expression, file, url));
    }

    [Fact]
    public async Task Texts_become_one_line_and_lose_their_markup()
    {
        _assets.WriteNuspec("Contoso.Core", "1.0.0", "<!-- c --><authors> Contoso,\n  Fabrikam </authors><description>\n  a &lt;b&gt; <![CDATA[c & d]]>\t</description><tags>x</tags><projectUrl>https://user:secret@contoso.example/core</projectUrl>");
        var package = await PackageAsync();
        package.Authors.ShouldBe("Contoso, Fabrikam");
        package.Description.ShouldBe("a <b> c & d");
        package.ProjectUrl.ShouldBe("https://contoso.example/core");
    }

    [Fact]
    public async Task A_nuspec_with_a_document_type_is_not_read_and_leaves_a_gap()
    {
        _assets.Write("secret.txt", "the secret");
        _assets.WriteNuspec("Contoso.Core", "1.0.0", "<authors>&x;</authors>", $"""<!DOCTYPE package [<!ENTITY x SYSTEM "file://{_assets.File("secret.txt")}">]>""");
        var inventory = await _assets.ReadAsync();
        inventory.Packages.ShouldHaveSingleItem().Authors.ShouldBeNull();
        inventory.Gaps.ShouldHaveSingleItem().Kind.ShouldBe(GapKind.Nuspec);
    }

    [Theory]
    [InlineData("<package><metadata><id>x</id>")]
    [InlineData("<nothing/>")]
    [InlineData("not xml")]
    [InlineData("")]
    public async Task A_broken_nuspec_leaves_a_gap(string text)
    {
        _assets.Write("packages/contoso.core/1.0.0/contoso.core.nuspec", text);
        (await _assets.ReadAsync()).Gaps.ShouldHaveSingleItem().Kind.ShouldBe(GapKind.Nuspec);
    }

    [Fact]
    public async Task A_nuspec_of_absurd_size_leaves_a_gap()
    {
        _assets.WriteNuspec("Contoso.Core", "1.0.0", "");
        using (var file = File.OpenWrite(_assets.File("packages/contoso.core/1.0.0/contoso.core.nuspec")))
            file.SetLength(50 * 1024 * 1024);
        (await _assets.ReadAsync()).Gaps.ShouldHaveSingleItem().ToString().ShouldContain("it has 50 MB");
    }

    [Fact]
    public async Task A_package_folder_that_is_gone_leaves_a_gap()
    {
        var inventory = await _assets.ReadAsync();
        inventory.Packages.ShouldHaveSingleItem().Sha512.ShouldBeNull();
        var gap = inventory.Gaps.ShouldHaveSingleItem();
        gap.Kind.ShouldBe(GapKind.PackageFolder);
        gap.Sentence.ShouldStartWith("Contoso.Core 1.0.0 is in no package folder");

        // Documents repeat the sentence: folders of this machine are for the message alone.
        gap.Sentence.ShouldNotContain(_assets.PackageFolder);
        gap.ToString().ShouldContain(_assets.PackageFolder);
    }

    [Fact]
    public async Task The_hash_of_the_package_file_wins_over_the_hash_of_its_content()
    {
        _assets.WriteNuspec("Contoso.Core", "1.0.0", "");
        _assets.Write("packages/contoso.core/1.0.0/contoso.core.1.0.0.nupkg.sha512", FileHash + "\n");
        (await PackageAsync()).Sha512.ShouldBe(string.Concat(Enumerable.Repeat("ab", 64)));
    }

    [Fact]
    public async Task An_unsigned_package_has_only_one_hash()
    {
        _assets.WriteNuspec("Contoso.Core", "1.0.0", "");
        (await PackageAsync()).Sha512.ShouldBe(new string('0', 128));
    }

    [Fact]
    public async Task A_signed_package_without_its_hash_file_leaves_a_gap()
    {
        _assets.WriteNuspec("Contoso.Core", "1.0.0", "");
        _assets.Write("packages/contoso.core/1.0.0/.signature.p7s", "");
        var inventory = await _assets.ReadAsync();
        inventory.Packages.ShouldHaveSingleItem().Sha512.ShouldBeNull();
        inventory.Gaps.ShouldHaveSingleItem().ToString().ShouldContain("contoso.core.1.0.0.nupkg.sha512");
    }

    [Fact]
    public async Task A_package_folder_that_no_longer_holds_what_was_restored_leaves_a_gap()
    {
        _assets.WriteNuspec("Contoso.Core", "1.0.0", "");
        _assets.Write("packages/contoso.core/1.0.0/contoso.core.1.0.0.nupkg.sha512", FileHash);
        _assets.Write("packages/contoso.core/1.0.0/.nupkg.metadata", $$"""{"version": 2, "contentHash": "{{FileHash}}", "source": null}""");
        var inventory = await _assets.ReadAsync();
        inventory.Packages.ShouldHaveSingleItem().Sha512.ShouldBeNull();
        inventory.Gaps.ShouldHaveSingleItem().Sentence.ShouldContain("no longer holds the package that was restored");
    }

    [Theory]
    [InlineData("https://user:token@feed.contoso.example/v3/index.json?key=secret#x", "https://feed.contoso.example/v3/index.json")]
    [InlineData("https://feed.contoso.example/v3/index.json", "https://feed.contoso.example/v3/index.json")]
    [InlineData("/home/someone/packages", null)]
    [InlineData("file:///home/someone/packages", null)]
    public async Task The_feed_is_named_without_credentials(string source, string? feed)
    {
        _assets.WriteNuspec("Contoso.Core", "1.0.0", "");
        _assets.Write("packages/contoso.core/1.0.0/.nupkg.metadata", $$"""{"version": 2, "contentHash": "{{ContentHash}}", "source": "{{source}}"}""");
        (await PackageAsync()).Source.ShouldBe(feed);
    }

    public void Dispose() => _assets.Dispose();

    private async Task<NuGetPackage> PackageAsync() => (await _assets.ReadAsync()).Packages.ShouldHaveSingleItem();
}
