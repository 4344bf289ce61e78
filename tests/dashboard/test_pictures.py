"""What widths a picture is offered in."""

import pytest

from dashboard.pictures import srcset
from timeline.post import Media


@pytest.mark.parametrize(
    ("width", "offered"),
    [
        (1600, ["320w", "640w", "960w", "1280w", "1600w"]),
        (700, ["320w", "640w", "700w"]),
        (320, []),
        (None, []),
    ],
)
def test_a_picture_is_offered_in_every_width_it_has(width, offered):
    said = srcset(Media(kind="image", source_url="https://a.example/a", key="k", width=width, height=10))
    assert [word for word in str(said).replace(",", "").replace('"', "").split() if word.endswith("w")] == offered


def test_nothing_is_said_of_a_picture_with_one_width():
    assert srcset(Media(kind="image", source_url=None, key="k", width=100, height=10)) == ""
