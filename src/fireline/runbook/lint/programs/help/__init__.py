"""What a help text says of its program. How a program is asked for it stands in `programs.learning`."""
