"""What `make` runs: the start of all processes, the demo and checks of the source. Not part of the application."""
