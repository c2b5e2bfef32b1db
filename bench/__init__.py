"""What `make bench` measures: the product against what the same machine could do at best."""
