"""What differs between a restored database and the one in use: rows, objects, what comes back to life, what will be missing."""
