"""Alertmanager in the demo: posts a webhook, version 4, as the real one does when a rule begins or ceases to fire."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any, Literal

import httpx

from fireline.redact import Secret

LABELS = {"alertname": "HighQueryLatency", "severity": "critical", "job": "school-web", "database": "school"}
SUMMARY = "queries on assignments hang, p95 latency above 5s, statements time out"


def post(
    url: str, token: Secret, status: Literal["firing", "resolved"], began: datetime, now: datetime
) -> httpx.Response:
    """One notification at the door; its answer."""
    return httpx.post(
        f"{url}/in/alertmanager",
        json=notification(status, began, now),
        headers={"Authorization": f"Bearer {token.reveal()}", "User-Agent": "Alertmanager/0.28.1"},
        timeout=10,
    )


def notification(status: Literal["firing", "resolved"], began: datetime, now: datetime) -> dict[str, Any]:
    """The body: one alert, its fingerprint made of its labels, as the sender's own is."""
    zero = "0001-01-01T00:00:00Z"
    fingerprint = hashlib.sha256(json.dumps(LABELS, sort_keys=True).encode()).hexdigest()[:16]
    group = {"alertname": LABELS["alertname"]}
    annotations = {"summary": SUMMARY, "description": "Requests of school-web that read or write assignments."}
    alert = {
        "status": status,
        "labels": LABELS,
        "annotations": annotations,
        "startsAt": began.isoformat(),
        "endsAt": now.isoformat() if status == "resolved" else zero,
        "generatorURL": "http://prometheus.school.example:9090/graph",
        "fingerprint": fingerprint,
    }
    return {
        "version": "4",
        "groupKey": f'{{}}:{{alertname="{LABELS["alertname"]}"}}',
        "truncatedAlerts": 0,
        "status": status,
        "receiver": "fireline",
        "groupLabels": group,
        "commonLabels": LABELS,
        "commonAnnotations": annotations,
        "externalURL": "http://alertmanager.school.example:9093",
        "alerts": [alert],
    }
