"""What a data scientist would use instead, run in an environment of its own."""
