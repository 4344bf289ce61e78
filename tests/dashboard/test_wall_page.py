"""What the wall's page is made of."""

import re

import pytest

from dashboard.assets import STATIC, Assets
from dashboard.site import Site
from dashboard.views.wall import MODULES
from tests.dashboard.newsroom import Newsroom

KB = 1024


def test_its_scripts_and_styles_keep_to_their_budget():
    assets = Assets(Site(title="Harbour", base_url="http://live.example"))
    own = {path.name for path in (STATIC / "js").glob("wall*.js")}
    assert own < set(MODULES)  # each is asked for at once
    assert sum(len(assets.find(f"js/{name}").packed["gzip"]) for name in own) <= 10 * KB
    assert len(assets.find("wall.css").packed["gzip"]) <= 4 * KB


@pytest.fixture
async def room(store):
    return await Newsroom.open(store, trusted=True)


async def test_it_stands_without_scripts_and_holds_under_the_policy(server, session, room):
    await room.says("Words for everybody")
    async with session.get(server / "e/conf/wall?layout=single&theme=light") as answer:
        html = await answer.text()
    assert "Words for everybody" in re.search(r"data-cards>.*?</section>", html, re.DOTALL)[0]
    assert '<noscript><meta http-equiv="refresh" content="60"></noscript>' in html
    assert 'data-layout="single"' in html
    assert '<html lang="en-GB" dir="ltr" data-theme="light">' in html
    assert not re.search(r'\sstyle="|<style|\son\w+="', html)


async def test_its_foot_tells_the_pace_and_the_version(server, session, room):
    await room.says("One")
    async with session.get(server / "e/conf/wall?fragment=foot") as answer:
        html = await answer.text()
    assert re.search(r'data-version="\w{10}"', html)
    assert "<article" not in html
    async with session.get(server / "e/conf/wall") as answer:
        assert re.search(r'data-version="\w+"', html)[0] in await answer.text()
