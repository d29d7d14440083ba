using SupplyChain.Core.Images;

namespace SupplyChain.Core.Tests.Images;

public sealed class ImageReferenceSpecs
{
    private const string Hash = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    [Theory]
    [InlineData("hello", null, "hello", null, null)]
    [InlineData("hello:1.0", null, "hello", "1.0", null)]
    [InlineData("contoso/hello", null, "contoso/hello", null, null)]
    [InlineData("localhost/hello", "localhost", "hello", null, null)]
    [InlineData("localhost:5000/hello:1.0", "localhost:5000", "hello", "1.0", null)]
    [InlineData("registry.example.com/a/b/c", "registry.example.com", "a/b/c", null, null)]
    [InlineData("Registry.Example.com/a", "Registry.Example.com", "a", null, null)]
    [InlineData("127.0.0.1:5000/a@" + Hash, "127.0.0.1:5000", "a", null, Hash)]
    [InlineData("[::1]:5000/a", "[::1]:5000", "a", null, null)]
    [InlineData("registry.example.com/a:V1_x@" + Hash, "registry.example.com", "a", "V1_x", Hash)]
    [InlineData("hello:5000", null, "hello", "5000", null)]
    [InlineData("a.b_c__d-e---f/g", "", "", null, null)]
    [InlineData("x/a.b_c__d-e---f/g", null, "x/a.b_c__d-e---f/g", null, null)]
    public void A_reference_is_taken_apart_as_docker_does(string text, string? registry, string repository, string? tag, string? digest)
    {
        var parsed = ImageReference.TryParse(text, out var reference);
        // An underscore in what looks like a host name: neither host nor repository.
        if (registry == "")
        {
            parsed.ShouldBeFalse();
            return;
        }
        parsed.ShouldBeTrue();
        reference!.Registry.ShouldBe(registry);
        reference.Repository.ShouldBe(repository);
        reference.Tag.ShouldBe(tag);
        reference.Digest?.ToString().ShouldBe(digest);
        reference.ToString().ShouldBe(text);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Hello")]
    [InlineData("hello:")]
    [InlineData("hello:.1")]
    [InlineData("hello:-1")]
    [InlineData("hello:1 0")]
    [InlineData("hello@")]
    [InlineData("hello@sha256:1234")]
    [InlineData("hello@md5:d41d8cd98f00b204e9800998ecf8427e")]
    [InlineData("hello@" + Hash + "@" + Hash)]
    [InlineData("/hello")]
    [InlineData("hello/")]
    [InlineData("a//b")]
    [InlineData("a/../b")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData("a..b")]
    [InlineData("a___b")]
    [InlineData("a._b")]
    [InlineData("a/b:1/c")]
    [InlineData("https://registry.example.com/hello")]
    [InlineData("registry.example.com:/hello")]
    [InlineData("registry.example.com:70000/hello")]
    [InlineData("registry.example.com:0/hello")]
    [InlineData("user@registry.example.com/hello")]
    [InlineData("-x.example.com/hello")]
    [InlineData("[::1/hello")]
    [InlineData("[::1%25eth0]/hello")]
    [InlineData("[1.2.3.4]/hello")]
    [InlineData("hello\n")]
    [InlineData("hello:1.0\n")]
    [InlineData("hállo")]
    public void What_is_no_reference_is_refused(string? text) => ImageReference.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void Very_long_parts_are_refused()
    {
        ImageReference.TryParse(new string('a', 256), out _).ShouldBeFalse();
        ImageReference.TryParse("a:" + new string('a', 129), out _).ShouldBeFalse();
        ImageReference.TryParse("a:" + new string('a', 128), out _).ShouldBeTrue();
    }
}
