"""The demonstration office of `make demo`. Imported under the Demo configuration alone."""
