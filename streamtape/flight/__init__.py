"""A recorder that is always on: what a program in production sends and serves, by sample."""
