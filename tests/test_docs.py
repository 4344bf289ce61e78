"""The documents say what the code does."""

import re
import tomllib
from pathlib import Path

import pytest
import typer

from backchannel.cli import app
from collector import registry
from config.load import load
from config.settings import Event, Log, Network, Site, Storage
from config.sources import COMMON

HOUSE = Path(__file__).parent.parent
DOCUMENTS = sorted([*HOUSE.glob("*.md"), *HOUSE.glob("docs/**/*.md")])
PROJECT = tomllib.loads((HOUSE / "pyproject.toml").read_text())
INFOS = {key: adapter.INFO for key, adapter in registry.adapters().items()}
TITLES = {"mastodon": "Mastodon", "bluesky": "Bluesky", "feed": "Feeds", "replay": "Recordings", "x": "X"}


def section(document: str, title: str) -> str:
    """What stands under a heading of the second level."""
    text = (HOUSE / document).read_text().split(f"\n## {title}\n")
    assert len(text) == 2, f"{document} needs one heading {title!r}"
    return text[1].split("\n## ")[0]


def first_column(text: str) -> list[str]:
    return re.findall(r"^\| `([^`]+)` \|", text, flags=re.MULTILINE)


@pytest.mark.parametrize(
    ("title", "model"),
    [("[site]", Site), ("[storage]", Storage), ("[network]", Network), ("[log]", Log), ("[[event]]", Event)],
)
def test_every_key_is_explained(title, model):
    assert sorted(first_column(section("docs/configuration.md", title))) == sorted(model.model_fields)


def test_every_key_of_all_sources_is_explained():
    assert sorted(first_column(section("docs/configuration.md", "[[event.source]]"))) == sorted(COMMON)


@pytest.mark.parametrize("kind", sorted(INFOS))
def test_every_key_of_a_network_is_explained(kind):
    keys = {field.name for field in INFOS[kind].fields} - set(COMMON)

    assert sorted(first_column(section("docs/networks.md", TITLES[kind]))) == sorted(keys)


def test_every_command_is_in_the_readme():
    told = section("README.md", "Commands")

    group = typer.main.get_command(app)
    for name in group.commands:
        assert f"`backchannel {name}" in told or f"`{name}" in told


def starter() -> str:
    return (HOUSE / "config" / "starter.toml").read_text()


def test_the_starter_is_a_configuration_and_so_are_its_examples(tmp_path, monkeypatch):
    monkeypatch.setenv("MASTODON_TOKEN", "x")
    (tmp_path / "logo.svg").write_text("<svg/>")
    (tmp_path / "share.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    examples = re.sub(r"^# (# )?(?=[a-z_]+ = |\[)", "", starter(), flags=re.MULTILINE)
    (tmp_path / "starter.toml").write_text(starter())
    (tmp_path / "examples.toml").write_text(examples)

    plain = load(tmp_path / "starter.toml", INFOS)
    whole = load(tmp_path / "examples.toml", INFOS)

    assert [[source.kind for source in event.source] for event in plain.events] == [["replay"]]
    assert [[source.kind for source in event.source] for event in whole.events] == [
        ["replay"],
        ["mastodon", "bluesky", "feed"],
    ]


def toml_blocks() -> list[tuple[str, str]]:
    return [
        (f"{document.relative_to(HOUSE)} {number}", block)
        for document in DOCUMENTS
        for number, block in enumerate(re.findall(r"```toml\n(.*?)```", document.read_text(), flags=re.DOTALL))
    ]


@pytest.mark.parametrize(("where", "block"), toml_blocks())
def test_every_example_of_a_configuration_is_one(where, block, tmp_path):
    (tmp_path / "example.toml").write_text(block)

    load(tmp_path / "example.toml", INFOS)


def test_every_link_between_documents_leads_somewhere():
    broken = [
        f"{document.relative_to(HOUSE)}: {target}"
        for document in DOCUMENTS
        for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)#]+)", document.read_text())
        if not (document.parent / target).exists()
    ]
    assert broken == []


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=~! ]", requirement)[0] for requirement in requirements if isinstance(requirement, str)}


def locked(name: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+)(?:\[[^\]]*\])?==", (HOUSE / name).read_text(), flags=re.MULTILINE))


def test_every_dependency_has_a_reason():
    groups = PROJECT["dependency-groups"].values()
    wanted = names(PROJECT["project"]["dependencies"]).union(*(names(group) for group in groups))
    rows = re.findall(r"^\| ([a-z0-9, -]+) \|", (HOUSE / "docs/decisions/dependencies.md").read_text(), re.MULTILINE)

    told = {name for row in rows for name in row.split(", ")} - {"package"}
    assert told == wanted


def test_the_locks_hold_every_dependency_with_hashes_and_no_address():
    running = names(PROJECT["project"]["dependencies"]) | names(PROJECT["dependency-groups"]["build"])
    developing = names(PROJECT["dependency-groups"]["dev"])

    assert running <= locked("requirements.lock")
    assert running | developing <= locked("requirements-dev.lock")
    for lock in ("requirements.lock", "requirements-dev.lock"):
        text = (HOUSE / lock).read_text()
        pinned = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
        assert [each for each in pinned if "==" not in each or "--hash=sha256:" not in each] == []
        assert not re.search(r"://|--index-url|--extra-index-url|--find-links|\.(?:org|com|net|io)\b", text)
