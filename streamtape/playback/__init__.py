"""Interactions as steps, and functions from steps to steps: pace, cuts, faults."""
