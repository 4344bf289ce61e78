"""One service to a file."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from storage.lock import AlreadyServed, only_one

HOLDER = """
import sys, time
from storage.lock import only_one

with only_one(sys.argv[1]):
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

    with pytest.raises(AlreadyServed, match=f"process {holder.pid} is already serving"), only_one(url):
        pass

    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    with only_one(url), only_one(f"sqlite:///{tmp_path / 'other.db'}"):
        pass
    with only_one(url):
        pass


def test_on_postgresql_several_share_the_work() -> None:
    with only_one("postgresql://localhost/backchannel"), only_one("postgresql://localhost/backchannel"):
        pass
