"""``duality-verify``: the verdicts of the paper's statements on the command line.

Each command is one file here and one entry of `_COMMANDS`. Exit codes: 0 every verdict holds, 1 one does not,
2 bad input (one line that names the fix), 3 an exception left a claim without a verdict, 130 interrupted.
"""

import sys

import typer

from duality.cli.audit import audit
from duality.cli.claims import claims
from duality.cli.embed import embed
from duality.cli.formal import formal
from duality.cli.numeric import numeric
from duality.cli.pack_images import pack_images
from duality.cli.probe import probe
from duality.cli.prove import prove
from duality.cli.report import report
from duality.cli.reproduce import reproduce
from duality.cli.train import train
from duality.cli.tune import tune
from duality.cli.verify import verify
from duality.words import nearest

_COMMANDS = (claims, prove, formal, numeric, audit, pack_images, train, embed, probe, tune, reproduce, report)
_INTERRUPTED = 130
_BROKEN_PIPE = 141
"""What a shell reports for a program that the end of a pipe stopped: 128 + SIGPIPE."""

app = typer.Typer(
    add_completion=False, pretty_exceptions_enable=False, context_settings={"help_option_names": ["-h", "--help"]}
)
app.callback(invoke_without_command=True)(verify)
for _command in _COMMANDS:
    app.command()(_command)


def main(arguments: list[str] | None = None) -> None:
    """Run ``duality-verify`` and leave with its exit code.

    Args:
        arguments: the command line without the program's name; by default the one it was started with.
    """
    for stream in (sys.stdout, sys.stderr):
        # A terminal that lacks ‖ or Σ still gets the rest.
        stream.reconfigure(errors="replace")  # pyright: ignore[reportAttributeAccessIssue]
    try:
        code = app(arguments, prog_name="duality-verify", standalone_mode=False)
    except typer.TyperException as error:
        code = 2
        print(f"duality-verify: {_one_line(error)}", file=sys.stderr)
    except SystemExit:
        # Outside standalone mode only a broken pipe ends here: Rich and Typer have silenced the stream by then.
        code = _BROKEN_PIPE
    if code == _INTERRUPTED:
        print("duality-verify: interrupted, nothing lost", file=sys.stderr)
    sys.exit(code)


def _one_line(error: typer.TyperException) -> str:
    """The message of an error; a usage error also names the nearest option, and the help to read."""
    message = " ".join(error.format_message().split())
    context = getattr(error, "ctx", None)
    if context is None:
        return message
    wrong = getattr(error, "option_name", "")
    options = [name for parameter in context.command.params for name in parameter.opts if name.startswith("--")]
    near = nearest(wrong, [*options, "--help"]) if "No such option" in message else None
    if near:
        message = f"No such option: {wrong}. Did you mean {near}?"
    return f"{message.rstrip('.')}{'' if message.endswith('?') else ';'} see `{context.command_path} --help`"
