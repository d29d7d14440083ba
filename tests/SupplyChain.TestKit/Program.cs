namespace SupplyChain.TestKit;

/// <summary>What the demo and the benchmark need of the test parts, as commands.</summary>
internal static class Program
{
    public static int Main(string[] args)
    {
        Console.Error.WriteLine("usage: SupplyChain.TestKit <command>");
        return 2;
    }
}
