using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Signing;

/// <summary>
/// No more processes of cosign at once than there are processors: each decrypts the key with scrypt, which is a third of a second of computing,
/// and more of them only slow each other down.
/// </summary>
internal sealed class LimitedRunner(IToolRunner runner, int? most = null) : IToolRunner
{
    // Not disposed of: it holds nothing but a counter as long as nobody asks for its wait handle.
    private readonly SemaphoreSlim _places = new(most ?? Math.Max(2, Environment.ProcessorCount));

    public async Task<ToolResult> RunAsync(ToolInvocation invocation, CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken);
        try
        {
            return await runner.RunAsync(invocation, cancellationToken);
        }
        finally
        {
            _places.Release();
        }
    }
}
