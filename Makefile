# Two commands, each enough on a fresh machine: `make demo` and `make test`.
# A stamp file in the virtual environment keeps the second run from installing again.

PYTHON ?= python3
VENV ?= .venv
OUT ?= evenhand-demo
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: demo test clean

demo: $(VENV)/installed
	$(BIN)/evenhand demo --out $(OUT)

# Two processes on two cores: threads of their own would only be in each other's way.
test: $(VENV)/installed-test
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

$(VENV)/created:
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/installed: $(VENV)/created pyproject.toml constraints.txt
	$(PIP) install --constraint constraints.txt --editable .
	touch $@

$(VENV)/installed-test: $(VENV)/created pyproject.toml constraints.txt
	$(PIP) install --constraint constraints.txt --editable ".[test]"
	touch $@ $(VENV)/installed

clean:
	rm -rf $(VENV) $(OUT) build dist evenhand.egg-info
