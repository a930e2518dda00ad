"""How we talk to code hosts. Knows nothing of our database, except in `service.py` and `forms.py`."""
