using SupplyChain.Core.Images;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Images;

public sealed class ArchiveDestinationSpecs
{
    [Theory]
    [InlineData("images/", "images/contoso/hello.tar.gz")]
    [InlineData("existing", "existing/contoso/hello.tar.gz")]
    [InlineData("images", "images")]
    [InlineData("images/hello.tar", "images/hello.tar")]
    [InlineData("images/hello.tar.gz", "images/hello.tar.gz")]
    public void A_folder_gets_the_repositorys_name_and_a_file_is_taken_as_it_is(string given, string expected)
    {
        using var folder = new TestFolder();
        Directory.CreateDirectory(folder.File("existing"));

        ArchiveDestination.Resolve(given, "contoso/hello", folder.Path).ShouldBe(folder.File(expected));
        ArchiveDestination.Resolve(folder.File(given), "contoso/hello").ShouldBe(folder.File(expected));
    }
}
