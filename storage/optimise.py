"""Let the database look at itself now and then, so that it goes on choosing the right indexes."""

from storage.engine import open_engine


def optimise(url: str) -> None:
    """Renew what the planner of SQLite knows of its tables, where they changed much; PostgreSQL does so by itself."""
    engine = open_engine(url, "upkeep")
    try:
        with engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA optimize = 0x10002")  # also tables not queried by this connection
    finally:
        engine.dispose()
