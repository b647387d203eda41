"""One file per format of contributions; `contribution_files` chooses among them."""
