"""What the heavy engines need: a session on loopback, and their own warnings let through."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession

HERE = Path(__file__).parent
# Each is the engine's own, of what it does itself with what narwhals asks for.
FILTERS = (
    # narwhals announces a package that does not exist yet.
    "ignore:Dask support is moving out of Narwhals:FutureWarning",
    # narwhals and Ibis use what the newest pandas and DuckDB give up.
    "ignore:The inplace keyword in DataFrame.reset_index is deprecated",
    "ignore:fetch_arrow_table:DeprecationWarning",
    "ignore:The 'future.infer_string' option is deprecated",
    # py4j leaves its sockets to the end of the process.
    "ignore:unclosed <socket.socket.*127.0.0.1:ResourceWarning",
    "ignore:Exception ignored in. <socket.socket:pytest.PytestUnraisableExceptionWarning",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            for one in FILTERS:
                item.add_marker(pytest.mark.filterwarnings(one))


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    from pyspark.sql import SparkSession

    folder = tmp_path_factory.mktemp("spark")
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master("local[1]").appName("crmwidget")
    settings = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.local.dir": str(folder),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.sql.shuffle.partitions": "1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()
