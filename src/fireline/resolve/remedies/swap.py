"""Put a restored database in the place of the one in use, which is kept; the way back is the undo."""

from __future__ import annotations

from fireline.resolve import swapping
from fireline.run.remedy import Remedy

remedy = Remedy(
    name="swap",
    phase="resolve",
    summary="Put a restored database in the place of the one in use, which is kept.",
    level="destructive",
    parameters=swapping.Swap,
    plan=swapping.plan,
    do=swapping.do,
    verify=swapping.verify,
    undo=swapping.undo,
    words=(
        "swap the restored database in",
        "switch to the restored database",
        "exchange the databases",
        "cut over to the restore",
        "restore from backup",
        "verify restore",
    ),
    argument="restore",
    short=True,
)
