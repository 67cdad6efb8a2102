"""A Markdown text as headings and blocks: what stands where, not what it means."""
