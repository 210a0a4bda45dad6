# Every target is one portable command; without make, run the same line with your Python:
#   python3 manage.py up        (Windows: py manage.py up)
PYTHON ?= python3

.PHONY: help up cluster test lint node bench

help:            ## This list.
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/ -/'

up:              ## Run the whole site on this machine: database, demo accounts, one node.
	@$(PYTHON) manage.py up $(ARGS)

cluster:         ## Run three nodes of one cluster on this machine, on one database.
	@$(PYTHON) manage.py up --nodes 3 $(ARGS)

test:            ## Run the test suite on a throwaway database. ARGS="-k name" narrows it.
	@$(PYTHON) manage.py test $(ARGS)

lint:            ## Check style, format, types and import contracts.
	@$(PYTHON) manage.py lint

node:            ## Run one more node against DATABASE_URL, or against the database of `make up`.
	@$(PYTHON) manage.py node $(ARGS)

bench:           ## Measure the store and the gateway on a throwaway database.
	@$(PYTHON) manage.py bench $(ARGS)
