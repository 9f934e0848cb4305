"""The differences of two configurations, value by value."""

from ci.image.oci import differences


def test_equal_configurations_differ_in_nothing() -> None:
    assert differences({"a": {"b": [1]}}, {"a": {"b": [1]}}) == []


def test_each_value_is_reported_by_its_path_with_both_sides() -> None:
    one = {"config": {"Env": ["A=1"], "User": "50000"}, "os": "linux"}
    other = {"config": {"Env": ["A=2"]}, "os": "linux"}
    assert differences(one, other) == [
        'configuration.config.Env: published ["A=1"], rebuilt ["A=2"]',
        'configuration.config.User: published "50000", rebuilt nothing',
    ]


def test_a_long_value_is_cut() -> None:
    (line,) = differences({"a": "x" * 1000}, {"a": "y"})
    assert len(line) < 300
    assert "…" in line
