#!/usr/bin/env bash
# Lies before the environment's pip on root's PATH: files that root installs can't be changed by user airflow.
echo "pip is not for root in this image: switch to user airflow first (USER airflow)." >&2
exit 1
