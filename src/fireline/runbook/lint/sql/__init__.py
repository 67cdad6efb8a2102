"""The SQL of a runbook, wherever it stands: statement by statement with its place. No server is asked here."""
