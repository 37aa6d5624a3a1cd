.PHONY: help setup demo simulate test test-fast test-tools guard lint types format docs docs-check site pictures clean

# Files with generated parts, between the marks of cog.
GENERATED = README.md $(wildcard docs/*.md) meltano.yml hub/_data/meltano/extractors/tap-marketo/engage.yml

help: ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile

setup: ## make the environments in .venv and .cache, once
	@scripts/bootstrap

demo: setup ## sandbox → meltano run → DuckDB, twice, with changes in between
	@.venv/bin/python demo/demo.py

test: setup ## the whole test suite, with a PostgreSQL of its own
	@.venv/bin/python -m pytest -n 4 --dist loadgroup

test-fast: setup ## the tests of the pure core: no servers, no processes, under 30 seconds
	@.venv/bin/python -m pytest -q -m "not slow"

test-tools: setup ## tests that need heavy tools, each in an environment of its own under .cache/tools
	@.venv/bin/python -m pytest tests/tools -n 2 --dist loadfile --durations 15

simulate: setup ## a night of the export engine in virtual time: SEEDS=100000, or REPLAY=number
	@.venv/bin/python -m tests.exports.simulation $(if $(REPLAY),--replay $(REPLAY),--seeds $(or $(SEEDS),2000))

guard: setup ## whether records leave nearly as fast as Python can read their file
	@.venv/bin/python benchmarks/record_path.py --guard --runs 3 --leads 40000 --activities 100000

lint: setup ## ruff, all rules; whether the generated parts of the documentation are fresh
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@$(MAKE) -s docs-check

docs-check: ## whether the generated parts are fresh
	@.venv/bin/cog --check -I . $(GENERATED) >/dev/null || { echo "Stale: run make docs" >&2; exit 1; }

types: setup ## mypy, strict
	@.venv/bin/mypy

docs: setup ## write the generated parts: settings, streams, meltano.yml, Hub definition
	@.venv/bin/cog -r -I . $(GENERATED)

site: setup docs-check ## the documentation as a site, with search: build/site
	@$$(scripts/tool_environment site mkdocs-material==9.8.1)/mkdocs build --strict --quiet
	@echo build/site/index.html

pictures: setup ## take the pictures of the documentation again; needs Chromium or Chrome
	@.venv/bin/python scripts/pictures.py

format: setup ## let ruff format and fix
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

clean: ## remove everything that make has made
	rm -rf .venv .cache .demo .meltano .mypy_cache .pytest_cache .ruff_cache build output
