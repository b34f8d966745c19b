"""Events against events -> Comparison."""
