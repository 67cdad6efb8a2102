"""What the blocks of a page mean: procedures, steps, fences, severities, contacts, links."""
