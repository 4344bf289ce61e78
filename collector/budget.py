"""When the day's reading is paid for: what networks that charge by the post wait for."""

from datetime import UTC, datetime, time, timedelta

from timeline.errors import SourceUnavailable


def spent(now: datetime) -> SourceUnavailable:
    """Why nothing more is read today, and until when."""
    midnight = datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)
    return SourceUnavailable(
        "today's budget of posts is used up",
        hint="It goes on by itself at midnight UTC; a larger budget_posts_per_day lets it go on sooner.",
        retry_after_s=(midnight - now).total_seconds(),
    )
