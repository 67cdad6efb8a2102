"""CONNECT on the database was taken from everybody; the refused role itself looks.

From a superuser's side nothing shows it but the log, whose default prefix does not tell the role.
"""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop(50)
    at.sql(f"REVOKE CONNECT ON DATABASE {at.database} FROM PUBLIC")
    said = (f'FATAL:  permission denied for database "{at.database}"', "the app can not log in: permission denied")
    return Wound(said, at.target(at.role))


fault = Fault("connect_privilege_missing", inject)
