from __future__ import annotations

import stat

from regbulk import speed
from regbulk.api.trace import SpeedChange


def test_the_last_change_of_speed_and_the_429s_are_told_in_one_line(tmp_path):
    assert speed.told(tmp_path) is None
    speed.keep(tmp_path, [])
    assert speed.told(tmp_path) is None, "no change leaves no file"
    speed.keep(tmp_path, [SpeedChange(1_000.0, 4, None, "nothing for 2.0 s after a 429, as the API asks")])
    speed.keep(tmp_path, [SpeedChange(1_060.0, 5, 2.5, "a run of successes")])
    line = speed.told(tmp_path)
    assert line == (
        "speed: 5 requests at once, 2.5 a second since 1970-01-01T00:17:40Z (a run of successes); "
        "slowed down after a 429 once"
    )
    assert stat.S_IMODE((tmp_path / speed.FILE).stat().st_mode) == 0o600


def test_a_line_that_a_killed_process_left_unfinished_is_left_out(tmp_path):
    speed.keep(tmp_path, [SpeedChange(1_000.0, 4, None, "429")])
    with (tmp_path / speed.FILE).open("ab") as file:
        file.write(b'{"at": "19')
    assert "4 requests at once" in speed.told(tmp_path)
    speed.keep(tmp_path, [SpeedChange(1_060.0, 5, None, "a run of successes")])
    assert "4 requests at once" in speed.told(tmp_path), "the torn line and what was written to its end are left out"
