using System.Security.Cryptography;

namespace SupplyChain.Core.Projects;

/// <summary>The application itself: its main assembly, single-file bundle or native executable.</summary>
internal static class MainFile
{
    /// <returns>The request's facts with file and hash; without them where there is no such file.</returns>
    public static async Task<ApplicationFacts> ReadAsync(ProjectInventoryRequest request, CancellationToken cancellationToken)
    {
        if (request.MainFiles.FirstOrDefault(File.Exists) is not { } file)
            return request.Application;
        try
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 128 * 1024);
            return request.Application with { File = Path.GetFileName(file), Sha512 = Convert.ToHexStringLower(await SHA512.HashDataAsync(stream, cancellationToken)) };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return request.Application;
        }
    }
}
