"""Shell completion: the script that `vitals --show-completion` writes, sourced by a real shell."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
OFFERED = {
    ("wh",): ["what-if"],
    ("webhooks", "a"): ["add"],
    ("explain", "A-000001", "--lang", ""): ["en", "zh"],
    ("score", "--regi"): ["--registry"],
    ("zz",): [],
}


def installed(folder: Path) -> Path:
    """The command as an installation makes it: a file of that name on the path."""
    command = folder / "vitals"
    command.write_text(f"#!{sys.executable}\nimport vitals\nvitals.main()\n")
    command.chmod(0o755)
    return command


def asked(*words: str) -> str:
    """Lines of bash that print what is offered for the last of the words, on one line."""
    return f"""COMPREPLY=() COMP_WORDS=({shlex.join(["vitals", *words])}) COMP_CWORD={len(words)}
    _vitals_completion vitals && echo ${{COMPREPLY[@]}}"""


def test_bash_completes_commands_options_and_their_values(tmp_path: Path) -> None:
    path = f"{installed(tmp_path).parent}:{os.environ['PATH']}"
    script = "\n".join(['eval "$(vitals --show-completion)"', *(asked(*words) for words in OFFERED)])
    own = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=own, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split() for line in done.stdout.splitlines()] == list(OFFERED.values())
