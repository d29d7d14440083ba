using Microsoft.Build.Framework;
using SupplyChain.Core.Bases;
using SupplyChain.Core.Publishing;

namespace SupplyChain.Build.Tasks;

/// <summary>Decides which base image is built on, before the SDK looks for it: the lock file's digest, the rules of the organisation, the mirror.</summary>
public sealed class ResolveBaseImage : StageTask
{
    /// <summary>The properties: Include = name, Value = text.</summary>
    [Required]
    public ITaskItem[] Settings { get; set; } = [];

    /// <summary>ContainerBaseImage as the project has it, or as the SDK has computed it.</summary>
    [Required]
    public string BaseImage { get; set; } = "";

    /// <summary>ContainerBaseImage from here on; empty: it stays as it is.</summary>
    [Output]
    public string ResolvedImage { get; private set; } = "";

    /// <summary>What it is called, wherever it is fetched from, without a digest.</summary>
    [Output]
    public string ImageName { get; private set; } = "";

    protected override Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var settings = Read(Settings);
        var resolved = Rules(settings).Resolve(BaseImage);
        ImageName = BaseImageName.Key(resolved.Name);
        if (resolved.Source != BaseImageName.Parse(BaseImage))
        {
            ResolvedImage = resolved.Source.ToString();
            Detail($"base image {BaseImage}: built on {ResolvedImage}");
        }

        return Task.CompletedTask;
    }

    internal static BaseImageRules Rules(Settings settings) => new(
        settings.List("SupplyChainAllowedBaseImage"),
        settings.Boolean("SupplyChainRequireBaseImageDigest", false),
        PlanReader.Mirrors(settings),
        settings.Path("SupplyChainBaseImageLockFile") ?? Path.Combine(settings.ProjectDirectory, BaseImageLock.FileName));
}
