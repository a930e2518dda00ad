# Two commands are enough: `make run` and `make test`. Each installs what it needs. `make help` lists the others.
.DEFAULT_GOAL := help
.PHONY: run test demo fresh lint bench soak help

run: ## Start Repertory on http://localhost:8000, with everything it needs; Ctrl-C stops it
	@scripts/run

test: ## Run all tests (ARGS="tests/unit -k name" runs some, without measuring coverage)
	@scripts/test $(ARGS)

demo: ## Start Repertory beside small make-believe code hosts, to try it without one
	@scripts/demo

fresh: ## Prove run and test on a minimal Debian in a folder (as root)
	@scripts/fresh

lint: ## Check style, types, floors, budgets and the shell scripts
	@scripts/lint

bench: ## Measure; prints tables
	@scripts/measure bench

soak: ## The long runs: the same tests with larger numbers
	@scripts/measure soak

help: ## This list
	@sed -n 's/^\([a-z]*\): ## /\1\t/p' Makefile | expand -t 10
