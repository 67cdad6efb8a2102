"""Expo Application Services' webhooks for builds and submissions: changes, which wake nobody."""

from __future__ import annotations

from fireline.detect import signature
from fireline.detect.source import Event, Inbound, Source, key, labels, line, moment, part, prose
from fireline.errors import Usage

_OUTCOME = {"finished": "", "errored": " failed", "canceled": " was cancelled"}


def check(inbound: Inbound) -> None:
    """The HMAC-SHA1 of the raw body under the webhook's secret (docs.expo.dev/eas/webhooks)."""
    signature.check(inbound, "Expo-Signature", digest="sha1", prefix="sha1=")


def parse(inbound: Inbound) -> list[Event]:
    """A change for each build or submission that came to an end."""
    document = inbound.document
    if not isinstance(document, dict):
        raise Usage("not a webhook of EAS: no JSON object")
    number, status = line(document.get("id"), 100), line(document.get("status"), 40)
    if not number or not status:
        raise Usage("not a webhook of EAS: id or status is absent")
    if status not in _OUTCOME:
        return []
    submitted = "submissionDetailsPageUrl" in document or "turtleBuildId" in document
    told = part(document, "metadata")
    error = part(document, "error") or part(part(document, "submissionInfo"), "error")
    what = " ".join(filter(None, [line(document.get(name), 100) for name in ("projectName", "platform")]))
    version = " ".join(filter(None, [line(told.get(name), 60) for name in ("appVersion", "appBuildVersion")]))
    kind = "submission" if submitted else "build"
    return [
        Event(
            key=key(inbound.source, kind, number),
            key_reason=f"the {kind}'s id",
            title=line(f"{what or 'app'} {version} {kind}{_OUTCOME[status]}".replace("  ", " ")),
            kind="change",
            text=prose("\n".join(filter(None, [line(told.get("message"), 500), line(error.get("message"), 1_000)]))),
            labels=labels(
                {
                    "kind": "deploy",
                    "platform": document.get("platform"),
                    "profile": told.get("buildProfile"),
                    "channel": told.get("channel"),
                    "sha": told.get("gitCommitHash"),
                }
            ),
            annotations=labels(
                {"url": document.get("submissionDetailsPageUrl") or document.get("buildDetailsPageUrl")}
            ),
            starts_at=moment(document.get("completedAt") or document.get("updatedAt") or document.get("createdAt")),
            once=key(kind, number, status),
            by=line(told.get("username"), 200),
        )
    ]


_SETUP = (
    "`eas webhook:create --event BUILD --url $URL/in/$NAME --secret SECRET`, and once more with `--event SUBMIT`.",
    "SECRET is secret of this source in the settings; no token is needed.",
)
source = Source("eas", "EAS webhooks: builds and submissions as changes", parse, check, signed=True, setup=_SETUP)
