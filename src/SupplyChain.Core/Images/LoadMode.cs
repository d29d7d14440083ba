namespace SupplyChain.Core.Images;

/// <summary>Whether the image is handed to the local container runtime (<c>SupplyChainLoadImage</c>).</summary>
public enum LoadMode
{
    /// <summary>Where one answers; a failure is a warning.</summary>
    Auto,

    /// <summary>A failure is an error.</summary>
    Always,

    Never,
}

/// <summary>Reads <c>SupplyChainLoadImage</c>.</summary>
public static class LoadModes
{
    public const string ValidValues = "auto, true, false";

    /// <summary>Empty is auto.</summary>
    public static bool TryParse(string? text, out LoadMode mode)
    {
        LoadMode? parsed = text?.Trim().ToLowerInvariant() switch
        {
            null or "" or "auto" => LoadMode.Auto,
            "true" => LoadMode.Always,
            "false" => LoadMode.Never,
            _ => null,
        };
        mode = parsed ?? LoadMode.Auto;
        return parsed is not null;
    }
}
