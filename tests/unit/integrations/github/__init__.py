"""The GitHub driver: pure parts with rows of their own, the rest against the fake and scripted servers."""
