"""What loses data or writes over it, and in which database."""
