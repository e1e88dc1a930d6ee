"""Journal: interaction logs, kept until they are handled."""

from crmwidget.client.journal._journal import Journal

__all__ = ["Journal"]
