"""An always-on recorder for production: what a program sends and serves, by sample."""
