"""What reading has cost today, for networks that charge by the post: a stop that survives restarts.

Sources of one kind and address share a token, so they share an account: it may spend the sum
of what those are given whose events collect now, and while none does, the most that one of them
is, for looking again at what they have shown. A post is charged for once in a UTC day, however
often it is read.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import ColumnElement, Connection, bindparam, delete, select, update

from storage.tables import charged, events, spending
from storage.tables import sources as source_rows
from storage.writing import Writing
from timeline.network import Budget, NetworkInfo, Source

Networks = Mapping[str, NetworkInfo]

_SPENT = select(spending.c.posts).where(
    spending.c.account == bindparam("account"), spending.c.day == bindparam("today")
)


def charge(writing: Writing, source: Source, refs: Sequence[str], *, at: datetime) -> None:
    """Write down that posts were read through ``source``."""
    account, today = account_of(source), _day(at)
    fresh = sum(
        writing.add(charged, {"account": account, "day": today, "ref": ref}, charged.c.ref) is not None
        for ref in dict.fromkeys(refs)
    )
    if not fresh:
        return
    here = (spending.c.account == account) & (spending.c.day == today)
    more = update(spending).where(here).values(posts=spending.c.posts + fresh)
    if writing.execute(more).rowcount == 0:
        if writing.add(spending, {"account": account, "day": today, "posts": fresh}, spending.c.account) is None:
            writing.execute(more)  # another process began the day meanwhile
        writing.execute(delete(charged).where(charged.c.account == account, charged.c.day < today))


def budget(reading: Connection, source: Source, networks: Networks, *, at: datetime) -> Budget | None:
    """What this source's account may read today and has read; None where reading costs nothing."""
    network = networks.get(source.kind)
    if network is None or network.budget is None:
        return None
    default = next(field.default for field in network.fields if field.name == network.budget)
    here = (source_rows.c.kind == source.kind) & (source_rows.c.address == source.address)
    sharing = select(source_rows.c.settings, _on(at).label("on")).join_from(source_rows, events)
    rows = reading.execute(sharing.where(here, source_rows.c.stopped_at.is_(None))).all()
    given = [((row.settings or {}).get(network.budget) or default, row.on) for row in rows]
    now = [limit for limit, on in given if on]
    limit = sum(now) if now else max((limit for limit, _ in given), default=0)
    spent = reading.scalar(_SPENT, {"account": account_of(source), "today": _day(at)}) or 0
    midnight = datetime.combine(at.astimezone(UTC).date() + timedelta(days=1), time(), UTC)
    return Budget(limit=int(limit), spent=spent, resets_at=midnight)


def _on(at: datetime) -> ColumnElement[bool]:
    """Whether a source's event takes posts in."""
    takes_in = events.c.archived_at.is_(None) | (events.c.archived_at > at)
    return takes_in & (events.c.collect_from <= at) & (events.c.collect_until >= at)


def account_of(source: Source) -> str:
    """Whose budget a source spends."""
    return f"{source.kind} {source.address}"


def _day(at: datetime) -> str:
    return at.astimezone(UTC).date().isoformat()
