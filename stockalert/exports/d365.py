"""Dynamics 365 Supply Chain: item coverage, entity `ItemCoverageSettingsV2`.

The key has thirteen texts; those a company does not use are empty. The coverage method is MinMax:
only there is the minimum a reorder point (with Period or Requirement it is safety stock). Planning
refills when what is available is **below** the minimum, up to the maximum (m). MOQ and multiples
are in the item's default order settings, not here. The interface spells one name
`IsProcumentLeadTimeUsingWorkingDays`; lead times are calendar days.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockalert.arrays import FloatArray, NumberArray
from stockalert.exports.rules import OrderRules
from stockalert.exports.target import Target, days_up, number, text

__all__ = ["D365", "form", "ordered"]

_UNUSED = (
    "CoverageWarehouseLocationId",
    "CoverageItemBatchNumber",
    "CoverageItemSerialNumber",
    "CoverageInventoryStatusId",
    "CoverageProductConfigurationId",
    "CoverageProductColorId",
    "CoverageProductSizeId",
    "CoverageProductStyleId",
    "CoverageProductVersionId",
)
_IDENTIFIERS = {
    "dataAreaId": "required",
    "ItemNumber": "sku",
    "CoverageSiteId": "optional",
    "CoverageWarehouseId": "location",
    **dict.fromkeys(_UNUSED, "optional"),
}


def form(rules: OrderRules, ids: pd.DataFrame) -> pd.DataFrame:
    """Minimum one step above the trigger, maximum S."""
    return pd.DataFrame(
        {
            **ids[list(_IDENTIFIERS)],
            "AreCoverageGroupSettingsOverridden": text("Yes", rules),
            "CoverageMethod": text("MinMax", rules),
            "MinimumOnHandInventoryQuantity": number(np.fmax(rules.minimum, 0.0)),
            "MaximumOnHandInventoryQuantity": number(np.fmax(rules.up_to, 0.0)),
            "IsProcurementLeadTimeOverridden": text("Yes", rules),
            "ProcurementLeadTimeDays": number(days_up(rules.lead_time_days)),
            "IsProcumentLeadTimeUsingWorkingDays": text("No", rules),
        }
    )


def ordered(rows: pd.DataFrame, position: NumberArray) -> FloatArray:
    """MinMax planning: below the minimum, up to the maximum. Shape (n,), units."""
    at = np.asarray(position, np.float64)
    low = rows["MinimumOnHandInventoryQuantity"].to_numpy(np.float64)
    high = rows["MaximumOnHandInventoryQuantity"].to_numpy(np.float64)
    return np.where(at < low - 1e-6, high - at, 0.0)


D365 = Target("d365", "Dynamics 365 Supply Chain", _IDENTIFIERS, tuple(_IDENTIFIERS), form, ordered)
