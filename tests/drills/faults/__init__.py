"""The shelf of faults: one file each, named as the cause that must be found."""
