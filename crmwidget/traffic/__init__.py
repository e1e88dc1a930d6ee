"""Traffic: the messages of a phone as data, in memory and in files."""

from crmwidget.traffic._log import LARGE, Entry, Traffic

__all__ = ["LARGE", "Entry", "Traffic"]
