"""Where a start keeps its files, and when it refuses to."""

import stat
from pathlib import Path

import pytest

from scripts.places import StartRefused, make_places


def test_folders_are_made_for_this_user_only(tmp_path: Path) -> None:
    places = make_places(tmp_path / "var", runtime=tmp_path / "run")

    for folder in (places.data, places.run, places.log, places.redis, places.runtime):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_folder_of_the_sockets_is_short_and_the_same_each_time(tmp_path: Path) -> None:
    first = make_places(tmp_path / ("deep/" * 20) / "var")
    second = make_places(tmp_path / ("deep/" * 20) / "var")

    assert first.runtime == second.runtime
    assert len(str(first.supervisor_socket)) < 60
    first.runtime.rmdir()


def test_a_folder_that_others_may_enter_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir(mode=0o755)

    with pytest.raises(StartRefused, match="not a private folder"):
        make_places(tmp_path / "var", runtime=tmp_path / "run")


def test_a_link_that_somebody_else_may_have_placed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "run").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(StartRefused, match="not a private folder"):
        make_places(tmp_path / "var", runtime=tmp_path / "run")


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("not a folder", encoding="utf-8")

    with pytest.raises(StartRefused, match="var can not be made or used"):
        make_places(tmp_path / "var", runtime=tmp_path / "run")


def test_a_path_too_long_for_a_socket_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StartRefused, match="too long for a socket"):
        make_places(tmp_path / "var", runtime=tmp_path / ("r" * 100))


@pytest.mark.parametrize("name", ["100%", "a;b", "issue #5", "two\nlines"])
def test_a_path_that_the_supervisor_would_misread_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(StartRefused, match="use a path without"):
        make_places(tmp_path / name, runtime=tmp_path / "run")
