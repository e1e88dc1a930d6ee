"""Core: state machines that take events and the time, and return what is to be done."""
