"""Statements held against a database that is there: its catalog is read, and nothing of a runbook is run."""
