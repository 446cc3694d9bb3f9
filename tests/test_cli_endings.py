"""How ``duality-verify`` ends whatever befalls it: an exit code that says what it was, and at most one line."""

import errno
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from duality import cli
from duality.cli import main, program

PROGRAM = [sys.executable, "-c", "import sys; from duality.cli import main; sys.exit(main())"]
READY = """
import contextlib, sys
from duality import cli

@contextlib.contextmanager
def announced(*words, interrupting=cli.signals_interrupt, **settings):
    with interrupting(*words, **settings):
        print("ready", flush=True)
        yield

cli.signals_interrupt = announced
sys.exit(cli.main())
"""
"""The program, which says when it answers to signals: before that they are Python's."""
POSIX = pytest.mark.skipif(os.name != "posix", reason="needs signals and devices of POSIX")


def shell(command: str) -> subprocess.CompletedProcess[str]:
    """What bash makes of it; ``$PROGRAM`` is the program."""
    script = command.replace("$PROGRAM", shlex.join(PROGRAM))
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)


def assert_one_line(stderr: str, *words: str) -> None:
    assert stderr.startswith("duality-verify: "), stderr
    assert stderr.count("\n") == 1, stderr
    for word in words:
        assert word in stderr


# Output that goes nowhere


@POSIX
def test_full_disk():
    done = shell("$PROGRAM --help > /dev/full")
    assert done.returncode == 3
    assert_one_line(done.stderr, "No space left on device")


@POSIX
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams(closed):
    done = shell(f"$PROGRAM --help {closed} && $PROGRAM --version {closed}")
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert bool(done.stdout) is (">&-" not in closed.replace("2>&-", ""))


@POSIX
@pytest.mark.parametrize("place", ["2>&-", "2>/dev/full"])
def test_bad_input_that_cannot_be_told_keeps_its_code(place):
    assert shell(f"$PROGRAM --trails 3 {place}").returncode == 2


@POSIX
def test_files_are_never_taken_for_the_closed_streams(tmp_path):
    code = (
        "import os, sys; from duality.cli.streams import open_streams; open_streams();"
        f"file = open({str(tmp_path / 'results')!r}, 'w'); os.write(2, b'a warning'); os.write(1, b'a notice')"
    )
    assert shell(f'{sys.executable} -c "{code}" <&- >&- 2>&-').returncode == 0
    assert (tmp_path / "results").read_text() == ""


# Interruptions


@POSIX
@pytest.mark.parametrize(
    ("name", "seconds"),
    [("SIGINT", 0.0), ("SIGINT", 0.1), ("SIGINT", 0.5), ("SIGINT", 3.0), ("SIGHUP", 1.0), ("SIGTERM", 1.0)],
)
def test_interruption_at_any_moment(name, seconds, tmp_path):
    np.save(tmp_path / "z.npy", np.ones((20_000, 500)))
    command = [sys.executable, "-c", READY, "audit", str(tmp_path / "z.npy")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        time.sleep(seconds)
        process.send_signal(getattr(signal, name))
        out, err = process.communicate(timeout=120)
    assert (out, process.returncode) == ("", 130)
    assert err == "duality-verify: interrupted, nothing lost\n"


@POSIX
def test_nohup_is_respected(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", READY, "--help"],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGHUP)
    assert "audit" in process.communicate(timeout=120)[0]
    assert process.returncode == 0


def test_handlers_are_given_back():
    before = signal.getsignal(signal.SIGINT)
    assert main(["--version"]) == 0
    assert signal.getsignal(signal.SIGINT) is before


@POSIX
@pytest.mark.parametrize("moment", ["open_streams", "_run", "flushed"])
def test_interruption_at_the_beginning_and_the_end_of_main(moment, monkeypatch, capsys):
    work = getattr(cli, moment)

    def interrupted(*words):
        monkeypatch.undo()
        os.kill(os.getpid(), signal.SIGINT)
        return work(*words)

    monkeypatch.setattr(cli, moment, interrupted)
    assert main(["--version"]) == 130
    assert capsys.readouterr().err == "duality-verify: interrupted, nothing lost\n"


@POSIX
def test_interruption_while_handlers_are_given_back_changes_nothing(monkeypatch):
    before = signal.getsignal(signal.SIGINT)

    def interrupted(number, handler, give=signal.signal):
        if handler is before:
            os.kill(os.getpid(), signal.SIGINT)
        return give(number, handler)

    monkeypatch.setattr(signal, "signal", interrupted)
    assert main(["--version"]) == 0
    assert signal.getsignal(signal.SIGINT) is before


@POSIX
def test_interruption_while_python_ends_shows_no_trace():
    code = (
        "import atexit, os, signal, sys; from duality.cli import main;"
        "atexit.register(os.kill, os.getpid(), signal.SIGINT); sys.exit(main())"
    )
    done = subprocess.run([sys.executable, "-c", code, "--version"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (-signal.SIGINT, "")
    assert done.stdout.startswith("duality-verify ")


def test_runs_on_a_thread(capsys):
    codes = []
    thread = threading.Thread(target=lambda: codes.append(main(["--version"])))
    thread.start()
    thread.join()
    assert codes == [0]


@pytest.mark.usefixtures("unchecked")
def test_runs_where_the_streams_are_no_files(monkeypatch):
    """As in a notebook's kernel."""

    class Stream:
        written = ""

        def write(self, text: str) -> int:
            self.written += text
            return len(text)

        def flush(self) -> None:
            pass

        def isatty(self) -> bool:
            return False

    out = Stream()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", Stream())
    assert main(["claims", "thm-3.3", "--json"]) == 0
    assert '"id": "thm-3.3"' in out.written


# Faults of ours


@pytest.fixture
def broken(monkeypatch, tmp_path):
    """Make every command raise an error, and put traces into an empty folder."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def use(error: Exception) -> None:
        def fail(arguments: list[str] | None) -> int:
            raise error

        monkeypatch.setattr(program, "run", fail)

    return use


def test_last_resort_is_one_line_and_a_trace(broken, capsys, tmp_path):
    broken(ZeroDivisionError("a\nb \udcff"))
    assert main(["claims"]) == 3
    (trace,) = tmp_path.iterdir()
    assert_one_line(capsys.readouterr().err, "ZeroDivisionError: a b", str(trace), "DUALITY_DEBUG=1")
    assert "Traceback (most recent call last)" in trace.read_text(encoding="utf-8")


def test_last_resort_where_no_trace_can_be_written(broken, capsys, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", "/dev/null/nowhere")
    broken(ValueError("of ours"))
    assert main(["claims"]) == 3
    assert_one_line(capsys.readouterr().err, "ValueError: of ours", "could not be written")


def test_the_trace_is_shown_when_asked_for(broken, capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("DUALITY_DEBUG", "1")
    broken(ValueError("of ours"))
    assert main(["claims"]) == 3
    assert "Traceback (most recent call last)" in capsys.readouterr().err
    assert not list(Path(tmp_path).iterdir())


def test_full_disk_is_no_fault_of_ours(broken, capsys, tmp_path):
    broken(OSError(errno.ENOSPC, "No space left on device"))
    assert main(["claims"]) == 3
    assert_one_line(capsys.readouterr().err, "No space left on device")
    assert not list(Path(tmp_path).iterdir())
