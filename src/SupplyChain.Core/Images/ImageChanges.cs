namespace SupplyChain.Core.Images;

/// <summary>What is changed in the SDK's image before anything reads its digest.</summary>
internal sealed record ImageChanges
{
    /// <summary>Takes the place of the time of the build. Null: the application's layer and all dates stay.</summary>
    public DateTimeOffset? SourceDate { get; init; }

    /// <summary>Null: the application stays one layer. Has no effect without <see cref="SourceDate"/>, as layers are written anew only with one.</summary>
    public LayerSplit? Layers { get; init; }

    /// <summary>What the SDK may have cut; null: nothing.</summary>
    public CutValues? Cut { get; init; }

    internal ImageLayout Apply(ImageLayout layout, EarlierBlobs earlier, CancellationToken cancellationToken)
    {
        layout = Cut?.Repair(layout) ?? layout;
        return SourceDate is { } date ? new ReproducibleImage(date, Layers, earlier).Apply(layout, cancellationToken) : layout;
    }
}
