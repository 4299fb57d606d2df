"""Stereo pairs without cameras: rooms and streets made by the program, and pairs from photos."""
