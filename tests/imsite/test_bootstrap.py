"""From a bare Python to the pinned packages: once, by one process at a time, or one line that says what is missing."""

import ast
import importlib.util
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from imsite import bootstrap
from imsite.env import ROOT


class Replaced(BaseException):
    """Stands for the process having become another."""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose requirements are empty, so that installing them needs no network."""
    (tmp_path / "requirements").mkdir()
    for name in ("base.txt", "dev.txt"):
        (tmp_path / "requirements" / name).write_text("# nothing\n", encoding="utf-8")
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setenv("IM_VENV", str(tmp_path / "venv"))
    return tmp_path


@pytest.fixture
def becomes(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands this process would have turned into."""
    commands: list[list[str]] = []

    def become(command: list[str]) -> None:
        commands.append(command)
        raise Replaced

    monkeypatch.setattr(bootstrap, "_become", become)
    return commands


@pytest.fixture
def installs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The kinds that were installed, without really doing it."""
    kinds: list[str] = []

    def create(folder: Path, keep: Path) -> None:
        python = bootstrap.python_of(folder)
        python.parent.mkdir(parents=True, exist_ok=True)
        python.touch()

    monkeypatch.setattr(bootstrap, "_works", lambda python: python.exists())
    monkeypatch.setattr(bootstrap, "_create", create)
    monkeypatch.setattr(bootstrap, "_install", lambda _folder, kind: kinds.append(kind))
    return kinds


class TestPython:
    def test_the_code_before_the_check_can_be_read_by_old_pythons(self) -> None:
        for name in ("manage.py", "imsite/__init__.py", "imsite/bootstrap.py", "imsite/phrases.py", "imsite/env.py"):
            ast.parse((ROOT / name).read_text(encoding="utf-8"), feature_version=(3, 8))

    @pytest.mark.parametrize("minor", [8, 9, 10])
    def test_an_old_python_says_so_in_both_languages(self, minor: int) -> None:
        python = shutil.which(f"python3.{minor}")
        if python is None or subprocess.run([python, "-V"], capture_output=True, check=False).returncode != 0:
            pytest.skip(f"there is no Python 3.{minor} here")
        code = "import shutil; shutil.which = lambda _name: None; from imsite import bootstrap; "
        code += "bootstrap.enter_environment(['manage.py', 'up'])"

        said = [
            subprocess.run(
                [python, "-c", code],
                cwd=ROOT,
                env={"PATH": os.environ["PATH"], "LANG": language, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"},
                capture_output=True,
                encoding="utf-8",
                check=False,
            ).stderr
            for language in ("en_US.UTF-8", "zh_CN.UTF-8")
        ]

        assert said[0].startswith(f"imsite: Python 3.{minor} is too old: install Python 3.11")
        assert said[1].startswith(f"imsite: Python 3.{minor} 版本过低：请安装 Python 3.11")

    def test_it_needs_nothing_but_the_standard_library(self) -> None:
        code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import imsite.bootstrap, imsite.filelock"

        finished = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, check=False)

        assert (finished.returncode, finished.stderr) == (0, b"")

    def test_an_old_python_without_a_newer_one_is_one_line(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "version_info", (3, 9, 2))
        monkeypatch.setattr(shutil, "which", lambda _name: None)

        with pytest.raises(SystemExit, match=r"^imsite: Python 3\.9 is too old: install Python 3\.11"):
            bootstrap.enter_environment(["manage.py", "up"])

    def test_an_old_python_hands_over_to_the_newest_fit_one(
        self, monkeypatch: pytest.MonkeyPatch, becomes: list[list[str]]
    ) -> None:
        installed = {"python3.11": "/usr/bin/python3.11", "python3.12": "/opt/python3.12", "python3.14": "/opt/14"}
        monkeypatch.setattr(sys, "version_info", (3, 9, 2))
        monkeypatch.setattr(shutil, "which", installed.get)

        with pytest.raises(Replaced):
            bootstrap.enter_environment(["manage.py", "up", "--no-demo"])

        assert becomes == [["/opt/python3.12", "manage.py", "up", "--no-demo"]]

    @pytest.mark.parametrize("module", ["venv", "ensurepip"])
    def test_a_python_without_venv_names_the_package(
        self, project: Path, monkeypatch: pytest.MonkeyPatch, module: str
    ) -> None:
        found = importlib.util.find_spec
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == module else found(name))

        with pytest.raises(SystemExit, match=rf"lacks the module {module}: apt install python3\.\d+-venv"):
            bootstrap.prepare_environment(project / "venv", "base")


class TestStamp:
    def test_nothing_installed_is_not_fresh(self, project: Path) -> None:
        assert not bootstrap.is_fresh(project / "venv", "base")

    def test_installing_base_makes_base_fresh_and_dev_not(self, project: Path, installs: list[str]) -> None:
        bootstrap.prepare_environment(project / "venv", "base")

        assert bootstrap.is_fresh(project / "venv", "base")
        assert not bootstrap.is_fresh(project / "venv", "dev")

    def test_installing_dev_makes_both_fresh(self, project: Path, installs: list[str]) -> None:
        bootstrap.prepare_environment(project / "venv", "dev")
        bootstrap.prepare_environment(project / "venv", "base")

        assert installs == ["dev"]

    def test_a_changed_requirement_makes_it_stale(self, project: Path, installs: list[str]) -> None:
        bootstrap.prepare_environment(project / "venv", "base")
        (project / "requirements" / "base.txt").write_text("django==5.2.20\n", encoding="utf-8")

        bootstrap.prepare_environment(project / "venv", "base")

        assert installs == ["base", "base"]

    @pytest.mark.parametrize("content", ["", "{", "[]"])
    def test_a_damaged_stamp_is_stale(self, project: Path, installs: list[str], content: str) -> None:
        bootstrap.prepare_environment(project / "venv", "base")
        (project / "venv" / bootstrap.STAMP_NAME).write_text(content, encoding="utf-8")

        assert not bootstrap.is_fresh(project / "venv", "base")

    def test_an_environment_whose_python_vanished_is_stale(self, project: Path, installs: list[str]) -> None:
        bootstrap.prepare_environment(project / "venv", "base")
        bootstrap.python_of(project / "venv").unlink()

        assert not bootstrap.is_fresh(project / "venv", "base")

    def test_of_two_at_once_one_installs_and_the_other_waits(
        self, project: Path, monkeypatch: pytest.MonkeyPatch, installs: list[str]
    ) -> None:
        begun, go_on = threading.Event(), threading.Event()

        def install(_folder: Path, kind: str) -> None:
            begun.set()
            go_on.wait(60)
            installs.append(kind)

        monkeypatch.setattr(bootstrap, "_install", install)
        threads = [
            threading.Thread(target=bootstrap.prepare_environment, args=(project / "venv", "base")) for _ in "ab"
        ]
        for thread in threads:
            thread.start()
            begun.wait(10)
        go_on.set()
        for thread in threads:
            thread.join(60)

        assert installs == ["base"]


class TestEntering:
    def test_a_command_of_ours_installs_and_turns_into_the_environments_python(
        self, project: Path, installs: list[str], becomes: list[list[str]]
    ) -> None:
        with pytest.raises(Replaced):
            bootstrap.enter_environment(["manage.py", "test", "-k", "x"])

        assert installs == ["dev"]
        assert becomes == [[str(bootstrap.python_of(project / "venv")), "manage.py", "test", "-k", "x"]]

    def test_inside_a_fresh_environment_it_just_returns(
        self, project: Path, installs: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bootstrap.prepare_environment(project / "venv", "base")
        monkeypatch.setattr(sys, "prefix", str(project / "venv"))

        bootstrap.enter_environment(["manage.py", "up"])

        assert installs == ["base"]

    def test_djangos_commands_run_wherever_django_is(self, project: Path, installs: list[str]) -> None:
        bootstrap.enter_environment(["manage.py", "migrate"])
        bootstrap.enter_environment(["manage.py"])

        assert installs == []

    def test_without_an_environment_nothing_is_made(
        self, project: Path, installs: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("IM_VENV", "none")

        bootstrap.enter_environment(["manage.py", "up"])

        assert installs == []


class TestForReal:
    def test_an_environment_is_made_repaired_and_failures_are_one_line(
        self, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        folder = project / "venv"

        bootstrap.prepare_environment(folder, "base")
        made = subprocess.run([bootstrap.python_of(folder), "-m", "pip", "--version"], capture_output=True, check=False)

        (project / "requirements" / "base.txt").write_text("no-such-package-anywhere==1\n", encoding="utf-8")
        with pytest.raises(SystemExit, match=r"packages could not be installed; check the network.*ERROR.*no-such"):
            bootstrap.prepare_environment(folder, "base")

        assert made.returncode == 0
        assert not bootstrap.is_fresh(folder, "base")

    def test_an_environment_of_another_tool_gets_pip_and_keeps_what_it_has(
        self, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        folder = project / "venv"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        (folder / "mine").touch()

        bootstrap.prepare_environment(folder, "base")

        assert bootstrap.is_fresh(folder, "base")
        assert (folder / "mine").exists()

    def test_a_folder_that_cannot_become_an_environment_is_one_line(
        self, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "executable", shutil.which("false"))

        with pytest.raises(SystemExit, match="could not be made"):
            bootstrap.prepare_environment(project / "venv", "base")

    def test_an_interrupt_while_installing_is_one_line(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupted(*_arguments: object, **_options: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(subprocess, "run", interrupted)

        with pytest.raises(SystemExit, match="interrupted"):
            bootstrap.prepare_environment(project / "venv", "base")

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows waits for the other process")
    def test_becoming_replaces_the_process(self) -> None:
        code = "from imsite.bootstrap import _become; _become(['/bin/sh', '-c', 'echo $$; exit 7'])"

        with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            said, _ = process.communicate()

        assert (int(said), process.returncode) == (process.pid, 7)
        assert process.pid != os.getpid()
