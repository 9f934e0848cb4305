"""From Salesforce's descriptions to columns."""

from collections.abc import Sequence

import pytest

from scripts.salesforce.schema import Column, ObjectConfigurationError, column_name, columns_of, table_of


def description(**types: str) -> dict[str, object]:
    fields = {"Id": "id", "SystemModstamp": "datetime", "IsDeleted": "boolean"} | types
    return {"name": "Account", "fields": [{"name": name, "type": kind} for name, kind in fields.items()]}


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("Id", "id"),
        ("SystemModstamp", "system_modstamp"),
        ("AnnualRevenue", "annual_revenue"),
        ("HasOptedOutOfEmail", "has_opted_out_of_email"),
        ("Custom_Field__c", "custom_field__c"),
        ("URLText", "url_text"),
        ("Line2Street", "line2_street"),
    ],
)
def test_column_names(field: str, name: str) -> None:
    assert column_name(field) == name


def test_key_and_marks_come_first_and_once() -> None:
    columns = columns_of(description(Name="string", Amount="currency"), ["Amount", "Id", "Name", "Amount"])
    assert [column.field for column in columns] == ["Id", "SystemModstamp", "IsDeleted", "Amount", "Name"]
    assert columns[3] == Column("Amount", "amount", "numeric")


def test_an_object_without_a_recycle_bin_has_no_mark_of_deletion() -> None:
    types = {
        "name": "User",
        "fields": [{"name": "Id", "type": "id"}, {"name": "SystemModstamp", "type": "datetime"}],
    }
    assert [column.field for column in columns_of(types, [])] == ["Id", "SystemModstamp"]


@pytest.mark.parametrize(
    ("kind", "column_type"),
    [
        ("picklist", "text"),
        ("int", "bigint"),
        ("percent", "numeric"),
        ("address", "jsonb"),
        ("date", "date"),
        ("datetime", "timestamp with time zone"),
        ("time", "time without time zone"),
        ("boolean", "boolean"),
    ],
)
def test_types(kind: str, column_type: str) -> None:
    assert columns_of(description(F=kind), ["F"])[-1].kind == column_type


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (["Nmae"], r"Account has no field 'Nmae' \(did you mean 'Name'\?\)"),
        (["Qqq", "Name"], "Account has no field 'Qqq', or"),
        (["Body"], r"no column type for Body \(base64\)"),
        (["AbcDef", "Abc_Def"], "AbcDef and Abc_Def would both become the column abc_def"),
    ],
)
def test_fields_that_cannot_be_read_are_named(fields: Sequence[str], message: str) -> None:
    known = description(Name="string", Body="base64", AbcDef="string", Abc_Def="string")
    with pytest.raises(ObjectConfigurationError, match=message):
        columns_of(known, fields)


def test_the_table_is_keyed_by_id_and_ordered_by_change() -> None:
    table = table_of("Invoice__c", columns_of(description(), []))
    assert (table.schema, table.name, table.key, table.version) == (
        "salesforce",
        "invoice__c",
        "id",
        "system_modstamp",
    )
