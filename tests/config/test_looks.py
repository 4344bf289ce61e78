"""How an event and the site look: which pictures they may name, and which slugs an event may have."""

import pytest
from PIL import Image

from config.values import RESERVED, is_slug

EVENT = '[[event]]\nslug = "{slug}"\ntitle = "A"\n'
SVG = '<?xml version="1.0"?>\n<!-- drawn -->\n<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h9v9z"/></svg>'


@pytest.fixture
def pictures(tmp_path):
    """One of each kind, under names that tell nothing."""
    for kind in ("PNG", "JPEG", "WEBP", "GIF"):
        Image.new("RGB", (40, 20)).save(tmp_path / kind.lower(), kind)
    (tmp_path / "svg").write_text(SVG)
    (tmp_path / "html").write_text("<!doctype html><svg></svg>")
    (tmp_path / "huge").write_bytes((tmp_path / "png").read_bytes() + bytes(6_000_000))
    (tmp_path / "empty").write_bytes(b"")
    return tmp_path


@pytest.mark.parametrize("name", ["png", "jpeg", "webp", "svg"])
def test_a_logo_is_known_by_its_bytes(read, pictures, name):
    settings = read(f'[site]\nlogo = "{name}"\n' + EVENT.format(slug="a") + f'logo = "{name}"\n')
    assert settings.site.logo == settings.events[0].logo == pictures / name


@pytest.mark.parametrize(
    ("key", "name", "wrong"),
    [
        ("logo", "none", "is no file; put it there, or name another"),
        ("logo", "gif", "is not an SVG, PNG, JPEG or WebP picture; save it as an SVG, PNG, JPEG or WebP picture"),
        ("logo", "html", "is not an SVG, PNG, JPEG or WebP picture; save it as an SVG, PNG, JPEG or WebP picture"),
        ("logo", "empty", "is not an SVG, PNG, JPEG or WebP picture; save it as an SVG, PNG, JPEG or WebP picture"),
        ("logo", "huge", "is larger than 500 kB; make it smaller: 500 kB at most"),
        ("picture", "huge", "is larger than 5 MB; make it smaller: 5 MB at most"),
        ("picture", "gif", "is not a PNG, JPEG or WebP picture; save it as a PNG, JPEG or WebP picture"),
        (
            "picture",
            "svg",
            "is an SVG, which no network shows beside a link; save it as a PNG, JPEG or WebP picture",
        ),
    ],
)
def test_what_is_no_picture_of_ours_is_told_with_file_key_and_fix(told, pictures, key, name, wrong):
    text = f'[site]\n{key} = "{name}"\n' + EVENT.format(slug="a") + f'{key} = "{name}"\n'
    assert told(text) == [f'backchannel.toml: {where}.{key}: "{name}" {wrong}' for where in ("site", "event[a]")]


def test_an_event_has_a_look_of_its_own(read, pictures):
    links = 'links = { "Legal" = "https://example.org/legal", "Help" = "/about/privacy" }\n'
    [event] = read(
        EVENT.format(slug="a")
        + f'accent_hue = 300\npicture = "png"\nvenue = "Leeds"\nurl = "https://a.example"\n{links}'
    ).events

    assert (event.accent_hue, event.picture, event.venue) == (300, pictures / "png", "Leeds")
    assert event.url == "https://a.example"
    assert list(event.links.items()) == [("Legal", "https://example.org/legal"), ("Help", "/about/privacy")]


def test_sponsors_have_a_name_and_a_picture(read, told, pictures):
    sponsor = '[[event.sponsor]]\nname = "{}"\npicture = "{}"\n'
    [event] = read(EVENT.format(slug="a") + sponsor.format("Ann", "png") + sponsor.format("Bo", "svg")).events
    assert [(one.name, one.picture) for one in event.sponsor] == [("Ann", pictures / "png"), ("Bo", pictures / "svg")]

    bad = sponsor.format("", "none") + sponsor.format("Cy", "huge") + '[[event.sponsor]]\nname = "Di"\n'
    assert told(EVENT.format(slug="a") + bad) == [
        "backchannel.toml: event[a].sponsor[1].name: is empty; fill it in",
        'backchannel.toml: event[a].sponsor[1].picture: "none" is no file; put it there, or name another',
        'backchannel.toml: event[a].sponsor[2].picture: "huge" is larger than 5 MB; make it smaller: 5 MB at most',
        "backchannel.toml: event[a].sponsor[3].picture: is missing; add it",
    ]


def test_what_an_event_cannot_look_like_is_told(told):
    wrong = 'accent_hue = 400\nurl = "ftp://a.example"\nlinks = { "Legal" = "legal" }\n'
    assert told(EVENT.format(slug="a") + wrong) == [
        'backchannel.toml: event[a].accent_hue: cannot be "400"; give at most 360',
        'backchannel.toml: event[a].url: "ftp://a.example" is no address; '
        "write it whole, beginning with https:// or http://",
        'backchannel.toml: event[a].links.Legal: "legal" is no address; '
        "write it whole, beginning with https:// or http://",
    ]


@pytest.mark.parametrize("slug", ["desk", "api", "e", "about", "healthz"])
def test_an_event_cannot_be_called_like_an_address_of_the_site(told, slug):
    assert told(EVENT.format(slug=slug)) == [
        f'backchannel.toml: event[1].slug: "{slug}" is an address of the site itself; choose another, like "{slug}-day"'
    ]


def test_no_other_word_is_kept_from_events():
    assert not any(map(is_slug, RESERVED))
    assert all(map(is_slug, ("desk-day", "socitm09", "abouts", "event")))
