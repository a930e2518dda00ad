"""The first install: the wizard's pages and its progress bar."""
