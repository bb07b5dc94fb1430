# Needs Python 3.11 and make. Every target is safe to repeat and redoes nothing that is done.
# The locks are complete, so pip resolves nothing (--no-deps): faster, and pip cannot match a pinned extra.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
STAMPS := .venv/.stamps
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export MLFLOW_DISABLE_TELEMETRY = true
export BENTOML_DO_NOT_TRACK = True
export DO_NOT_TRACK = 1

.PHONY: run test long-test check docs notebooks pictures spark spark-test path-test simulate-loop kill-test soak benchmarks mutate lock clean help
help: ## what can be made
	@grep -E '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /\t/' | expand -t 16

.venv/bin/python:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || \
	  (echo "Vitals needs Python 3.11: install it, or name it: make PYTHON=/path/to/python3.11 run" >&2; exit 1)
	@echo "Vitals: making .venv with $(PYTHON)"
	@"$(PYTHON)" -m venv .venv
	@mkdir -p $(STAMPS)

$(STAMPS)/run: requirements/run.lock pyproject.toml | .venv/bin/python
	@echo "Vitals: installing the packages of requirements/run.lock (hashes checked)"
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements/run.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/dev: requirements/dev.lock $(STAMPS)/run
	@echo "Vitals: installing the test tools of requirements/dev.lock (hashes checked)"
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements/dev.lock
	@touch $@

$(STAMPS)/docs: requirements/docs.lock $(STAMPS)/dev
	@echo "Vitals: installing the site's tools of requirements/docs.lock (hashes checked)"
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements/docs.lock
	@touch $@

$(STAMPS)/spark: requirements/spark.lock $(STAMPS)/dev
	@echo "Vitals: installing pyspark of requirements/spark.lock (hashes checked; 400 MB)"
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --require-hashes -r requirements/spark.lock
	@touch $@

$(STAMPS)/benchmarks: requirements/benchmarks.lock $(STAMPS)/dev
	@echo "Vitals: installing the peers of requirements/benchmarks.lock (hashes checked)"
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements/benchmarks.lock
	@touch $@

run: $(STAMPS)/run ## a simulated book, a trained model, and the service on http://127.0.0.1:3000
	@$(BIN)/vitals demo

# One BLAS thread for each of the two processes: threads of both would wait for one another's cores.
test: check $(STAMPS)/docs ## every check and every test
	@OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal -m "not long"

long-test: $(STAMPS)/dev ## the tests that make test leaves out for their length
	@OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal -m long tests

check: $(STAMPS)/dev ## formatting, lint, types, import direction
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m tests.house_rules

docs: $(STAMPS)/docs ## the documentation site, in build/site/index.html
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	@echo "Vitals: build/site/index.html"

notebooks: $(STAMPS)/dev ## notebooks and their .py pairs brought together: of each, the newer wins
	@$(BIN)/jupytext --quiet --sync notebooks/*.ipynb

pictures: $(STAMPS)/dev ## pictures of every page in docs/pictures/ (needs Chromium, a running service, KEY=vk_…)
	@$(BIN)/python -m tests.serving.pages.pictures --key "$(KEY)"

spark: $(STAMPS)/spark ## pyspark, for vitals features --engine spark (needs Java 17)

spark-test: $(STAMPS)/spark ## every feature on a Spark cluster of this machine, against DuckDB (needs Java 17)
	@VITALS_SPARK_TEST=1 $(BIN)/python -m pytest tests/spark

path-test: $(STAMPS)/dev ## the path to green of every account of a book, carried out by the scorer that serves
	@VITALS_EVERY_ACCOUNT=1 $(BIN)/python -m pytest tests/serving/test_path_to_green.py

simulate-loop: $(STAMPS)/dev ## 100,000 histories of cases on a fake clock: 0 missed, 0 double escalations
	@$(BIN)/python -m tests.serving.loop_simulation --histories 100000

kill-test: $(STAMPS)/dev ## service and watcher killed 1,000 times while answers come in: nothing lost
	@$(BIN)/python -m tests.serving.kill_runs --kills 1000

soak: $(STAMPS)/dev ## 20,000 calls drawn from the OpenAPI document: no server error, no body outside its schema
	@$(BIN)/python -m tests.serving.soak --requests 20000 --seed 7

benchmarks: $(STAMPS)/benchmarks ## the peers that benchmarks/ runs beside Vitals

mutate: $(STAMPS)/dev ## 100,000 damaged bundles: none is used, none ends the process (some twenty minutes)
	@$(BIN)/python benchmarks/mutated_bundles.py

lock: ## renew the locks (needs uv; hashes, no index lines)
	uv pip compile pyproject.toml requirements/build.in --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate -o requirements/run.lock
	uv pip compile --group dev pyproject.toml requirements/build.in -c requirements/run.lock --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate -o requirements/dev.lock
	uv pip compile --group docs -c requirements/dev.lock --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate -o requirements/docs.lock
	echo "pyspark<4.1" | uv pip compile - -c requirements/run.lock --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate -o requirements/spark.lock
	printf 'interpret-core>=0.7.8,<0.8\npolars>=1\n' | uv pip compile - -c requirements/dev.lock --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate -o requirements/benchmarks.lock

clean: ## removes .venv and everything made, but no book of yours
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache build *.egg-info
