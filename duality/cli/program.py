"""The commands of ``duality-verify``: each is one file here and one entry of `_COMMANDS`."""

import os
import re
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
from duality.cli.streams import tell
from duality.cli.train import train
from duality.cli.tune import tune
from duality.cli.verify import verify
from duality.words import nearest

_COMMANDS = (claims, prove, formal, numeric, audit, pack_images, train, embed, probe, tune, reproduce, report)

app = typer.Typer(
    add_completion=False, pretty_exceptions_enable=False, context_settings={"help_option_names": ["-h", "--help"]}
)
app.callback(invoke_without_command=True)(verify)
for _command in _COMMANDS:
    app.command()(_command)


def run(arguments: list[str] | None) -> int:
    """Run a command line, by default the one that the program was started with, and return its exit code."""
    try:
        words = sys.argv[1:] if arguments is None else arguments
        return app(list(map(_expanded, words)), prog_name="duality-verify", standalone_mode=False) or 0
    except typer.TyperException as error:
        tell(_one_line(error))
        return 2


def _expanded(word: str) -> str:
    """A word with ~ as the home folder, where shells leave it: in quotes, and behind ``--out=`` or ``root=``."""
    found = re.fullmatch(r"([\w.-]+=)?(~.*)", word, re.DOTALL)
    return f"{found[1] or ''}{os.path.expanduser(found[2])}" if found else word


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
