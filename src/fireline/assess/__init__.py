"""Look at a target and name the cause; what is done about it is decided elsewhere."""
