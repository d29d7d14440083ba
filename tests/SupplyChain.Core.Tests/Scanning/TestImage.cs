using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Tests.Scanning;

/// <summary>A small image as a layout folder, made of the files that a scanner looks at. One layer a dictionary, one image a platform.</summary>
internal static class TestImage
{
    public const string Deps = """
        {"runtimeTarget":{"name":".NETCoreApp,Version=v10.0","signature":""},"compilationOptions":{},
         "targets":{".NETCoreApp,Version=v10.0":{
           "Hello/1.0.0":{"dependencies":{"Newtonsoft.Json":"12.0.3"},"runtime":{"Hello.dll":{}}},
           "Newtonsoft.Json/12.0.3":{"runtime":{"lib/netstandard2.0/Newtonsoft.Json.dll":{"assemblyVersion":"12.0.0.0","fileVersion":"12.0.3.23909"}}}}},
         "libraries":{
           "Hello/1.0.0":{"type":"project","serviceable":false,"sha512":""},
           "Newtonsoft.Json/12.0.3":{"type":"package","serviceable":true,"sha512":"sha512-x","path":"newtonsoft.json/12.0.3","hashPath":"newtonsoft.json.12.0.3.nupkg.sha512"}}}
        """;

    /// <summary>A CycloneDX file of one NuGet package, as the inventory's.</summary>
    public const string Inventory = """
        {"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"components":[
          {"type":"library","bom-ref":"n","name":"Newtonsoft.Json","version":"12.0.3","purl":"pkg:nuget/Newtonsoft.Json@12.0.3"}]}
        """;

    /// <summary>The base layer: Debian 12 with zlib1g and libssl3 (whose source package is openssl).</summary>
    public static Dictionary<string, string> Debian(string architecture = "amd64", string zlib = "1:1.2.13.dfsg-1") => new()
    {
        ["etc/os-release"] = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nID=debian\n",
        ["etc/debian_version"] = "12.5\n",
        ["var/lib/dpkg/status"] = $"""
            Package: zlib1g
            Status: install ok installed
            Architecture: {architecture}
            Source: zlib
            Version: {zlib}
            Maintainer: Mark Brown <broonie@debian.org>
            Description: compression library

            Package: libssl3
            Status: install ok installed
            Architecture: {architecture}
            Source: openssl
            Version: 3.0.11-1~deb12u2
            Maintainer: Debian OpenSSL Team <pkg-openssl-devel@alioth-lists.debian.net>
            Description: Secure Sockets Layer toolkit


            """.ReplaceLineEndings("\n"),
    };

    /// <summary>Alpine with libssl3, whose origin is openssl.</summary>
    public static Dictionary<string, string> Alpine() => new()
    {
        ["etc/alpine-release"] = "3.20.1\n",
        ["etc/os-release"] = "NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID=3.20.1\n",
        ["lib/apk/db/installed"] = "P:musl\nV:1.2.5-r0\nA:x86_64\no:musl\nL:MIT\n\nP:libssl3\nV:3.3.0-r2\nA:x86_64\no:openssl\nL:Apache-2.0\n\n",
    };

    /// <summary>Ubuntu with libssl3t64, whose source package is openssl.</summary>
    public static Dictionary<string, string> Ubuntu() => new()
    {
        ["etc/lsb-release"] = "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=24.04\n",
        ["etc/os-release"] = "NAME=\"Ubuntu\"\nID=ubuntu\nVERSION_ID=\"24.04\"\n",
        ["var/lib/dpkg/status"] = """
            Package: libssl3t64
            Status: install ok installed
            Architecture: amd64
            Source: openssl
            Version: 3.0.13-0ubuntu3.1
            Maintainer: Ubuntu Developers <ubuntu-devel-discuss@lists.ubuntu.com>
            Description: Secure Sockets Layer toolkit


            """.ReplaceLineEndings("\n"),
    };

    public static Dictionary<string, string> Application(string deps = Deps) => new() { ["app/Hello.deps.json"] = deps };

    public static ImageLayout Write(string directory, params (Platform Platform, Dictionary<string, string>[] Layers)[] images)
    {
        Directory.CreateDirectory(Path.Combine(directory, "blobs", "sha256"));
        File.WriteAllText(Path.Combine(directory, "oci-layout"), """{"imageLayoutVersion":"1.0.0"}""");
        var platforms = images.Select(image => WriteImage(directory, image.Platform, image.Layers)).ToList();
        var root = platforms[0].Manifest;
        if (platforms.Count > 1)
        {
            var index = new OciIndex(2, MediaTypes.OciIndex, [.. platforms.Select(one => one.Manifest with { Platform = new DescriptorPlatform(one.Platform.Architecture, one.Platform.Os, one.Platform.Variant) })]);
            root = WriteBlob(directory, MediaTypes.OciIndex, JsonSerializer.SerializeToUtf8Bytes(index, OciJson.Plain.OciIndex));
        }

        File.WriteAllBytes(Path.Combine(directory, "index.json"), JsonSerializer.SerializeToUtf8Bytes(new OciIndex(2, MediaTypes.OciIndex, [root]), OciJson.Plain.OciIndex));
        return new ImageLayout(directory, root, platforms);
    }

    private static PlatformImage WriteImage(string directory, Platform platform, Dictionary<string, string>[] layers)
    {
        var tars = layers.Select(Tar).ToList();
        var blobs = tars.Select(tar => WriteBlob(directory, "application/vnd.oci.image.layer.v1.tar+gzip", Compress(tar))).ToList();
        var diffIds = string.Join(',', tars.Select(tar => $"\"sha256:{Convert.ToHexStringLower(SHA256.HashData(tar))}\""));
        var config = WriteBlob(
            directory,
            MediaTypes.OciConfig,
            Encoding.UTF8.GetBytes($$$"""{"architecture":"{{{platform.Architecture}}}","os":"{{{platform.Os}}}","config":{},"rootfs":{"type":"layers","diff_ids":[{{{diffIds}}}]}}"""));
        var manifest = WriteBlob(directory, MediaTypes.OciManifest, JsonSerializer.SerializeToUtf8Bytes(new OciManifest(2, MediaTypes.OciManifest, config, blobs), OciJson.Plain.OciManifest));
        return new PlatformImage(platform, manifest, config, blobs);
    }

    private static Descriptor WriteBlob(string directory, string mediaType, byte[] content)
    {
        var digest = Digest.Of(content);
        File.WriteAllBytes(Path.Combine(directory, "blobs", "sha256", digest.Hex), content);
        return new Descriptor(mediaType, digest, content.Length);
    }

    private static byte[] Tar(Dictionary<string, string> files)
    {
        using var stream = new MemoryStream();
        using (var tar = new TarWriter(stream, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var (name, content) in files)
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)), ModificationTime = DateTimeOffset.UnixEpoch });
        }

        return stream.ToArray();
    }

    private static byte[] Compress(byte[] content)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(content);
        return stream.ToArray();
    }
}
