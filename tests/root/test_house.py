from pathlib import Path

from backchannel.house import stray_package
from tests.service import HOUSE, run


def test_our_packages_are_ours():
    assert stray_package() is None


def test_a_package_of_the_same_name_from_elsewhere_is_told():
    assert stray_package(Path("/elsewhere")).startswith(
        "the package 'backchannel' is not Backchannel's but comes from "
    )


async def test_a_folder_that_hides_one_of_our_packages_is_told_and_nothing_starts(tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "__init__.py").write_text("")

    ran = await run(tmp_path, "serve", PYTHONPATH=f"{tmp_path}:{HOUSE}")

    assert ran.status == 1
    assert ran.err == (
        f"the package 'config' is not Backchannel's but comes from {tmp_path}/config/__init__.py: "
        "install Backchannel in an environment of its own, and start it elsewhere (docs/operating.md)\n"
    )
