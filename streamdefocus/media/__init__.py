"""What sources and sinks of video files both need to know: containers, colour, time, rotation."""
