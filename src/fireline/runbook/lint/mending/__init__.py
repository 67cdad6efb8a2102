"""The edits and the lines that a rule offers. A corrected copy is written by `lint.fixing`."""
