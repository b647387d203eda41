PYTHON ?= python3
export HEADLESS NO_BROWSER NIGHTLY

.PHONY: setup demo check test ui bench docs watch gallery clean

setup demo check test ui bench docs watch gallery clean:
	@$(PYTHON) dev.py $@
