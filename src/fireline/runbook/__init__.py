"""The team's Markdown: read, compiled to data, matched to a complaint. It is never written to."""
