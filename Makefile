# What a newcomer types. Everything lands in .venv, node_modules and instance, which git ignores.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
# Two at a time: the browsers wait for one another's pages more than for the processor.
BROWSERS = $(BIN)/python -m pytest tests/browser -m browser -n 2 --dist loadgroup
# Each process of pytest-xdist collects anew all that it is given.
SLOW = $(filter-out tests/access/test_timing.py,$(shell grep -rl 'mark\.slow' tests --include='test_*.py'))
# uv keeps the versions of the file that it writes, unless it is asked for the newest.
LOCK = uv pip compile --universal --python-version 3.11 --generate-hashes --no-header -q $(if $(NEWEST),--upgrade) -o

.PHONY: help install postgresql production demo test test-browser test-postgresql test-slow screens bench load lint format lock pictures dist sbom audit clean

help: ## Liste ce que make sait faire
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

install: .venv/.installed static/vendor/htmx.min.js ## Installe tout dans .venv et copie htmx

postgresql: .venv/.postgresql ## Ajoute à .venv le pilote de PostgreSQL (après install ou production)

production: .venv/.production static/vendor/htmx.min.js ## Installe ce qu'il faut pour servir, et rien de plus (docs/exploitation.md)

demo: install ## Prépare et sert l'office de démonstration sur http://127.0.0.1:8000 (PORT= pour un autre port)
	$(BIN)/ophportal demo --port $(PORT)

test: install node_modules/.checkers ## Lance toute la suite de tests
	$(BIN)/python -m pytest -m "not slow and not browser" -n 2
	$(BROWSERS)

test-browser: install node_modules/.checkers ## Lance les seuls tests dans de vrais navigateurs
	$(BROWSERS)

test-postgresql: install .venv/.postgresql ## Lance toute la suite de tests sur PostgreSQL, qu'elle démarre elle-même (il faut le paquet postgresql)
	$(BIN)/python -m pytest -m "not slow and not browser" -n 2 --store postgresql

# Those that compare times have a core each, and nothing beside them.
test-slow: install ## Lance les tests qui demandent des minutes
	$(BIN)/python -m pytest -m slow -n 2 $(SLOW)
	$(BIN)/python -m pytest -m slow -n 2 tests/access/test_timing.py

screens: install node_modules/.checkers ## Photographie chaque page dans chaque état, aux deux largeurs, dans build/screens/
	rm -rf build/screens
	$(BIN)/python -m pytest -q tests/browser/test_scenes.py -n 2 -k everyone --screens build/screens

bench: install build/bench/.installed ## Mesure le portail, côte à côte, et l'écrit dans bench/RESULTS.md (PARTS= pour une partie ; sur une machine calme)
	$(BIN)/python -m bench $(PARTS)

load: install build/bench/.installed ## Joue en petit le jour de l'avis d'échéance, et dit si rien ne s'est perdu (MINUTES=10, STORE=postgresql)
	$(BIN)/python -m bench.load $(if $(MINUTES),--minutes $(MINUTES)) $(if $(STORE),--store $(STORE))

lint: install ## Vérifie le style (ruff) et les types (mypy)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: install ## Remet le code en forme
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: ## Fige de nouveau les dépendances avec leurs empreintes (il faut uv ; NEWEST=1 prend les dernières versions)
	$(LOCK) requirements.txt pyproject.toml
	$(LOCK) requirements-dev.txt pyproject.toml --extra dev
	$(LOCK) requirements-postgresql.txt pyproject.toml --extra postgresql -c requirements.txt
	$(LOCK) tools/build.txt tools/build.in -c requirements.txt
	$(LOCK) tools/requirements.txt tools/requirements.in
	$(LOCK) bench/requirements.txt bench/requirements.in -c requirements.txt
	npm install --package-lock-only --omit-lockfile-registry-resolved
	npm install --package-lock-only --omit-lockfile-registry-resolved --prefix bench

pictures: install ## Refait les images de docs/agents.md, d'après la démonstration
	$(BIN)/python docs/pictures.py

# From two clones of the last commit, in two folders: what is given out holds nothing else, and anybody can make it again.
dist: build/tools/.installed static/vendor/htmx.min.js ## Fait dans dist/ la version à distribuer, deux fois, et compare les octets
	rm -rf dist build/dist
	for copy in one two; do \
	    git clone --quiet . build/dist/$$copy || exit 1; \
	    install -D -m 644 static/vendor/htmx.min.js build/dist/$$copy/static/vendor/htmx.min.js || exit 1; \
	    SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) \
	        build/tools/bin/python -m build --no-isolation build/dist/$$copy >build/dist/$$copy.log || exit 1; \
	done
	diff -r build/dist/one/dist build/dist/two/dist
	mv build/dist/one/dist dist
	cp requirements.txt requirements-postgresql.txt dist
	cd dist && sha256sum -- * >SHA256SUMS && cat SHA256SUMS

sbom: build/sbom/.installed build/tools/.installed ## Écrit dans build/sbom.cdx.json ce dont le portail est fait (CycloneDX)
	build/tools/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible build/sbom/bin/python \
	    | build/tools/bin/python tools/sbom.py package-lock.json >build/sbom.cdx.json

audit: build/tools/.installed ## Cherche les failles publiées des dépendances (interroge PyPI et npm)
	build/tools/bin/python tools/audit.py

clean: ## Efface tout ce que les autres cibles ont fait, démonstration comprise
	rm -rf .venv node_modules static/vendor instance build dist

# Each dependency at its hash; then the project itself, from here.
.venv/.installed: requirements-dev.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

# Peewee loads any driver that it finds, and this one takes 12 MiB: an office on SQLite goes without.
.venv/.postgresql: requirements-postgresql.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-postgresql.txt
	@touch $@

# What serves tenants: no test, no browser, no compiler. Compiled now, since the service may not write here.
.venv/.production: requirements.txt tools/build.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt -r tools/build.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	$(BIN)/python -m compileall -q ophportal config.py wsgi.py
	@touch $@

# Tools that the portal does not need, at their hashes.
build/tools/.installed: tools/requirements.txt
	$(PYTHON) -m venv build/tools
	build/tools/bin/pip install --quiet --disable-pip-version-check --require-hashes -r tools/requirements.txt
	@touch $@

# The production's dependencies alone, PostgreSQL's driver included, to be listed.
build/sbom/.installed: requirements-postgresql.txt
	$(PYTHON) -m venv --without-pip build/sbom
	$(PYTHON) -m pip --python build/sbom/bin/python install --quiet --disable-pip-version-check --require-hashes -r requirements-postgresql.txt
	@touch $@

# What the portal is measured against, at its hashes, beside the portal's own: gunicorn serves them all from there.
build/bench/.installed: requirements.txt bench/requirements.txt
	$(PYTHON) -m venv build/bench
	build/bench/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt -r bench/requirements.txt
	@touch $@

static/vendor/htmx.min.js: package-lock.json
	npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error
	mkdir -p static/vendor
	cp node_modules/htmx.org/dist/htmx.min.js $@

# axe-core, the Nu HTML checker and html-validate, for the browser tests alone.
node_modules/.checkers: package-lock.json static/vendor/htmx.min.js
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@
