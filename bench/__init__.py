"""The project's measurements: `make bench` and `make load` run them."""
