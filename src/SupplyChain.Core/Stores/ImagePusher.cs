using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Stores;

/// <summary>Copies the image that the gate let pass into its destination, a registry or a layout folder (<see cref="ImageCopy"/>), within a time limit.</summary>
/// <param name="Parallelism">Uploads at the same time.</param>
internal sealed record ImagePusher(int Parallelism = ImagePusher.DefaultParallelism)
{
    public const int DefaultParallelism = ImageCopy.DefaultParallelism;

    /// <summary>Takes a line now and then, while uploads take longer than a few seconds.</summary>
    public Action<string> Say { get; init; } = _ => { };

    /// <summary>For the whole push, repetitions and pauses included.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromHours(1);

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <exception cref="DiagnosticException">
    /// SCB4009: the verdict did not pass. SCB1005: it is about another image, or a file of the layout has changed since it was opened. SCB1004: one is missing.
    /// SCB4012: it took longer than <see cref="TimeLimit"/>.
    /// </exception>
    public async Task<PushedImage> PushAsync(ImageLayout layout, IImageStore store, GateVerdict verdict, CancellationToken cancellationToken)
    {
        RequirePassed(layout, verdict);
        using var limit = new CancellationTokenSource(TimeLimit, Clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await new ImageCopy(Parallelism) { Say = Say, Clock = Clock }.RunAsync(new LayoutSource(layout), store, linked.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new DiagnosticException(
                DiagnosticCodes.PushTooSlow,
                $"{store.Repository.Name} did not have the whole image after {TimeLimit.TotalMinutes:0} minutes, so the push was given up. Nothing was tagged; what has arrived stays, and publishing again sends only the rest. Set SupplyChainPushTimeLimitMinutes for slow networks.");
        }
    }

    /// <summary>Nothing leaves this machine, and nothing is signed, without a verdict that passed and is about these very bytes.</summary>
    /// <exception cref="DiagnosticException">SCB1005, SCB4009: as for a push.</exception>
    public static void RequirePassed(ImageLayout layout, GateVerdict verdict)
    {
        if (verdict.Image != layout.Root.Digest)
        {
            throw new DiagnosticException(
                DiagnosticCodes.ImageChanged,
                $"the gate judged {verdict.Image.Short}, but the image to push is {layout.Root.Digest.Short}. Nothing was pushed. Publish again; if it happens again, a target between the gate and the push changes the image.");
        }
        if (!verdict.Passed)
            throw new DiagnosticException(DiagnosticCodes.PushRefused, $"the gate did not let {layout.Root.Digest.Short} pass ({verdict.Summary}), so it is not pushed.");
    }
}
