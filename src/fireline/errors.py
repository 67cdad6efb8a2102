"""The one tree of errors: what is wrong in lower case without a full stop, and a hint: a sentence that says what to do."""

from __future__ import annotations


class FirelineError(Exception):
    """something went wrong"""

    exit_code = 2
    http_status = 500

    def __init__(self, message: str | None = None, *, hint: str | None = None) -> None:
        self.message = message or (type(self).__doc__ or "").strip()
        self.hint = hint
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message} (hint: {self.hint})" if self.hint else self.message


class Usage(FirelineError):
    """the call is not understood"""

    http_status = 422


class SettingsError(FirelineError):
    """the settings can not be used"""


class RunbookError(FirelineError):
    """the runbook can not be read"""

    http_status = 422


class NoProcedure(RunbookError):
    """the text holds no procedure"""


class NotFound(FirelineError):
    """there is no such thing"""

    http_status = 404


class Refused(FirelineError):
    """Fireline will not do that"""

    exit_code = 1
    http_status = 409


class Denied(FirelineError):
    """you may not do that"""

    exit_code = 1
    http_status = 403


class Unauthenticated(FirelineError):
    """nobody is logged in"""

    http_status = 401


class Halted(Refused):
    """the kill switch is on: no step starts"""


class StoreUnavailable(FirelineError):
    """the store does not answer"""

    http_status = 503


class ClusterError(FirelineError):
    """a PostgreSQL of our own can not be run"""

    http_status = 503


class TargetUnavailable(FirelineError):
    """the target does not answer; `kind` says what happened at its door, as `postgres.unreachable` tells the kinds"""

    http_status = 502

    def __init__(self, message: str | None = None, *, hint: str | None = None, kind: str = "other") -> None:
        self.kind = kind
        super().__init__(message or "the target does not answer", hint=hint)


class DeliveryError(FirelineError):
    """a message could not be delivered; `permanent` says that trying again can not help."""

    def __init__(self, message: str, *, permanent: bool, hint: str | None = None) -> None:
        self.permanent = permanent
        super().__init__(message, hint=hint)
