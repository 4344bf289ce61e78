"""Run every benchmark in turn; each prints its figures beside a baseline of the same run."""

import asyncio

from bench import delivery, feeds, intake, jetstream, pages, search, wall, wall_page


def main() -> None:
    """Intake, the firehose, feeds, pages, search, walls, then delivery."""
    asyncio.run(intake.main())
    asyncio.run(jetstream.main())
    asyncio.run(feeds.main())
    asyncio.run(pages.main())
    asyncio.run(search.main())
    asyncio.run(wall_page.main())
    asyncio.run(wall.main())
    asyncio.run(delivery.main())


if __name__ == "__main__":
    main()
