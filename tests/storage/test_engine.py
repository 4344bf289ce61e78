"""How the database is opened."""

import pytest
from sqlalchemy import Connection, text

from storage.store import Store
from storage.writing import Writing


async def test_an_error_of_the_database_names_nobodys_words(store: Store) -> None:
    """Errors end in logs and in reports of faults."""
    wrong = text("SELECT nothing FROM nowhere WHERE words = :words")

    def ask(reading: Connection) -> None:
        reading.execute(wrong, {"words": "Unforgettable"})

    def tell(writing: Writing) -> None:
        writing.execute(wrong, {"words": "Unforgettable"})

    for asked in (store.read(ask), store.write(tell)):
        with pytest.raises(Exception, match="nowhere") as raised:
            await asked
        assert "Unforgettable" not in str(raised.value)
