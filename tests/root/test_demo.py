from tests.reader import Reader, all_posts
from tests.service import Service, get


async def test_without_a_configuration_a_starter_is_written_and_its_demonstration_served(tmp_path):
    async with Service(tmp_path) as service:
        async with Reader(service.url, "demo") as reader:
            await reader.until(lambda reader: len(reader.posts) >= 20)
        page = await get(f"{service.url}/e/demo")
        status = await service.stop()

    assert status == 0
    assert service.lines[0] == (
        "Wrote backchannel.toml, with a demonstration to begin with: open it to follow an event of yours."
    )
    assert (tmp_path / "backchannel.toml").read_text().startswith("# Backchannel's configuration.")
    assert page.count("<article") == 20


async def test_the_demonstration_needs_nothing_and_leaves_nothing(tmp_path):
    async with Service(tmp_path, command=("demo", "--speed", "6000")) as service:
        async with Reader(service.url, "demo") as reader:
            await reader.until(lambda reader: len({post["id"] for post in reader.posts}) >= 100, timeout_s=30)
        posts = await all_posts(service.url, "demo")
        status = await service.stop()

    assert status == 0
    assert len(posts) >= 100
    assert list(tmp_path.iterdir()) == []
