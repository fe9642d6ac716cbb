# Targets describe themselves: make help.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON := .venv/bin/python
# Needs no stack, no browser and no network.
FAST := tests/unit tests/properties tests/handlers tests/template tests/docs tests/testing
# But for these, which take seconds each, of a processor or waiting for time-outs: they are not even imported.
SLOW := tests/unit/test_deliver_outages.py tests/unit/test_dreamdata_timeouts.py tests/handlers/test_ingest_hanging.py \
	tests/handlers/test_deliver_slow_answers.py tests/docs/test_openapi.py tests/docs/test_recipes_linted.py \
	tests/unit/test_deliver_refusals.py tests/unit/test_deliver_sandbox.py tests/unit/test_ingest_sizes.py \
	tests/unit/test_posters.py tests/unit/test_deliver_isolation.py tests/unit/test_deliver_adversarial.py \
	tests/unit/test_json_editing.py tests/properties/test_masking.py \
	tests/template/test_deployer_policy.py tests/template/test_update_matrix.py tests/template/test_updates.py \
	tests/testing/test_commands.py tests/testing/test_package.py tests/testing/test_plugin.py
# schemathesis, a plugin of pytest, takes a second to load in each process; only test_openapi.py needs it.
FAST += $(addprefix --ignore=,$(SLOW)) -p no:schemathesis

.PHONY: help setup run up down test test-fast simulate mutants fuzz lint security audit sbom check format bench screenshot costs build package release handout newest coverage lock clean

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

setup: ## Make the environments that are missing
	@command -v python3 >/dev/null || { echo "python3 is not on the PATH; install any Python from 3.8 on" >&2; exit 1; }
	@python3 tools/setup.py
	@ln -sf ../../tools/relay .venv/bin/relay

run: setup ## Start the local stack, send every sample, show what became of it (ONCE=1: then end)
	@$(PYTHON) -m local run $(if $(ONCE),--once)

up: setup ## Start the local stack in the background
	@$(PYTHON) -m local up

down: setup ## End the local stack
	@$(PYTHON) -m local down

test: setup ## Run all tests
	@$(PYTHON) tools/chromium.py
	@$(PYTHON) -m pytest --numprocesses 2 --durations=25 --durations-min=1

test-fast: setup ## Run what needs no stack and no browser, with fewer examples: well under a minute on two idle cores
	@FEWER_EXAMPLES=1 $(PYTHON) -m pytest --quiet --numprocesses $(or $(PROCESSES),2) --maxfail 10 \
		$(FAST)

newest: setup ## Run the fast tests with the newest boto3; the next target goes back to the locked one
	@uv=$$(command -v uv || echo .local/tools/uv/bin/uv); rm -f .venv/.made-from; \
		$$uv pip install --quiet --python $(PYTHON) --upgrade boto3 botocore
	@$(PYTHON) -c 'import boto3; print("boto3", boto3.__version__)'
	@FEWER_EXAMPLES=1 $(PYTHON) -m pytest --quiet --numprocesses 2 $(FAST) tests/cli

coverage: setup ## Show which lines of the functions the fast tests do not reach
	@FEWER_EXAMPLES=1 COVERAGE_CORE=sysmon $(PYTHON) -m coverage run --data-file .local/coverage \
		--source layers/relay/dreamdata_relay,functions -m pytest --quiet $(FAST)
	@$(PYTHON) -m coverage report --data-file .local/coverage --show-missing --skip-covered

simulate: setup ## Run the simulation's seeds (SEEDS=10000, FIRST=0) on all cores; COVERAGE=1: what none reaches
	@$(PYTHON) -m tests.simulation --seeds $(or $(SEEDS),$(if $(COVERAGE),400,10000)) --first $(or $(FIRST),0) \
		$(if $(COVERAGE),--coverage)

mutants: setup ## Change the domain's code bit by bit, list what no test notices (MODULES="deliver.posting ingest", SHARE=10, SEED=0, BUDGET=10)
	@python3 tools/setup.py mutants
	@$(PYTHON) -m tools.mutants $(MODULES) --share $(or $(SHARE),100) --seed $(or $(SEED),0) --seconds $(or $(BUDGET),10)

fuzz: setup ## Feed both handlers with mutated inputs (INPUTS=100000, SEED=1)
	@$(PYTHON) -m tests.fuzz --inputs $(or $(INPUTS),100000) --seed $(or $(SEED),1)

