"""Who may enter the desk, and how long a guesser waits."""

import pytest

from dashboard.auth import SESSION_S, Attempts, Desk, TooManyTries, desk_token


class Clock:
    now = 1_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def desk(clock):
    return Desk("right", clock=clock)


def test_a_session_lasts_a_day_and_no_longer(desk, clock):
    cookie = desk.open_session("192.0.2.1", "right")
    assert desk.in_session(cookie)
    clock.now += SESSION_S - 1
    assert desk.in_session(cookie)
    clock.now += 1
    assert not desk.in_session(cookie)


def test_a_session_is_of_its_own_token_and_cannot_be_made_longer(desk, clock):
    cookie = desk.open_session("192.0.2.1", "right")
    until, _, signature = cookie.partition(".")

    assert not Desk("another", clock=clock).in_session(cookie)
    assert [desk.in_session(word) for word in ("", ".", "right", f"{int(until) + 1}.{signature}", f"²{cookie}")] == [
        False
    ] * 5


def test_the_token_itself_is_not_in_the_cookie(desk):
    assert "right" not in desk.open_session("192.0.2.1", "right")


def test_each_mistake_after_the_fifth_costs_twice_the_wait_of_the_last(desk, clock):
    waits = []
    for _ in range(15):
        while True:
            try:
                assert desk.open_session("192.0.2.1", "wrong") is None
                break
            except TooManyTries as error:
                waits.append(error.wait_s)
                clock.now += error.wait_s

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]


def test_while_somebody_waits_the_right_token_does_not_open_either(desk, clock):
    for _ in range(5):
        desk.open_session("192.0.2.1", "wrong")

    with pytest.raises(TooManyTries):
        desk.open_session("192.0.2.1", "right")
    assert desk.open_session("192.0.2.2", "right")
    assert desk.admits("192.0.2.1", "right")  # programs that guess keep nobody from the form, nor the other way round
    clock.now += 1
    assert desk.open_session("192.0.2.1", "right")


def test_a_guesser_cannot_walk_through_the_addresses_of_its_own_network(desk):
    for host in range(5):
        desk.open_session(f"2001:db8::{host:x}", "wrong")

    with pytest.raises(TooManyTries):
        desk.open_session("2001:db8::ffff", "right")
    assert desk.open_session("2001:db8:0:1::1", "right")


def test_only_so_many_guessers_are_remembered():
    attempts = Attempts()
    for number in range(Attempts.REMEMBERED + 1):
        for _ in range(5):
            attempts.wrong(f"host-{number}", 0.0)

    assert attempts.wait_s("host-0", 0.0) == 0.0
    assert attempts.wait_s(f"host-{Attempts.REMEMBERED}", 0.0) == 1.0


def test_mistakes_are_forgotten_in_time_and_by_the_right_token(desk, clock):
    for _ in range(5):
        desk.open_session("192.0.2.1", "wrong")
    clock.now += Attempts.FORGOTTEN_S + 2
    for _ in range(4):
        assert desk.open_session("192.0.2.1", "wrong") is None
    assert desk.open_session("192.0.2.1", "right")
    for _ in range(5):
        assert desk.open_session("192.0.2.1", "wrong") is None


def test_a_secret_gives_the_same_token_at_every_start():
    assert desk_token("a secret of this site") == desk_token("a secret of this site")
    assert desk_token("a secret of this site") != desk_token("a secret of another site")
    assert len(desk_token("a secret of this site")) == 40


def test_a_secret_that_could_be_guessed_gives_none():
    assert desk_token("fifteen letters") is None
