"""Telling people: what is owed to whom, sending it, and a sign of life to a watcher outside."""
