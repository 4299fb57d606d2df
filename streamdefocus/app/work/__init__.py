"""Everything that takes long, in threads that report by signals and end with the window."""
