"""What `fireline doctor` looks at, one part of the set-up a file; each yields lines and mends nothing."""
