"""What a step is for, by its words and its commands."""
