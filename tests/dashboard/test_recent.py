"""What is remembered of an event's last steps."""

from hypothesis import given
from hypothesis import strategies as st

from dashboard import recent
from dashboard.recent import Recent
from tests.dashboard.newsroom import NOON
from timeline.change import Change, Step, Window


def a_step(seq, subject):
    return Step(change=Change(event_id=1, seq=seq, kind="item.removed", subject=subject, at=NOON), item=None)


def a_window(steps):
    last = steps[-1].change.seq
    return Window(steps=tuple(steps), upto=last, latest=last, floor=0)


@given(subjects=st.lists(st.integers(0, 30), min_size=1, max_size=300), cut=st.integers(1, 20), data=st.data())
def test_a_reader_is_told_the_last_step_of_everything_that_changed_since(subjects, cut, data):
    log = [a_step(seq, subject) for seq, subject in enumerate(subjects, 1)]
    last = {step.change.subject: step for step in log}
    remembered = Recent(0)
    for start in range(0, len(log), cut):
        remembered.add(a_window(log[start : start + cut]))
    position = data.draw(st.integers(0, len(log)))
    wanted = [step for step in log if step.change.seq > position and last[step.change.subject] is step]

    told = remembered.since(position, 1_000)

    if position < remembered.floor:
        assert told is None
    else:
        assert [step for step in told if last[step.change.subject] is step] == wanted
        assert all(position < step.change.seq for step in told)


def test_what_is_further_back_has_to_be_read_in_the_log():
    remembered = Recent(10)
    for seq in range(11, 12 + recent.STEPS):
        remembered.add(a_window([a_step(seq, seq)]))

    assert remembered.floor == 11
    assert remembered.since(10, 5) is None
    assert remembered.since(11, 2) == [a_step(12, 12), a_step(13, 13)]


def test_nothing_is_left_of_an_emptied_event():
    remembered = Recent(0)
    remembered.add(a_window([a_step(1, 1), a_step(2, 2)]))
    remembered.clear(7)

    assert remembered.since(2, 5) is None
    assert remembered.since(7, 5) == []
