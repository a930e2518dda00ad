"""Reading code through version control programs. `git.py` is the door; `run.py` alone starts processes."""
