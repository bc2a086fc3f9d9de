"""The decision engine measured: speed, and money saved against other policies."""
