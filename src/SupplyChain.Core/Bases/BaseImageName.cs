using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Bases;

/// <summary>The name of a base image, as the SDK understands ContainerBaseImage: what names no registry is Docker Hub's.</summary>
internal static class BaseImageName
{
    private const string DockerHub = "docker.io";

    /// <returns>Always with a registry.</returns>
    /// <exception cref="DiagnosticException">SCB0103: not the name of an image.</exception>
    public static ImageReference Parse(string text)
    {
        if (!ImageReference.TryParse(text, out var reference))
            throw new DiagnosticException(DiagnosticCodes.UnknownValue, $"ContainerBaseImage is '{SingleLine.Of(text, 300)}', which is not the name of an image. Valid values: an image with its registry, for example mcr.microsoft.com/dotnet/aspnet:10.0.");
        return reference.Registry switch
        {
            null => reference with { Registry = DockerHub, Repository = reference.Repository.Contains('/') ? reference.Repository : "library/" + reference.Repository },
            "index.docker.io" or "registry-1.docker.io" => reference with { Registry = DockerHub },
            _ => reference,
        };
    }

    /// <summary>By which a lock file knows it: without its digest, always with a tag.</summary>
    public static string Key(ImageReference image) => (image with { Digest = null, Tag = image.Tag ?? "latest" }).ToString();
}
