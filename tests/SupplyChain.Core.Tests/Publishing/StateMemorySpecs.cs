using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Publishing;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Publishing;

/// <summary>State that is still in memory; the file decides.</summary>
public sealed class StateMemorySpecs : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly StateMemory _memory = new();

    private StateFile<IReadOnlyList<string>> Tags => new PublishState(_folder.Path, _memory).Tags;

    [Fact]
    public void A_file_that_is_still_the_same_is_not_read_again()
    {
        var written = Tags.Write(["1.4.0", "latest"]);

        Tags.Read().ShouldBeSameAs(written);
    }

    [Fact]
    public void A_file_that_was_changed_since_is_read_as_it_stands()
    {
        Tags.Write(["1.4.0"]);
        File.WriteAllText(Tags.Path, """["2.0.0"]""");

        Tags.Read().ShouldBe(["2.0.0"]);
    }

    [Fact]
    public void A_file_that_was_deleted_or_damaged_since_is_an_error()
    {
        Tags.Write(["1.4.0"]);
        File.WriteAllText(Tags.Path, """["1.4.0" """);
        Should.Throw<DiagnosticException>(() => Tags.Read()).Diagnostic.Code.ShouldBe(DiagnosticCodes.StateUnusable);

        File.Delete(Tags.Path);
        Should.Throw<DiagnosticException>(() => Tags.Read()).Diagnostic.Code.ShouldBe(DiagnosticCodes.StateUnusable);
    }

    public void Dispose()
    {
        _memory.Dispose();
        _folder.Dispose();
    }
}
