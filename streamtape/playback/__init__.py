"""An interaction -> steps, and functions from steps to steps."""
