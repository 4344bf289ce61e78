import shutil
from collections import Counter
from pathlib import Path

from tests.fakes.feedserver import FeedServer, item, rss
from tests.reader import Reader, all_posts
from tests.service import LASTING, Service, run


async def test_what_was_backed_up_while_running_is_restored(tmp_path):
    async with FeedServer() as server:
        server.serve("/news", rss(item(1), item(2)))
        (tmp_path / "backchannel.toml").write_text(
            '[network]\nallow_private_addresses = true\n[[event]]\nslug = "a"\ntitle = "A"\n'
            f'{LASTING}[[event.source]]\nkind = "feed"\nurl = "{server.url("/news")}"\n'
        )
        async with Service(tmp_path) as service:
            async with Reader(service.url, "a") as reader:
                await reader.until(lambda reader: len(reader.posts) == 2)
            backed_up = await run(tmp_path, "backup", "everything.tar")
            while_running = await run(tmp_path, "restore", "everything.tar")
            await service.stop()
        server.refuse("/news", 404)
        (tmp_path / "backchannel.db").unlink()
        shutil.rmtree(tmp_path / "media")

        restored = await run(tmp_path, "restore", "everything.tar")
        async with Service(tmp_path) as service:
            posts = await all_posts(service.url, "a")

    assert (backed_up.status, backed_up.out) == (0, "")
    assert backed_up.err == "Backed up 1 event, 2 posts, 0 pictures into everything.tar.\n"
    assert (tmp_path / "everything.tar").stat().st_mode & 0o777 == 0o600
    assert (while_running.status, "is already serving" in while_running.err) == (1, True)
    assert restored.status == 0
    assert restored.err.startswith("Restored 1 event, 2 posts, 0 pictures, of ")
    assert Counter(post["title"] for post in posts) == Counter(["The hall is open 1", "The hall is open 2"])


async def a_rehearsal(folder: Path) -> None:
    """A database that holds two posts of an event that is on now."""
    async with FeedServer() as server:
        server.serve("/news", rss(item(1), item(2)))
        (folder / "backchannel.toml").write_text(
            '[network]\nallow_private_addresses = true\n[[event]]\nslug = "a"\ntitle = "Rehearsal"\n'
            f'{LASTING}[[event.source]]\nkind = "feed"\nurl = "{server.url("/news")}"\n'
        )
        async with Service(folder) as service:
            async with Reader(service.url, "a") as reader:
                await reader.until(lambda reader: len(reader.posts) == 2)
            await service.stop()


async def test_nothing_is_wiped_without_a_yes(tmp_path):
    await a_rehearsal(tmp_path)

    unasked = await run(tmp_path, "event", "wipe", "a")
    refused = await run(tmp_path, "event", "wipe", "a", typed="n\n")
    wiped = await run(tmp_path, "event", "wipe", "a", typed="y\n")
    again = await run(tmp_path, "event", "wipe", "a", "--yes")

    question = "Delete 2 posts of an event that is on now (Rehearsal)?"
    assert (unasked.status, unasked.err) == (
        2,
        f"{question} Nobody can be asked here: nothing was done. Give --yes if that is meant.\n",
    )
    assert (refused.status, refused.err.splitlines()) == (1, [f"{question} [y/N]:Nothing was done."])
    assert (wiped.status, wiped.err) == (0, f"{question} [y/N]:Deleted 2 posts of a.\n")
    assert (again.status, again.err) == (0, "Deleted 0 posts of a.\n")


async def test_a_database_that_a_restore_replaces_is_asked_for_and_kept(tmp_path):
    (tmp_path / "backchannel.toml").write_text("")
    await run(tmp_path, "migrate")
    await run(tmp_path, "backup", "empty.tar")
    await a_rehearsal(tmp_path)

    refused = await run(tmp_path, "restore", "empty.tar", typed="n\n")
    restored = await run(tmp_path, "restore", "empty.tar")
    again = await run(tmp_path, "restore", "empty.tar", typed="")

    question = "Replace the database, which holds 2 posts of a?"
    assert (refused.status, refused.err.splitlines()) == (1, [f"{question} [y/N]:Nothing was done."])
    [kept] = tmp_path.glob("backchannel.db.before-restore-*")
    assert (restored.status, restored.err.splitlines()[0]) == (
        0,
        f"What was there, 2 posts of a, is kept for a week, or until a post is removed, in {kept}.",
    )
    assert again.status == 0, "there is nothing left to ask for"


async def test_there_is_nothing_to_back_up_before_the_first_start(tmp_path):
    (tmp_path / "backchannel.toml").write_text("")

    ran = await run(tmp_path, "backup", "everything.tar")

    assert (ran.status, ran.err) == (1, "there is no database yet: `backchannel serve` makes one\n")


async def test_a_place_that_takes_no_backup_is_named_as_it_was_typed(tmp_path):
    (tmp_path / "backchannel.toml").write_text("")
    await run(tmp_path, "migrate")
    (tmp_path / "folder").mkdir()

    folder = await run(tmp_path, "backup", "folder")
    nowhere = await run(tmp_path, "backup", "nope/b.tar")

    assert (folder.status, folder.err) == (1, "folder is a folder: name a file, like folder/backchannel.tar\n")
    assert (nowhere.status, nowhere.err) == (
        1,
        "there is no folder nope: make it first, or name a file elsewhere\n",
    )


async def test_a_file_that_is_no_backup_is_not_restored(tmp_path):
    (tmp_path / "backchannel.toml").write_text("")
    (tmp_path / "diary.txt").write_text("Dear diary")

    wrong = await run(tmp_path, "restore", "diary.txt")
    missing = await run(tmp_path, "restore", "nothing.tar")

    assert (wrong.status, wrong.err) == (1, "diary.txt is not a backup, or only a part of one\n")
    assert (missing.status, missing.err) == (
        1,
        "cannot use nothing.tar: No such file or directory; mend that and try again\n",
    )


async def test_migrating_says_what_it_did(tmp_path):
    (tmp_path / "backchannel.toml").write_text("")

    first = await run(tmp_path, "migrate")
    second = await run(tmp_path, "migrate")

    assert (first.status, first.err) == (0, "Made the database.\n")
    assert (second.status, second.err) == (0, "The database is up to date already.\n")
