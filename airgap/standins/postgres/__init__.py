"""The stand-in for docker.io/library/postgres: Debian's PostgreSQL, set as the official image is."""
