from __future__ import annotations

from pathlib import Path

import pytest

from streamdefocus.config import Config, load_config, option_sections, parse_focus
from streamdefocus.errors import ConfigError
from streamdefocus.resources import resource_dir


def test_defaults_file_and_overrides_in_this_order(tmp_path: Path) -> None:
    file = tmp_path / "my.toml"
    file.write_text("[defocus]\nblur = 3.0\nlevels = 4\n")
    config = load_config(file, {"blur": 4.0, "levels": None})
    assert config.defocus.blur == 4.0
    assert config.defocus.levels == 4
    assert config.defocus.renderer == Config().defocus.renderer


def test_options_may_stand_alone_by_name(tmp_path: Path) -> None:
    file = tmp_path / "my.toml"
    file.write_text('blur = 3.0\nfocus = "auto"\n\n[defocus]\nlevels = 4\n')
    config = load_config(file, {"blur": 4.0})
    assert (config.defocus.blur, config.defocus.levels, config.focus.focus) == (4.0, 4, "auto")


def test_every_shipped_configuration_is_valid() -> None:
    files = list(resource_dir("configs").glob("*.toml"))
    assert files
    for file in files:
        load_config(file)


def test_a_shipped_configuration_is_found_by_its_bare_name() -> None:
    assert load_config(Path("seed-report")).defocus.renderer == "classic"


def test_option_names_are_unique_across_sections() -> None:
    total = sum(
        len(field.annotation.model_fields)  # type: ignore[union-attr]
        for field in Config.model_fields.values()
    )
    assert len(option_sections()) == total


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("[defocus]\nblurr = 2", "unknown option 'defocus.blurr'. Known: renderer, blur"),
        ("[lens]\nblur = 2", "unknown option 'lens'. Known: depth, smoothing"),
        ("[defocus]\nblur = 99", "defocus.blur: Input should be less than or equal to 10"),
        ("[defocus]\nblur = 'much'", "defocus.blur: Input should be a valid number"),
        ("[defocus]\nblur = nan", "defocus.blur: Input should be a finite number"),
        ("[focus]\nfocus = '0.5,1.5'", "focus must lie in 0..1"),
        ("defocus = 3", "defocus"),
        ("focus = 'near'", "focus must be"),
        ("blurr = 2", "unknown option 'blurr'"),
        ("[live]\nsize = '800'", "live.size: must be like 1280x720. Received: '800'"),
        ("blur = ", "is not a valid TOML file"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line_that_names_it(
    tmp_path: Path, content: str, expected: str
) -> None:
    file = tmp_path / "my.toml"
    file.write_text(content)
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    assert expected in str(caught.value)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"cannot read configuration .*nothing\.toml.*cinematic, live"
    ):
        load_config(tmp_path / "nothing.toml")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("centre", ("centre", ())),
        ("auto", ("auto", ())),
        ("0.25,1", ("point", (0.25, 1.0))),
        ("track:0,0.5", ("track", (0.0, 0.5))),
        ("disparity:0.7", ("disparity", (0.7,))),
    ],
)
def test_parse_focus(text: str, expected: tuple[str, tuple[float, ...]]) -> None:
    assert parse_focus(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "center",
        "0.5",
        "0.5,0.5,0.5",
        "1.2,0",
        "nan,0",
        "track",
        "track:1",
        "disparity:0,1",
        "a,b",
    ],
)
def test_parse_focus_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="focus must"):
        parse_focus(text)


def test_a_path_with_dots_is_told_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "x.toml").write_text("[defocus]\nblur = 99")
    monkeypatch.chdir(tmp_path / "below")
    with pytest.raises(ConfigError, match=r"^\.\./x\.toml: defocus\.blur: .*[^.]\. Received: 99$"):
        load_config(Path("../x.toml"))
