"""Application traffic kept away from a database, reversibly: raised, proved, lifted, and fallen by itself at its deadline."""
