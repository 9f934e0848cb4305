"""Tests of airgap's pure logic: no root, no network, no engine."""
