"""BottleCRM's own test settings with SQLite in a file; read by its Django, in its environment."""

import os
from datetime import timedelta

from crm import test_settings as its_own

globals().update({name: value for name, value in vars(its_own).items() if name.isupper()})


class NoMigrations:
    """Tables are made from the models: the migrations are PostgreSQL's, and slow."""

    def __contains__(self, app: str) -> bool:
        return True

    def __getitem__(self, app: str) -> None:
        return None


DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["BOTTLECRM_DATABASE"],
        "OPTIONS": {"timeout": 30},
    }
}
MIGRATION_MODULES = NoMigrations()
ALLOWED_HOSTS = ["127.0.0.1"]
# What was seeded once is used for months.
SIMPLE_JWT = {**its_own.SIMPLE_JWT, "ACCESS_TOKEN_LIFETIME": timedelta(days=3650)}
CELERY_TASK_ALWAYS_EAGER = True
