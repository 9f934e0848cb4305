"""Tests of pure logic: milliseconds each, no engine, no network."""
