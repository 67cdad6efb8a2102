"""What a lint says, in the forms that others' machines read: one file each. For people it is drawn in `cli.lint_view`."""
