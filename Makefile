# make verify: check every statement of the paper.   make test: run the tests.
# Both make the environment first when it is missing, with nothing but Python 3.11 or newer.
.DEFAULT_GOAL := verify
# make coverage: the same tests, and how much of the code they run.
.PHONY: verify test coverage quick lowest lint notebook docs benchmark clean

LOCAL_UV := .uv/bin/uv
UV := $(if $(shell uv --version 2>/dev/null),uv,$(LOCAL_UV))
BIN := .venv/bin
# Where the home folder cannot be written to, uv keeps its cache with the project.
export UV_CACHE_DIR ?= $(shell mkdir -p "$$HOME/.cache/uv" 2>/dev/null && echo "$$HOME/.cache/uv" || echo .uv/cache)

verify: .venv/ready
	$(BIN)/duality-verify

test: .venv/ready lint
	$(BIN)/pytest -q --numprocesses auto

# Not part of the tests: watching every line more than doubles the time of what computes in Python.
coverage: .venv/ready
	$(BIN)/pytest -q --numprocesses auto --cov --cov-fail-under 95

quick: .venv/ready
	$(BIN)/pytest -q -m "not slow"

# What pyproject.toml declares as lowest must do. These warn of what newer releases of their own dependencies deprecate.
lowest: .lowest/ready
	.lowest/bin/pytest -q -m "not slow" -W default::DeprecationWarning

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

# Not after .venv/ready: a reader needs no tools of development, and has the first figure sooner.
notebook: $(filter $(LOCAL_UV),$(UV))
	$(UV) run --no-dev --extra notebooks jupyter lab notebooks/01_the_identity.ipynb

docs: .venv/ready
	$(BIN)/mkdocs build

benchmark: .venv/ready
	$(BIN)/python benchmarks/sides.py

.venv/ready: pyproject.toml $(filter $(LOCAL_UV),$(UV))
	$(UV) sync
	@touch $@

.lowest/ready: pyproject.toml $(filter $(LOCAL_UV),$(UV))
	$(UV) venv --clear --python 3.11 .lowest
	$(UV) pip install --python .lowest --resolution lowest-direct --editable ".[train,notebooks]" --group dev
	@touch $@

$(LOCAL_UV):
	python3 -m venv .uv
	.uv/bin/python -m pip install --quiet uv

clean:
	rm -rf .venv .lowest .uv
