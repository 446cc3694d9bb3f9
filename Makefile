# make verify: check every statement of the paper.   make test: run the tests.
# Both make the environment first when it is missing, with nothing but Python 3.11 or newer.
.DEFAULT_GOAL := verify
.PHONY: verify test quick lint clean

UV := $(or $(shell command -v uv 2>/dev/null),.uv/bin/uv)
RUN := $(UV) run --no-sync

verify: .venv/ready
	$(RUN) duality-verify

test: .venv/ready lint
	$(RUN) pytest -q --cov --cov-report=term

quick: .venv/ready
	$(RUN) pytest -q -m "not slow"

lint: .venv/ready
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) pyright

.venv/ready: pyproject.toml | $(UV)
	$(UV) sync
	@touch $@

.uv/bin/uv:
	python3 -m venv .uv
	.uv/bin/pip install --quiet uv

clean:
	rm -rf .venv .uv
