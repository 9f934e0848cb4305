"""The Dockerfiles of an old repository, read instruction by instruction."""
