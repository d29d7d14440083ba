using Microsoft.Build.Framework;
using SupplyChain.Core.Gating;

namespace SupplyChain.Build;

/// <summary>Items that a project gives the gate, as the engine reads them.</summary>
internal static class GateItems
{
    public static WaiverItem Waiver(ITaskItem item) => new(
        item.ItemSpec, item.GetMetadata("Package"), item.GetMetadata("Expires"), item.GetMetadata("Reason"), item.GetMetadata("Owner"), item.GetMetadata("DefiningProjectFullPath"));
}
