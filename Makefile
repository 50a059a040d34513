# Two commands do everything on a fresh machine with Python 3.11+: `make run` and `make test`.
# On Linux without an NVIDIA GPU, `make TORCH=cpu run` takes PyTorch's CPU build: no CUDA packages.

PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
STAMP  := $(VENV)/installed
CPU_INDEX := https://download.pytorch.org/whl/cpu
# nbgrader and papermill call other programs by bare name, so the environment's bin comes first.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test lab site assignments grade lint format links measure lock clean help

run: $(STAMP)  ## execute every lesson on the built-in sample data; pages in build/
	$(PY) -m course_utils run

test: $(STAMP) lint  ## style, unit tests, notebooks, and browser tests where Chromium is
	$(PY) -m pytest

lab: $(STAMP)  ## open JupyterLab on the first lesson
	$(PY) -m jupyterlab notebooks/01_meet_medmnist.ipynb

site: $(STAMP)  ## build the web site in build/site; runs the lessons first where that was not done
	@test -d build/notebooks || $(PY) -m course_utils run
	$(PY) -m course_utils site

assignments: $(STAMP)  ## make what students get (assignments/) from the masters (solutions/)
	$(PY) -m course_utils assignments

grade: $(STAMP)  ## autograde what was handed in, in a sandbox: make grade ASSIGNMENT=a1_explore
	$(PY) -m course_utils grade $(ASSIGNMENT)

lint: $(STAMP)  ## style of package, tests and notebooks
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

format: $(STAMP)  ## rewrite in house style and remove notebook outputs
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .
	$(VENV)/bin/nbstripout --keep-id notebooks/*.ipynb

links: $(STAMP)  ## after changing the address in pyproject.toml: rewrite launch links and setup cells
	$(PY) -m course_utils links

measure: $(STAMP)  ## after changing a lesson: write its measured time and memory into it and the README
	$(PY) -m course_utils run --measure
	$(PY) -m course_utils run --full --measure
	$(PY) -m course_utils lessons --readme

lock: $(STAMP)  ## after changing requirements.txt: pin what it brought
	$(PY) -m pip freeze --exclude-editable | grep -vE '^(torch|torchvision|setuptools|wheel|pip)=' | sed 's/+cpu//' > constraints.txt

clean:  ## remove what the commands above made (not your downloads)
	rm -rf $(VENV) build .pytest_cache .ruff_cache

help:  ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 10

$(STAMP): requirements.txt constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else f"This is Python {v[0]}.{v[1]}; the course needs 3.11 or newer: try make PYTHON=python3.12 $(MAKECMDGOALS)")'
	$(PYTHON) -m venv $(VENV)
ifeq ($(TORCH),cpu)
	$(PY) -m pip install --quiet torch==2.13.0 torchvision==0.28.0 --index-url $(CPU_INDEX)
endif
	$(PY) -m pip install --quiet -r requirements.txt
	$(PY) -m pip install --quiet --no-deps --editable .
	@touch $(STAMP)
