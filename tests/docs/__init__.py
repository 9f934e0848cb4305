"""Tests of the documentation: links, and the reference of the module."""
