"""What a commit passes on the machine of who makes it: the hooks of git and the habits of the editor."""

import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent


def tracked():
    """Return the files of the project that are text and its own."""
    pattern = ["git", "grep", "--cached", "-I", "--name-only", "-e", "", "--", ".", ":!static/vendor"]
    return subprocess.run(pattern, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


def test_the_hooks_are_the_parts_of_make_check():
    makefile = (ROOT / "Makefile").read_text()
    [check] = [line for line in makefile.splitlines() if line.startswith("check:")]
    parts = check.removeprefix("check:").split("##")[0].split()
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    hooks = [hook for repository in config["repos"] for hook in repository["hooks"]]
    assert [hook["entry"] for hook in hooks] == [f"make {part}" for part in parts]
    assert {hook["language"] for hook in hooks} == {"system"}


def is_odd(name):
    """Whether an editor that reads .editorconfig would change more of this file than is typed."""
    lines = (ROOT / name).read_bytes().decode("utf-8").splitlines(keepends=True)
    tabs = name != "Makefile" and any(line.startswith("\t") for line in lines)
    return tabs or any(line != line.rstrip() + "\n" for line in lines)


def test_files_are_as_an_editor_saves_them_that_reads_the_editorconfig():
    assert not [name for name in tracked() if is_odd(name)]
