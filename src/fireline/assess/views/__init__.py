"""One file for each look that a person can take: `view = View(name, summary, needs, show)`."""
