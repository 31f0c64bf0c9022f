# Twofold. `make demo` shows the main job, `make test` passes the tests; each sets up what it needs.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo dev inject test growth fuzz test-jupyterhub e2e check lint format fixtures cli client docs bench bench-cluster cluster cluster-down deploy undeploy certs-renew keys build bundles images images-check setup setup-test clean

# With Node 24 or later, which it fetches where the machine has an older one.
RUN := scripts/node
NODE := $(RUN) node
# A change of dependencies installs again.
INSTALLED := node_modules/.installed

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: setup ## The main job: two secrets, one session pod, the files in it
	@$(NODE) scripts/demo.ts

dev: setup ## The same, kept running until Ctrl-C; endpoints in .dev/endpoints.json (LAUNCHERS=file trusts launchers)
	@exec $(NODE) scripts/dev.ts $(if $(LAUNCHERS),--launchers "$(LAUNCHERS)")

inject: setup ## Run the init container of a pod that `make dev` holds: make inject POD=namespace/name
	@$(NODE) scripts/dev/kubelet/main.ts $(subst /, ,$(POD))

test: setup-test ## All tests but those on a cluster: builds a Kubernetes control plane once (a few minutes)
	@$(RUN) scripts/test

test-jupyterhub: setup-test build ## The JupyterHub package alone, in an environment of its own
	@$(RUN) scripts/test-jupyterhub

growth: setup ## Search long for the worst input of every parser, SECONDS=10 for each
	@TWOFOLD_GROWTH_SECONDS=$(or $(SECONDS),10) $(RUN) scripts/tried growth npx --no-install mocha --reporter spec test/growth/*.test.ts

fuzz: setup ## Feed every parser and handler with inputs that are nearly right (an hour; a part: SHARE=0.1, ONLY=cookies)
	@TWOFOLD_FUZZ_SHARE=$(SHARE) TWOFOLD_FUZZ_ONLY="$(ONLY)" $(RUN) $(if $(SHARE)$(ONLY),,scripts/tried fuzz ) node test/fuzz/main.ts

e2e: setup-test ## Every scenario on a real Kubernetes: builds and starts it, deploys, tests (root, or KUBECONFIG)
	@$(RUN) scripts/e2e

check: setup ## Format, lint, types: under a minute
	@$(RUN) npx --no-install prettier --check --log-level warn --cache --cache-location .cache/prettier .
	@$(RUN) npx --no-install tsc -p .
	@$(RUN) npx --no-install tsc -p page
	@$(RUN) npx --no-install eslint --cache --cache-location .cache/eslint .
	@$(RUN) npx --no-install knip

format: setup ## Write the format
	@$(RUN) npx --no-install prettier --write --log-level warn .

fixtures: setup ## Rewrite the golden outcomes of the captured reviews; then read git diff
	@$(NODE) scripts/fixtures.ts

cli: setup ## Pack the command line for npm: dist/twofold-cli-<version>.tgz
	@$(NODE) scripts/pack-cli.ts

client: setup ## Rewrite the API's types for clients from the OpenAPI document
	@$(NODE) scripts/client.ts

docs: setup ## Rewrite docs/configuration.md and the reference in docs/cli.md
	@$(NODE) scripts/docs.ts

bench: setup ## Measure: one table, and bench/results/*.json
	@$(RUN) scripts/tried bench node bench/main.ts

cluster: ## A real Kubernetes on this machine, in namespaces of its own (root; builds it once, 7 minutes)
	@scripts/cluster up

cluster-down: ## End it and remove all that it made
	@scripts/cluster down

bench-cluster: setup ## Measure on the deployed cluster; draws where the time goes (docs/create-to-first-file.svg)
	@$(RUN) scripts/tried bench-cluster scripts/cluster in node bench/cluster/main.ts

build: setup ## Bundle the services and the injector into dist/
	@$(NODE) scripts/build.ts

deploy: setup ## Twofold in the cluster: DATABASE=sqlite|postgres, NAMESPACES=; a cluster of yours: OVERLAY=, CERTS=, KEYS=, ENV=, BEARER=, CONSOLE_CA=
	@$(RUN) scripts/deploy/run up --overlay "$(OVERLAY)" --certs "$(CERTS)" --keys "$(KEYS)" --env "$(ENV)" --bearer "$(BEARER)" --console-ca "$(CONSOLE_CA)" \
	  --database "$(DATABASE)" --namespaces "$(NAMESPACES)"

undeploy: setup ## Take it away, with keys and database (a cluster of yours: CONFIRM=yes)
	@$(RUN) scripts/deploy/run down --confirm "$(CONFIRM)"

certs-renew: setup ## Renew certificates that are due and hand them out; daily (CERTS=, ROTATE=yes, OVERLAP_DAYS=)
	@$(RUN) scripts/deploy/run certificates --certs "$(CERTS)" --rotate "$(ROTATE)" --overlap-days "$(OVERLAP_DAYS)"

keys: setup ## Make the console's keys for your vault, in a folder: DIR= (docs/install.md, step 4)
	@$(NODE) scripts/deploy/main.ts keys --dir "$(DIR)"

bundles: setup ## Build what goes into the images: dist/
	@scripts/setup --for-images
	@$(NODE) scripts/images/bundles.ts

images: bundles ## Images as archives in .images/, with bills of materials (BASE=, IMAGE_PREFIX=, IMAGE_TAG=)
	@$(NODE) scripts/images/main.ts

images-check: bundles ## Build the images twice: both must be equal
	@$(RUN) scripts/tried images-check node scripts/images/main.ts --twice

setup: $(INSTALLED) ## Install dependencies

$(INSTALLED): package-lock.json scripts/setup scripts/node
	@$(RUN) scripts/setup
	@touch $@

setup-test: setup ## Install what only the tests need: PostgreSQL, Go
	@scripts/setup --for-tests

clean: ## Remove everything that is built or installed here
	rm -rf node_modules dist .cache .dev .images coverage test/artifacts bench/results
