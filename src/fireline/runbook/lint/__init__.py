"""Reading a runbook with distrust: what in it would fail at night. The rules stand in `runbook.rules`, one file each."""
