"""The contracts of code hosts and their check."""
