"""One service to a file."""

import os
import signal
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from storage.engine import sqlite_file
from storage.lock import AlreadyServed, nobody_else, serving
from storage.schema import DatabaseUnreachable

HOLDER = """
import sys, time
from storage.lock import serving

with serving(sys.argv[1]):
    print('held', flush=True)
    time.sleep(60)
"""


def test_a_second_service_is_refused_and_told_who_holds_the_file(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'folder' / 'live.db'}"
    here = Path(__file__).parents[2]
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, url],
        stdout=subprocess.PIPE,
        cwd=here,
        env=os.environ | {"PYTHONPATH": str(here)},
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"

    with pytest.raises(AlreadyServed, match=f"process {holder.pid} is already serving"), serving(url):
        pass
    with pytest.raises(AlreadyServed), nobody_else(url):
        pass

    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    with serving(url), serving(f"sqlite:///{tmp_path / 'other.db'}"):
        pass
    with serving(url):
        pass


def test_no_restore_comes_between_services(database_url: str) -> None:
    several = nullcontext() if sqlite_file(database_url) else serving(database_url)
    with several, serving(database_url), pytest.raises(AlreadyServed), nobody_else(database_url):
        pass
    with nobody_else(database_url), pytest.raises(AlreadyServed), serving(database_url):
        pass
    with serving(database_url):
        pass


def test_a_database_that_does_not_answer_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnreachable, match="check"), serving(f"postgresql:///none?host={tmp_path}"):
        pass
