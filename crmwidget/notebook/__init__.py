"""Notebook: the phone as a widget in a cell, and what only a notebook needs."""
