"""`make deploy`, `make destroy` and `make token`: one stage of imagepress on AWS."""
