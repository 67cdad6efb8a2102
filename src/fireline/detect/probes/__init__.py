"""The shelf of probes: one file each, named as its kind."""
