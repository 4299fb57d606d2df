"""Learning from single pictures whose disparity is known: by a teacher, or measured."""
