"""Run every benchmark in turn; each prints its figures beside a baseline of the same run."""

import asyncio

from bench import intake, pages


def main() -> None:
    """Intake, then pages."""
    asyncio.run(intake.main())
    asyncio.run(pages.main())


if __name__ == "__main__":
    main()
