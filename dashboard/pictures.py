"""How pages ask for pictures: as wide as they are shown, on the reader's own screen."""

from markupsafe import Markup

from storage.sizes import WIDTHS
from timeline.post import Media


def srcset(picture: Media) -> Markup:
    """The attribute that offers a kept picture in all its widths, for ``<img>``; nothing where there is but one."""
    widths = [width for width in WIDTHS if width < (picture.width or 0)]
    if not widths:
        return Markup("")
    offered = [Markup("/media/{0}?w={1} {1}w").format(picture.key, width) for width in widths]
    whole = Markup("/media/{} {}w").format(picture.key, picture.width)
    return Markup(' srcset="{}"').format(Markup(", ").join([*offered, whole]))
