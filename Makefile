# Twofold. `make demo` shows the main job, `make test` passes the tests; each sets up what it needs.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo dev inject test test-resources drills growth fuzz test-jupyterhub e2e e2e-providers check lint format fixtures cli client docs bench bench-cluster cluster cluster-down deploy undeploy certs-renew keys build bundles images images-multiarch test-multiarch images-check setup setup-test clean

# With Node 24 or later, fetched where the machine has an older one.
RUN := scripts/node
NODE := $(RUN) node
# A change of dependencies triggers an install.
INSTALLED := node_modules/.installed

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: setup ## Show the main job: two secrets, one session pod, the files in it
	@$(NODE) scripts/demo.ts

dev: setup ## The same cluster, running until Ctrl-C; what is stored stays in .dev (DEV_PORT=8440, ORIGINS=, LAUNCHERS=file, NEW=yes)
	@exec $(NODE) scripts/dev.ts $(if $(DEV_PORT),--port "$(DEV_PORT)") $(if $(ORIGINS),--origins "$(ORIGINS)") $(if $(LAUNCHERS),--launchers "$(LAUNCHERS)") $(if $(NEW),--new)

inject: setup ## Run the init container of a pod that `make dev` holds: make inject POD=namespace/name
	@$(NODE) scripts/dev/kubelet/main.ts $(subst /, ,$(POD))

test: setup-test ## Run all tests except those on a cluster: builds a Kubernetes control plane once (a few minutes)
	@$(RUN) scripts/test

test-jupyterhub: setup-test build ## Test only the JupyterHub package, in its own environment
	@$(RUN) scripts/test-jupyterhub

drills: setup-test ## Run every drill, with every pair of thefts (12 minutes); WRITE=yes writes the tables of docs/threat-model.md and README
	@TWOFOLD_DRILLS=$(if $(WRITE),write,all) $(RUN) scripts/tried drills npx --no-install mocha --reporter spec 'test/drills/**/*.test.ts'

test-resources: setup-test ## Try every pod in every namespace of the matrix in docs/resources.md at a real API server; WRITE=yes writes its tables
	@TWOFOLD_RESOURCES=$(if $(WRITE),write,all) $(RUN) scripts/tried test-resources npx --no-install mocha --reporter spec 'test/resources/*.test.ts'

growth: setup ## Search for the worst input of every parser, SECONDS=10 for each
	@TWOFOLD_GROWTH_SECONDS=$(or $(SECONDS),10) $(RUN) scripts/tried growth npx --no-install mocha --reporter spec test/growth/*.test.ts

fuzz: setup ## Feed every parser and handler almost valid inputs (an hour; a part of it: SHARE=0.1, ONLY=cookies)
	@TWOFOLD_FUZZ_SHARE=$(SHARE) TWOFOLD_FUZZ_ONLY="$(ONLY)" $(RUN) $(if $(SHARE)$(ONLY),,scripts/tried fuzz ) node test/fuzz/main.ts

e2e: setup-test ## Run every scenario on a real Kubernetes: builds and starts it, deploys, tests (root, or KUBECONFIG)
	@$(RUN) scripts/e2e

e2e-providers: setup-test ## Log in with a real Keycloak and Dex: page, command line, hub (fetches them once; Java, Maven)
	@scripts/setup --for-providers
	@$(RUN) scripts/tried e2e-providers scripts/e2e-providers

check: setup ## Check format, types and lint: under a minute
	@$(RUN) scripts/check

format: setup ## Format all files
	@$(RUN) npx --no-install prettier --write --log-level warn .

fixtures: setup ## Regenerate the golden outcomes of the captured reviews; then read git diff
	@$(NODE) scripts/generate/fixtures.ts

cli: setup ## Pack the command line for npm: dist/twofold-cli-<version>.tgz
	@$(NODE) scripts/pack-cli.ts

client: setup ## Regenerate the API's types for clients from the OpenAPI document
	@$(NODE) scripts/generate/client.ts

docs: setup ## Regenerate the generated parts of the docs: settings, commands, annotations
	@$(NODE) scripts/generate/docs.ts

bench: setup ## Measure: prints a table, and writes bench/results/*.json
	@$(RUN) scripts/tried bench node bench/main.ts

cluster: ## Start a real Kubernetes on this machine, in its own namespaces (root; builds it once, 7 minutes)
	@scripts/cluster up

cluster-down: ## Stop it and remove everything it created
	@scripts/cluster down

bench-cluster: setup ## Measure on the deployed cluster; draws where the time goes (docs/create-to-first-file.svg)
	@$(RUN) scripts/tried bench-cluster scripts/cluster in node bench/cluster/main.ts

build: setup ## Bundle the services and the injector into dist/
	@$(NODE) scripts/build.ts

deploy: setup ## Deploy Twofold to the cluster: DATABASE=sqlite|postgres, NAMESPACES=; to your own cluster: OVERLAY=, CERTS=, KEYS=, ENV=, BEARER=, CONSOLE_CA=
	@$(RUN) scripts/deploy/run up --overlay "$(OVERLAY)" --certs "$(CERTS)" --keys "$(KEYS)" --env "$(ENV)" --bearer "$(BEARER)" --console-ca "$(CONSOLE_CA)" \
	  --database "$(DATABASE)" --namespaces "$(NAMESPACES)"

undeploy: setup ## Remove it, with its keys and database (your own cluster: CONFIRM=yes)
	@$(RUN) scripts/deploy/run down --confirm "$(CONFIRM)"

certs-renew: setup ## Renew certificates that are due and install them; run daily (CERTS=, ROTATE=yes, OVERLAP_DAYS=)
	@$(RUN) scripts/deploy/run certificates --certs "$(CERTS)" --rotate "$(ROTATE)" --overlap-days "$(OVERLAP_DAYS)"

keys: setup ## Make the console's keys for your vault, in a folder: DIR= (docs/install.md, step 4)
	@$(NODE) scripts/deploy/main.ts keys --dir "$(DIR)"

bundles: setup ## Build what goes into the images: dist/
	@scripts/setup --for-images
	@$(NODE) scripts/images/bundles.ts

images: bundles ## Build images as archives in .images/, with bills of materials (BASE=, IMAGE_PREFIX=, IMAGE_TAG=)
	@$(NODE) scripts/images/main.ts

images-multiarch: bundles ## The same for amd64 and arm64, one archive with an index of both for each: .images/multiarch/
	@scripts/setup --for-multiarch
	@$(NODE) scripts/images/main.ts --multiarch

test-multiarch: images-multiarch ## Build those, inspect them, and start them (root)
	@scripts/setup --for-multiarch-tests
	@$(RUN) scripts/tried test-multiarch npx --no-install mocha --reporter spec 'test/multiarch/*.e2e.ts'

images-check: bundles ## Build the images twice: both must be identical
	@$(RUN) scripts/tried images-check node scripts/images/main.ts --twice

setup: $(INSTALLED) ## Install dependencies

$(INSTALLED): package-lock.json scripts/setup scripts/node
	@$(RUN) scripts/setup
	@touch $@

setup-test: setup ## Install what only the tests need: PostgreSQL, Go
	@scripts/setup --for-tests

clean: ## Remove everything that is built or installed here
	rm -rf node_modules dist .cache .dev .images coverage test/artifacts bench/results
