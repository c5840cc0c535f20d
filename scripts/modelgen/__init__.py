"""Makes the model tables by asking the installed libraries (see `make_models.py`)."""
