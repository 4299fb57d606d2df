"""Measuring depth, rendering and flicker, always beside trivial baselines."""
