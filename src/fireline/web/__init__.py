"""HTTP: inbound doors, the API, the pages. What they do is done by operations; here is only asking and showing."""
