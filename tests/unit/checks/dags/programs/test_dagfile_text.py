"""What a traceback says of a DAG file: its line, and the cause."""

from ci.checks.dags.programs.dagfile import cause_of, line_of

DAG_FILE = "/opt/airflow/dags/api/dag.py"
TRACEBACK = f"""Traceback (most recent call last):
  File "/home/airflow/.local/lib/python/site-packages/airflow/importer.py", line 99, in load
  File "{DAG_FILE}", line 3, in <module>
    import helper
  File "{DAG_FILE}", line 12, in extract
  File "/opt/airflow/dags/api/dag.py.bak", line 40, in extract
ModuleNotFoundError: No module named 'simple_salesforce'
"""
GROUP = f"""  + Exception Group Traceback (most recent call last):
  |   File "{DAG_FILE}", line 3, in <module>
  |     raise ExceptionGroup("many", [ValueError("a"), KeyError("b")])
  | ExceptionGroup: many (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | ValueError: a
    +---------------- 2 ----------------
    | Traceback (most recent call last):
    |   File "{DAG_FILE}", line 9, in f
    | KeyError: 'b'
    +------------------------------------
"""
# Of a union of assets: 3.11 and 3.12 tell the line that failed, 3.13 the statement it is in.
OF_3_11 = f"""Traceback (most recent call last):
  File "{DAG_FILE}", line 6, in <module>
    | parser
      ^^^^^^
NameError: name 'parser' is not defined
"""
OF_3_13 = f"""Traceback (most recent call last):
  File "{DAG_FILE}", line 5, in <module>
    DAG(
    ~~~^
    ...<3 lines>...
        | Asset("b"),
        ^^^^^^^^^^^^^
    )
    ^
TypeError: unexpected keyword argument 'shedule'
"""
TABLE = f"""Traceback (most recent call last):
  File "{DAG_FILE}", line 1, in <module>
    raise ValueError(TABLE)
ValueError: bad table:
   | a | b
  +--- 1 ---
   | c: d
and more
"""
INVALID = f"""{OF_3_11}
The above exception was the direct cause of the following exception:

AirflowException: Invalid arguments were passed to BashOperator (task_id: a). Invalid arguments were:
**kwargs: {{'retry': 3}}
"""
MANY = f"""{OF_3_11}
During handling of the above exception, another exception occurred:

  + Exception Group Traceback (most recent call last):
  |   File "{DAG_FILE}", line 5, in <module>
  |     | raise_all: None
  | ExceptionGroup: many (17 sub-exceptions)
  +-+---------------- 1 ----------------
    | ValueError: a
    |  | t: u
    | more: b
    +---------------- 2 ----------------
    | Exception Group Traceback (most recent call last):
    |   File "{DAG_FILE}", line 3, in <module>
    |     f()
    |     ~^^
    | ExceptionGroup: in (1 sub-exception)
    +-+---------------- 1 ----------------
      | OSError
      +------------------------------------
    +---------------- 3 ----------------
    | Traceback (most recent call last):
    |   File "{DAG_FILE}", line 3, in <module>
    | RuntimeError: first
    |
    | The above exception was the direct cause of the following exception:
    |
    | Traceback (most recent call last):
    |   File "{DAG_FILE}", line 5, in <module>
    | KeyError: 'second'
    +---------------- ... ----------------
    | and 14 more exceptions
    +------------------------------------
"""
MANY_TOLD = (
    "ExceptionGroup: many (17 sub-exceptions): ValueError: a | t: u more: b: ExceptionGroup: in "
    "(1 sub-exception): OSError: KeyError: 'second': and 14 more exceptions"
)


def test_the_line_is_the_last_one_in_the_dag_file_itself() -> None:
    cases = {
        (TRACEBACK, DAG_FILE): 12,
        ("", DAG_FILE): 0,
        ("SyntaxError: x", DAG_FILE): 0,
        ('File "/other.py", line 3', DAG_FILE): 0,
        ('File "/dags/aXpy", line 3', "/dags/a.py"): 0,
        ('File "/dags/a+(1).py", line 3', "/dags/a+(1).py"): 3,
    }
    assert {(text, path): line_of(text, path) for text, path in cases} == cases


def test_the_cause_is_the_error_itself_in_one_line() -> None:
    cases = {
        TRACEBACK: "ModuleNotFoundError: No module named 'simple_salesforce'",
        TRACEBACK.replace(
            "'simple", "x\nmore\n  and\n'simple"
        ): "ModuleNotFoundError: No module named x more and 'simple_salesforce'",
        '  File "x.py", line 3\n    a b\n      ^\nSyntaxError: invalid': "SyntaxError: invalid",
        "ValueError: <object object at 0x7f00c0ffee>": "ValueError: <object object>",
        GROUP: "ExceptionGroup: many (2 sub-exceptions): ValueError: a: KeyError: 'b'",
        OF_3_11: "NameError: name 'parser' is not defined",
        OF_3_13: "TypeError: unexpected keyword argument 'shedule'",
        INVALID: "AirflowException: Invalid arguments were passed to BashOperator (task_id: a). "
        "Invalid arguments were: **kwargs: {'retry': 3}",
        f"ValueError: {'word ' * 200}": f"ValueError: {'word ' * 199}word",
        f"ValueError: a\n{'word ' * 200}": f"ValueError: a {'word ' * 117}…",
        TABLE: "ValueError: bad table: | a | b +--- 1 --- | c: d and more",
        MANY: MANY_TOLD,
        f"{MANY}\nDuring handling of it:\n\n{TRACEBACK}": cause_of(TRACEBACK),
        "  + Exception Group Traceback (most recent call last):\n": "unknown",
        '  File "x.py", line 3\n    a = "\u2028| b"\nKeyError: 1\r\n': "KeyError: 1",
        '  File "x.py", line 3\nKeyError: a\rb\n': "KeyError: a b",
        "ValueError: a\n  | b\n  | c\n": "ValueError: a | b | c",
        "Traceback (most recent call last):\nValueError: a\nb\n": "ValueError: a b",
        "only this\n\n": "only this",
        "": "unknown",
        "\n \n": "unknown",
    }
    assert {text: cause_of(text) for text in cases} == cases
