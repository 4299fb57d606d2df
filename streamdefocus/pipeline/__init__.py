"""Threads that move frames from a source through the stages to a sink."""
