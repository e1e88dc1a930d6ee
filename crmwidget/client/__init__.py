"""Client: one phone, whatever shows it: a notebook, a test, a replay."""

from crmwidget.client._client import Client, Link, living

__all__ = ["Client", "Link", "living"]
