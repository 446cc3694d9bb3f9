import json
import socket
import subprocess

import duality
from duality import provenance as module
from duality.provenance import current_commit, environment, provenance


def test_the_environment_names_no_machine():
    assert {"python", "torch", "torchvision", "processor", "instructions"} <= environment().keys()
    assert socket.gethostname() not in json.dumps(environment())


def test_provenance_is_plain_and_complete():
    found = provenance()
    assert found.keys() == {"environment", "duality", "commit", "uncommitted_changes"}
    assert found["duality"] == duality.__version__
    assert json.loads(json.dumps(found)) == found


def test_the_commit_of_another_project_is_not_ours(tmp_path, monkeypatch):
    """As where the package is installed into an environment that lies within a checkout of something else."""
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "theirs"]):
        subprocess.run([*git, *words], cwd=tmp_path, check=True)
    monkeypatch.setattr(module, "_SOURCE", tmp_path)
    assert current_commit() == "unknown"


def test_without_git_the_commit_is_unknown(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert current_commit() == "unknown"
    assert provenance()["uncommitted_changes"] is False
