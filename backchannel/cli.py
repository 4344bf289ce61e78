"""The command line. What a command needs is imported inside it, so that ``--help`` answers at once."""

import sys
import tempfile
import traceback
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="backchannel",
    help="One live timeline of everything said about a conference.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
)
event_app = typer.Typer(help="Add, list and put away events.", rich_markup_mode=None, no_args_is_help=True)
app.add_typer(event_app, name="event")
import_app = typer.Typer(help="Take in what others have listed.", rich_markup_mode=None, no_args_is_help=True)
app.add_typer(import_app, name="import")

Config = Annotated[Path, typer.Option("-c", "--config", metavar="FILE", help="The configuration file.")]
Host = Annotated[str, typer.Option(help="The address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 takes any free one.")]
Json = Annotated[bool, typer.Option("--json", help="Write JSON, for programs.")]
Slug = Annotated[str, typer.Argument(metavar="SLUG", help="The event's short name.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
File = Annotated[Path, typer.Argument(metavar="FILE")]
CONFIG = Path("backchannel.toml")


def main() -> None:
    """The console command. Every error is one sentence with the next step; status 1 failed, 2 wrong usage."""
    from backchannel.house import stray_package

    if trouble := stray_package():
        typer.echo(trouble, err=True)
        sys.exit(1)
    from config.mistakes import ConfigError
    from timeline.errors import BackchannelError

    try:
        app()
    except (BackchannelError, ConfigError) as error:
        typer.echo(str(error), err=True)
    except OSError as error:
        what = f" {error.filename}" if error.filename else ""
        typer.echo(f"cannot use{what}: {error.strerror or error}; mend that and try again", err=True)
    except Exception as error:
        typer.echo(f"something went wrong inside Backchannel ({type(error).__name__}); {_details()}", err=True)
    sys.exit(1)


def _details() -> str:
    """Put the traceback where it can be reported from; say where."""
    with tempfile.NamedTemporaryFile("w", prefix="backchannel-", suffix=".txt", delete=False) as file:
        file.write(traceback.format_exc())
    return f"please report it with what is in {file.name}"


def _version(asked: bool) -> None:
    if asked:
        from backchannel.version import version

        typer.echo(version())
        raise typer.Exit


@app.callback()
def backchannel(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """One live timeline of everything said about a conference."""


@app.command()
def serve(config: Config = CONFIG, host: Host = "127.0.0.1", port: Port = 8080) -> None:
    """Collect and serve, in one process. Writes a starter configuration where there is none."""
    from backchannel.service import serve

    serve(config, host=host, port=port)


@app.command()
def demo(
    host: Host = "127.0.0.1",
    port: Port = 8080,
    speed: Annotated[float, typer.Option(min=0.01, max=1e6, help="How many times faster than it was.")] = 60,
) -> None:
    """Play a recorded conference, and keep nothing. It needs no keys and no network."""
    from backchannel.demo import demo

    demo(host=host, port=port, speed=speed)


@app.command()
def check(
    post: Annotated[
        str | None, typer.Option(metavar="URL", help="Say why this post is on a timeline, or is not.")
    ] = None,
    config: Config = CONFIG,
    json: Json = False,
) -> None:
    """Check the configuration, and try every source once.

    The exit status is 0 if all is well, 3 if some sources are not, 1 if nothing works. With --post it is 0 if
    the post is on a timeline, 3 if it is not.
    """
    from backchannel.check import check
    from backchannel.why import check_post

    if post is not None:
        raise typer.Exit(check_post(config, post, as_json=json))
    raise typer.Exit(check(config, as_json=json))


@app.command()
def backup(file: File, config: Config = CONFIG) -> None:
    """Write the database and the pictures into FILE. The service may run meanwhile."""
    from backchannel.upkeep import backup

    backup(config, file)


@app.command()
def restore(file: File, yes: Yes = False, config: Config = CONFIG) -> None:
    """Put back what a backup holds. The service must not run.

    It takes the place of what the database holds, which on SQLite is kept beside it for a week.
    """
    from backchannel.upkeep import restore

    restore(config, file, sure=yes)


@app.command()
def migrate(config: Config = CONFIG) -> None:
    """Bring the database up to date, as serve does by itself."""
    from backchannel.upkeep import migrate

    migrate(config)


@event_app.command("add")
def event_add(
    slug: Slug,
    title: Annotated[str, typer.Option(help="What the event is called.")],
    hashtag: Annotated[list[str] | None, typer.Option(help="A hashtag to follow; may be given again.")] = None,
    feed: Annotated[list[str] | None, typer.Option(metavar="URL", help="A feed; may be given again.")] = None,
    mastodon: Annotated[
        list[str] | None, typer.Option(metavar="URL", help="A Mastodon server; may be given again.")
    ] = None,
    bluesky: Annotated[bool, typer.Option("--bluesky", help="Follow Bluesky.")] = False,
    starts: Annotated[str | None, typer.Option(help="2026-10-11 or 2026-10-11T09:00; now if left out.")] = None,
    ends: Annotated[
        str | None, typer.Option(help="The same; a date includes that day. Three days if left out.")
    ] = None,
    timezone: Annotated[str | None, typer.Option(help="Where it is held, like Europe/London.")] = None,
    venue: Annotated[str | None, typer.Option(help="The same in words, like Leeds.")] = None,
    config: Config = CONFIG,
) -> None:
    """Add an event; a running service picks it up within seconds."""
    from backchannel.events import add

    keys = {
        "slug": slug, "title": title, "hashtags": hashtag, "starts": starts, "ends": ends, "timezone": timezone,
        "venue": venue,
    }  # fmt: skip
    sources = [{"kind": "feed", "url": url} for url in feed or ()]
    sources += [{"kind": "mastodon", "server": url} for url in mastodon or ()]
    sources += [{"kind": "bluesky"}] if bluesky else []
    add(config, {key: value for key, value in keys.items() if value}, sources)


@event_app.command("list")
def event_list(config: Config = CONFIG, json: Json = False) -> None:
    """List events, the latest to start first."""
    from backchannel.events import list_events

    list_events(config, as_json=json)


@event_app.command("show")
def event_show(slug: Slug, config: Config = CONFIG, json: Json = False) -> None:
    """Show one event and how its sources fare."""
    from backchannel.events import show

    show(config, slug, as_json=json)


@event_app.command("archive")
def event_archive(slug: Slug, config: Config = CONFIG) -> None:
    """Put an event away: it collects nothing new."""
    from backchannel.events import archive

    archive(config, slug)


@event_app.command("look")
def event_look(
    slug: Slug,
    logo: Annotated[Path | None, typer.Option(metavar="FILE", help="At the head of its pages.")] = None,
    picture: Annotated[Path | None, typer.Option(metavar="FILE", help="Beside links to it that people share.")] = None,
    accent_hue: Annotated[int | None, typer.Option(help="0 to 360: the colour of links and buttons.")] = None,
    link: Annotated[
        list[str] | None, typer.Option(metavar="NAME=ADDRESS", help="At the foot of its pages; may be given again.")
    ] = None,
    plain: Annotated[bool, typer.Option("--plain", help="Like the site, but for what else is given.")] = False,
    config: Config = CONFIG,
) -> None:
    """Change how an event looks; what is not given stays. Open pages show it when they are loaded again."""
    from backchannel.events import look

    keys = {"logo": logo, "picture": picture, "accent_hue": accent_hue, "links": link}
    look(config, slug, {key: value for key, value in keys.items() if value is not None}, plain=plain)


@event_app.command("copy")
def event_copy(
    slug: Slug,
    new: Annotated[str, typer.Argument(metavar="NEW", help="The new one's.")],
    title: Annotated[str | None, typer.Option(help="What the new one is called; the same if left out.")] = None,
    starts: Annotated[
        str | None, typer.Option(help="2026-10-11 or 2026-10-11T09:00; if left out the same, or now if that is over.")
    ] = None,
    ends: Annotated[
        str | None, typer.Option(help="The same; a date includes that day. As long as the other if left out.")
    ] = None,
    config: Config = CONFIG,
) -> None:
    """Make a new event like another, without its posts. It has the sources, rules and looks of the other."""
    from backchannel.events import copy

    keys = {"title": title, "starts": starts, "ends": ends}
    copy(config, slug, new, {key: value for key, value in keys.items() if value})


@event_app.command("wipe")
def event_wipe(
    slug: Slug,
    yes: Yes = False,
    config: Config = CONFIG,
) -> None:
    """Delete a rehearsal's posts. Asks first; where there is no terminal it needs --yes."""
    from backchannel.events import wipe

    wipe(config, slug, sure=yes)


@import_app.command("opml")
def import_opml(
    event: Annotated[str, typer.Argument(metavar="EVENT", help="The event's short name.")],
    file: File,
    config: Config = CONFIG,
    json: Json = False,
) -> None:
    """Add the feeds of an OPML file to an event. Those it has already are told and left alone."""
    from backchannel.opml import import_opml

    import_opml(config, event, file, as_json=json)
