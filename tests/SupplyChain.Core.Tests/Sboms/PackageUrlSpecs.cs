using SupplyChain.Core.Sboms;

namespace SupplyChain.Core.Tests.Sboms;

/// <summary>The examples are those of the specification's own rules and type definitions (ECMA-427).</summary>
public sealed class PackageUrlSpecs
{
    [Theory]
    [InlineData("pkg:nuget/EnterpriseLibrary.Common@6.0.1304", "pkg:nuget/EnterpriseLibrary.Common@6.0.1304")]
    [InlineData("PKG:Nuget/EnterpriseLibrary.Common@6.0.1304", "pkg:nuget/EnterpriseLibrary.Common@6.0.1304")]
    [InlineData("pkg://nuget//Newtonsoft.Json@12.0.3", "pkg:nuget/Newtonsoft.Json@12.0.3")]
    [InlineData("pkg:nuget/A.B@1.0.0-beta+sha.1", "pkg:nuget/A.B@1.0.0-beta%2Bsha.1")]
    [InlineData("pkg:deb/debian/curl@7.50.3-1?distro=jessie&arch=i386", "pkg:deb/debian/curl@7.50.3-1?arch=i386&distro=jessie")]
    [InlineData("pkg:deb/Debian/Attr@1:2.4.47-2%2Bb1?ARCH=amd64", "pkg:deb/debian/attr@1:2.4.47-2%2Bb1?arch=amd64")]
    [InlineData("pkg:deb/debian/attr@1%3A2.4.47-2?arch=source", "pkg:deb/debian/attr@1:2.4.47-2?arch=source")]
    [InlineData("pkg:deb/debian/libstdc%2B%2B6@12.2.0-14", "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14")]
    [InlineData("pkg:apk/alpine/curl@7.83.0-r0?arch=x86", "pkg:apk/alpine/curl@7.83.0-r0?arch=x86")]
    [InlineData("pkg:rpm/Fedora/centerim@4.22.10-1.el6?epoch=1&arch=i686&distro=fedora-25", "pkg:rpm/fedora/centerim@4.22.10-1.el6?arch=i686&distro=fedora-25&epoch=1")]
    [InlineData("pkg:oci/debian@sha256%3A244fd47e07d10?repository_url=docker.io/library/debian&arch=amd64&tag=latest", "pkg:oci/debian@sha256:244fd47e07d10?arch=amd64&repository_url=docker.io%2Flibrary%2Fdebian&tag=latest")]
    [InlineData("pkg:generic/name?empty=&kept=1", "pkg:generic/name?kept=1")]
    [InlineData("pkg:generic/name#/./a//../b%20c/", "pkg:generic/name#a/b%20c")]
    public void A_package_url_has_one_canonical_form(string text, string canonical)
    {
        PackageUrl.Parse(text).ToString().ShouldBe(canonical);
        PackageUrl.Parse(canonical).ToString().ShouldBe(canonical);
        PackageUrl.Parse(text).ShouldBe(PackageUrl.Parse(canonical));
    }

    [Fact]
    public void A_package_url_gives_its_parts_decoded()
    {
        var purl = PackageUrl.Parse("pkg:deb/debian/attr@1:2.4.47-2%2Bb1?arch=amd64");
        (purl.Type, purl.Namespace, purl.Name, purl.Version).ShouldBe(("deb", "debian", "attr", "1:2.4.47-2+b1"));
        purl.Qualifiers["arch"].ShouldBe("amd64");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("nuget/Newtonsoft.Json")]
    [InlineData("pkg:")]
    [InlineData("pkg:nuget")]
    [InlineData("pkg:nuget/")]
    [InlineData("pkg:nuget/@1.0.0")]
    [InlineData("pkg:nu get/a@1")]
    [InlineData("pkg:7z/a@1")]
    [InlineData("pkg:nuget/Microsoft/Newtonsoft.Json@1.0.0")]
    [InlineData("pkg:deb/curl@7.50.3-1")]
    [InlineData("pkg:apk/curl@7.50.3-1")]
    [InlineData("pkg:oci/library/debian@sha256:1")]
    [InlineData("pkg:deb/debian%2Fstable/curl@1")]
    [InlineData("pkg:generic/a?in%20production=true")]
    [InlineData("pkg:generic/a?a=1&A=2")]
    [InlineData("pkg:generic/a?novalue")]
    public void What_breaks_the_rules_is_no_package_url(string? text) => PackageUrl.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void The_inventory_and_the_bill_of_materials_write_the_same_package_url() =>
        new Core.Projects.NuGetPackage("Contoso.Core", "1.0.0-rc.1+5", true, []).Purl.ShouldBe(PackageUrl.NuGet("Contoso.Core", "1.0.0-rc.1+5").ToString());
}
