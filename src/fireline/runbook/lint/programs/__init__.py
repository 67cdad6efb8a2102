"""What programs have: their subcommands and options, by their own help or by a shipped table."""
