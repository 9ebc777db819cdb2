"""The arithmetic and the verdict of `make load`; the load itself is no test of the suite."""

from collections import Counter

import pytest

from bench import load
from bench.figures import Figure
from bench.rent_day import SHARES


def test_half_of_the_households_come_in_the_ten_minutes_and_a_shorter_peak_keeps_their_rate():
    assert load.visits(10) == 1184
    assert load.visits(3) == 355
    assert sum(SHARES.values()) == 100


def test_the_slowest_hundredth_is_left_out_and_no_more():
    times = [1.0] * 198 + [9.0] * 2
    assert load.hundredth(times) == 1.0
    assert load.hundredth([*times, 9.0]) == 9.0
    assert load.hundredth([2.0]) == 2.0


def requests(*times):
    return [{"seconds": seconds} for seconds in times]


@pytest.mark.parametrize("slow", [1.0, 30.0])
def test_a_page_too_many_at_a_second_or_more_misses_the_goal(slow):
    assert load.slowest("Pages", requests(*[0.1] * 99, slow)).is_met
    assert not load.slowest("Pages", requests(*[0.1] * 98, slow, slow)).is_met
    assert not load.slowest("Pages", []).is_met


@pytest.mark.parametrize(
    ("received", "said"),
    [
        ([], "a@exemple.test: 0 times, and not 1"),
        (["a@exemple.test"] * 2, "a@exemple.test: 2 times, and not 1"),
        (["a@exemple.test", "b@exemple.test"], "b@exemple.test: 1 times, and not 0"),
    ],
    ids=["lost", "twice", "to another"],
)
def test_a_code_that_is_lost_mailed_twice_or_to_another_is_told(received, said):
    asked = Counter(["a@exemple.test"])
    assert load.astray(asked, Counter(received)) == [said]
    assert not load.kept("Codes", asked, Counter(received)).is_met
    assert load.kept("Codes", asked, asked).is_met


def test_a_load_in_which_nobody_did_it_proves_nothing():
    assert not load.kept("Codes", Counter(), Counter()).is_met


def test_memory_that_settles_at_first_is_steady_and_memory_that_goes_on_growing_is_not():
    settled = [200.0, 250.0, 290.0, 299.0] + [300.0] * 8 + [338.0] + [300.0] * 3
    assert load.steady(settled).is_met
    assert not load.steady([300.0 + 3 * second for second in range(40)]).is_met


@pytest.mark.parametrize(("is_met", "status"), [(True, False), (None, False), (False, True)])
def test_the_command_fails_when_one_figure_misses_its_goal(is_met, status, monkeypatch):
    monkeypatch.setattr("sys.argv", ["load"])
    monkeypatch.setattr(load, "record", lambda *_: [Figure("a", "", "", True), Figure("b", "", "", is_met)])
    with pytest.raises(SystemExit) as ended:
        load.main()
    assert ended.value.code == status
