# make run, make test, make check: each needs Python 3.11 or later, make and git, and says what it does. `make help` lists all.

PORT ?= 8000
SANDBOX_PORT ?= 8001
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
# The Node.js of the requirements; no other one that the machine may have.
NODE := PATH="$(CURDIR)/$(BIN):$$PATH"
SDKS := 0.4.7 0.49.87
CONTRACT ?= 2025-04
TESTS ?= tests
# Many tests wait for processes and sockets rather than for a core.
TEST_PROCESSES ?= $(shell expr 2 '*' $$(getconf _NPROCESSORS_ONLN))
PROCESSES := web worker stopper sweep settle watch seal stream

DEMO := SANDBOX=true DEBUG=false HTTPS=false ALLOWED_HOSTS=127.0.0.1,localhost TRUSTED_PROXIES= EMAIL_URL=consolemail:// \
	DATABASE_URL=sqlite:///$(CURDIR)/var/demo.sqlite3 CSRF_TRUSTED_ORIGINS= REDIS_URL= BIND=127.0.0.1 \
	SYLLABLE_API_URL=http://127.0.0.1:$(SANDBOX_PORT) SYLLABLE_API_KEY=sandbox-key SYLLABLE_API_CONTRACT=auto \
	PORT=$(PORT) SANDBOX_PORT=$(SANDBOX_PORT) SANDBOX_CONTRACT=$(CONTRACT) PATH="$(CURDIR)/$(BIN):$$PATH"
# What `check --deploy` judges is the shipped default, so nothing of a local .env may soften it.
PRODUCTION := SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(50))') DEBUG=false HTTPS=true \
	SANDBOX=false ALLOWED_HOSTS=dashboard.example.com SYLLABLE_API_KEY=none

.PHONY: help run serve test coverage bench check code pages types migrations deployment hooks format lock
.DEFAULT_GOAL := run

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/.installed var/secret_key staticfiles/.collected ## The dashboard with its sandbox; CONTRACT=current for the other contract
	@$(BIN)/python -m dashboard.ports $(PORT) $(SANDBOX_PORT)
	@umask 077; export SECRET_KEY="$$(cat var/secret_key)" $(DEMO); \
	python manage.py migrate --verbosity 0 && \
	python manage.py demo_accounts --address http://127.0.0.1:$(PORT)/ && \
	LOG_LEVEL=WARNING python manage.py demo_past --database var/sandbox.sqlite3 --contract $(CONTRACT) && \
	exec honcho -e /dev/null start --no-prefix $(PROCESSES) sandbox

serve: .venv/.installed staticfiles/.collected ## The dashboard for the account that .env names
	@test -f .env || { echo "There is no .env yet: copy .env.example to .env and fill it in."; exit 1; }
	@umask 077; export PORT=$(PORT) PATH="$(CURDIR)/$(BIN):$$PATH"; \
	python manage.py migrate --verbosity 0 && exec honcho -e /dev/null start --no-prefix $(PROCESSES)

test: .venv/.installed $(SDKS:%=.venv-sdk-%/.installed) ## Everything the tests need, then the tests
	@./tests/browser
	$(BIN)/pytest -n $(TEST_PROCESSES) --dist worksteal $(if $(COVERAGE),--cov --cov-report=term) $(TESTS)

coverage: ## The tests, and the lines and branches that they do not reach
	@$(MAKE) --no-print-directory test COVERAGE=1

# .pre-commit-config.yaml has the same parts.
check: code pages types migrations deployment ## Everything that is checked without running it: the five below

code: .venv/.installed ## Style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

pages: .venv/.installed node_modules/.installed ## Styles, scripts and templates
	$(NODE) node_modules/.bin/biome check --error-on-warnings
	$(NODE) node_modules/.bin/stylelint "static/css/**/*.css"
	$(BIN)/djlint --lint --quiet templates

types: .venv/.installed ## Types
	$(PRODUCTION) $(BIN)/mypy

migrations: .venv/.installed ## No model without its migration
	$(PRODUCTION) $(BIN)/python manage.py makemigrations --check --dry-run

deployment: .venv/.installed ## The settings as shipped are safe to deploy
	$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING

hooks: .venv/.installed ## Have git run the same checks before each commit
	$(BIN)/pre-commit install

bench: .venv/.installed .venv-sdk-0.4.7/.installed staticfiles/.collected ## Speed, weight and behaviour while the API hangs, against their targets
	@./tests/browser
	$(BIN)/python -m benchmarks

format: .venv/.installed node_modules/.installed ## Put the code into the project's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(NODE) node_modules/.bin/biome check --write

lock: .venv/.installed ## Resolve the requirements anew from pyproject.toml
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --extra dev -c requirements.txt \
		pyproject.toml -o requirements-dev.txt
	$(NODE) npm update --omit-lockfile-registry-resolved --ignore-scripts --no-audit --no-fund

.venv/.installed: requirements-dev.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed."; exit 1; }
	@echo "Making the virtual environment in .venv ..."
	@$(PYTHON) -m venv .venv || { echo "On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

node_modules/.installed: package-lock.json .venv/.installed
	@echo "Installing the linters of styles and scripts ..."
	@$(NODE) npm ci --loglevel=error --ignore-scripts --no-audit --no-fund
	@touch $@

.venv-sdk-%/.installed: requirements-sdk-%.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed."; exit 1; }
	@echo "Making the environment of syllable-sdk $* ..."
	@$(PYTHON) -m venv .venv-sdk-$*
	@.venv-sdk-$*/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-sdk-$*.txt
	@touch $@

staticfiles/.collected: .venv/.installed dashboard/stylesheets.py $(shell find static -type f)
	@echo "Collecting the static files ..."
	@$(PRODUCTION) $(BIN)/python manage.py collectstatic --noinput --verbosity 0
	@touch $@

var/secret_key: | .venv/.installed
	@mkdir -p -m 700 var
	@(umask 077; $(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(50))' > $@)
