"""PostgreSQL's own client programs: found for a server's version, told where to connect without showing a secret, run so that they die with us."""

from fireline.postgres.client_tools.access import Access, environment, wants_tls
from fireline.postgres.client_tools.child import ToolFailed, run
from fireline.postgres.client_tools.programs import NEWER_SETTING, ClientTools, find

__all__ = ["NEWER_SETTING", "Access", "ClientTools", "ToolFailed", "environment", "find", "run", "wants_tls"]
