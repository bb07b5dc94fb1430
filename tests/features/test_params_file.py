"""Reading the parameters file and `--set`."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.faults import WrongUse
from features.params import FeatureParams
from features.params_file import Section, read_section


class Inner(Section):
    depth: int = 1


class Demo(Section):
    seed: int = 7
    inner: Inner = Inner()


def section(tmp_path: Path, text: str, *overrides: str) -> Demo:
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    return read_section(path, "serving", Demo, overrides)


def refusal(path: Path, *overrides: str) -> list[str]:
    with pytest.raises(WrongUse) as refused:
        read_section(path, "serving", Demo, overrides)
    return str(refused.value).splitlines()


@pytest.mark.parametrize("text", ["", "serving:\n", "training: {a: 1}\n"])
def test_a_section_that_is_not_there_has_its_defaults(tmp_path: Path, text: str) -> None:
    assert section(tmp_path, text) == Demo()


def test_the_command_line_outweighs_the_file(tmp_path: Path) -> None:
    found = section(
        tmp_path, "serving: {seed: 1}\n", "serving.seed=2", "serving.inner.depth=3", "training.k=4"
    )
    assert found == Demo(seed=2, inner=Inner(depth=3))


def test_the_command_line_can_fill_a_section_that_is_empty(tmp_path: Path) -> None:
    assert section(tmp_path, "serving:\n", "serving.seed=2").seed == 2


def test_a_value_of_the_command_line_is_checked_like_the_files(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=r"serving\.sead is 2; .* did you mean 'seed'\?"):
        section(tmp_path, "serving: {}\n", "serving.sead=2")
    with pytest.raises(WrongUse, match=r"serving\.seed is 'many'; .* Input should be a valid integer"):
        section(tmp_path, "", "serving.seed=many")


@pytest.mark.parametrize(
    "text", ["seed=3", "serving.seed", "=3", ".seed=3", "serving.=3", "serving..seed=3", ""]
)
def test_a_setting_that_names_no_key_of_a_section_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(WrongUse) as refused:
        section(tmp_path, "", text)
    assert str(refused.value).splitlines() == [
        "a parameter on the command line cannot be read",
        f"  - --set is {text!r}; allowed: section.key=value. Next: for example --set training.horizon=60d",
    ]


@pytest.mark.parametrize("file", ["serving: {seed: 1}\n", "serving: {seed: [1]}\n"])
def test_a_setting_below_something_that_is_no_section_is_refused(tmp_path: Path, file: str) -> None:
    with pytest.raises(WrongUse) as refused:
        section(tmp_path, file, "serving.seed.low=3")
    assert str(refused.value.faults[0]) == (
        "--set is 'serving.seed.low=3'; allowed: a section before each point; 'seed' is none. "
        "Next: edit params.yaml"
    )


def test_every_setting_that_cannot_be_read_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(WrongUse) as refused:
        section(tmp_path, "", "seed=3", "serving.seed=[1", "serving.seed=2")
    assert [fault.value for fault in refused.value.faults] == ["seed=3", "serving.seed=[1"]
    assert refused.value.faults[1].allowed == "a value in YAML after the ="


def test_a_file_that_does_not_exist_is_named(tmp_path: Path) -> None:
    path = tmp_path / "parms.yaml"
    assert refusal(path) == [
        "the parameters file is missing",
        f"  - --params is '{path}'; allowed: a file that exists. "
        "Next: run in the project's folder or name the file",
    ]


@pytest.mark.parametrize("content", [b"serving: [1", b"serving:\n\t- 1", b"\xff\xfe\x00d"])
def test_a_file_that_is_no_yaml_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "params.yaml"
    path.write_bytes(content)
    title, fault = refusal(path)
    assert title == "the parameters file cannot be read"
    assert fault.startswith(f"  - --params is '{path}'; allowed: YAML in UTF-8. Next: ")


def test_a_key_that_stands_twice_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text("serving:\n  seed: 1\nserving:\n  seed: 2\n", encoding="utf-8")
    assert "line 3: the key 'serving' stands in line 1 already: keep one" in refusal(path)[1]


def test_a_folder_is_no_parameters_file(tmp_path: Path) -> None:
    assert refusal(tmp_path)[0] == "the parameters file cannot be read"


@pytest.mark.parametrize("text", ["- serving\n", "serving\n", "5\n"])
def test_a_file_without_sections_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(text)
    assert refusal(path) == [
        "the parameters file has no sections",
        f"  - --params is '{path}'; allowed: sections with keys. "
        "Next: start from the params.yaml of the project",
    ]


def test_a_section_that_is_no_mapping_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="section 'serving', cannot be used"):
        section(tmp_path, "serving: [1, 2]\n")


def test_a_section_that_no_stage_reads_is_refused_with_the_nearest(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text("featuers: {answer_grace: 7d}\n", encoding="utf-8")
    with pytest.raises(WrongUse, match=r"featuers .* did you mean 'features'"):
        read_section(path, "features", FeatureParams)