lint: setup ## Check format, code, types and the template
	@$(PYTHON) -m ruff format --check --quiet .
	@$(PYTHON) -m ruff check --quiet .
	@$(PYTHON) -m mypy --no-error-summary layers/relay layers/rules functions local relay_cli tests benchmarks
	@.venv/bin/cfn-lint template.yaml
	@# The linter's rules for queues do not see the SAM form: lint what CloudFormation gets, too, however it is deployed.
	@# SAM itself uses up some parameters (that each is used, the SAM form shows), and leaves out what the template ignores.
	@mkdir -p .local; for gradual in false true; do \
		$(PYTHON) -m tools.transform GradualDeployment=$$gradual > .local/template.json \
		&& .venv/bin/cfn-lint --ignore-checks W2001 W1030 W1033 W3011 --template .local/template.json || exit 1; done
	@AWS_DEFAULT_REGION=us-east-1 SAM_CLI_TELEMETRY=0 .local/tools/sam/bin/sam validate --lint > .local/sam-validate.log 2>&1 \
		|| { cat .local/sam-validate.log; exit 1; }
	@$(MAKE) --no-print-directory security

security: setup ## Check the template by checkov's and cdk-nag's rules
	@python3 tools/setup.py checkov nag
	@command -v node > /dev/null || { echo "security: node is missing; cdk-nag needs it (install Node.js)" >&2; exit 1; }
	@.local/tools/checkov/bin/checkov -f template.yaml --framework cloudformation --compact --quiet --skip-download \
		> .local/checkov.log 2>&1 || { cat .local/checkov.log; exit 1; }
	@mkdir -p .local && $(PYTHON) -m tools.transform > .local/template.json 2> /dev/null
	@JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=1 .local/tools/nag/bin/python tools/nag.py .local/template.json \
		2> .local/nag.log || { tail -5 .local/nag.log; exit 1; }

audit: setup ## Look up known vulnerabilities of all that the locks name (ends with 3 where that cannot be looked up)
	@python3 tools/setup.py audit
	@$(PYTHON) -m tools.audit

sbom: setup ## Write a CycloneDX bill of materials of the layer to .local/sbom.json
	@python3 tools/setup.py audit
	@.local/tools/audit/bin/cyclonedx-py requirements layers/relay/requirements.txt --output-format JSON \
		--output-file .local/sbom.json --pyproject pyproject.toml && echo "written: .local/sbom.json"

bench: setup ## Measure speed, size and bounds beside the peers (PART=ingest, ROUNDS=15, SEED=1, DOCS=1)
	@PYTHONPATH=layers/relay:layers/rules:functions/ingest:functions/deliver $(PYTHON) -m benchmarks --rounds $(or $(ROUNDS),15) \
		--part $(or $(PART),all) $(if $(SEED),--seed $(SEED)) $(if $(DOCS),--docs)

screenshot: setup ## Take the live page's pictures in docs/ (needs chromium)
	@$(PYTHON) tools/chromium.py
	@PYTHONPATH=layers/relay $(PYTHON) -m tools.screenshot

costs: setup ## Count what a month costs on AWS and write docs/costs.md (KEPT=1: from the counts that are kept)
	@PYTHONPATH=layers/relay:layers/rules:functions/ingest:functions/deliver $(PYTHON) -m benchmarks.costs $(if $(KEPT),--kept)

build: setup ## Build the functions and the layer as they are deployed
	@PATH="$(CURDIR)/.venv/bin:$(CURDIR)/.local/tools/uv/bin:$$PATH" SAM_CLI_TELEMETRY=0 .local/tools/sam/bin/sam build

package: build ## Package for the Serverless Application Repository (BUCKET=, SOURCE_URL=, HOME_URL=)
	@$(PYTHON) -m tools.publishable "$(SOURCE_URL)" "$(or $(HOME_URL),$(SOURCE_URL))"
	@SAM_CLI_TELEMETRY=0 .local/tools/sam/bin/sam package --s3-bucket "$(BUCKET)" --output-template-file .aws-sam/packaged.yaml
	@echo "written: .aws-sam/packaged.yaml; publish it with: sam publish --template .aws-sam/packaged.yaml"

release: setup ## Make a release on this machine: version, changelog, build, SBOM, commit, tag; pushes nothing (VERSION=1.2.3)
	@$(PYTHON) -m tools.release "$(VERSION)"

handout: build sbom ## Write what a release consists of to .local/release: built template and code, SBOM, changes
	@$(PYTHON) -m tools.release --hand-out

lock: setup ## Lock every set of requirements anew
	@$(PYTHON) tools/lock.py

clean: ## Remove what was built and the environments
	@# A stack that lost its environment could not be ended any more.
	@if [ -f .local/stack.json ] && [ -x $(PYTHON) ]; then $(PYTHON) -m local down; fi
	@rm -rf .aws-sam .venv .local .mypy_cache .ruff_cache .pytest_cache .hypothesis

check: lint test ## Everything that CI checks

format: setup ## Format the code
	@$(PYTHON) -m ruff check --fix --quiet .
	@$(PYTHON) -m ruff format .
