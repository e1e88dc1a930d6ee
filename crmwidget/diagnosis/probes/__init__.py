"""Probes: what the diagnosis asks outside of this process: an address, a browser."""
