"""What the app knows, apart from how it is shown: no module here imports Qt."""
