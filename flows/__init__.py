"""The rim: settings, reading and writing, Prefect flows and the command line."""
