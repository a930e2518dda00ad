"""Values compared with schemas in the notation of the contracts."""

import pytest

from tests.contracts.shapes import MANY_ROWS, Shapes, field_names

SHAPES = Shapes({"person": {"id": "integer", "name~": "string?"}, "tree": {"id": "integer", "below~": ["#tree"]}})


def problems(value: object, schema: object, shapes: Shapes = SHAPES) -> list[str]:
    return list(shapes.compare(value, schema, "it"))


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        *((7, "integer"), (7, "number"), (0.5, "number"), ("x", "string"), (True, "boolean"), (None, "null")),
        *(
            (None, "string?"),
            ({"x": [1]}, "any"),
            ("b", "=a|b"),
            (None, "=a|b?"),
            ([], ["string"]),
            (["x"], ["string"]),
        ),
        *(({"id": 1}, "#person"), ({"id": 1, "name": None}, "#person"), (None, "#person?"), (None, {"?": True})),
        *(("x", {"|": ["integer", "string"]}), ({"a": 1, "b": 2}, {"*": "integer"}), ({"id": 1, "x": 2}, {"*": "any"})),
        ({"id": 1, "below": [{"id": 2, "below": []}]}, "#tree"),
    ],
)
def test_what_fits_has_no_problems(value: object, schema: object) -> None:
    assert problems(value, schema) == []


@pytest.mark.parametrize(
    ("value", "schema", "problem"),
    [
        *(("7", "integer", "it: '7' is no integer"), (True, "integer", "it: True is no integer")),
        *((1, "boolean", "it: 1 is no boolean"), (None, "string", "it: None is no string")),
        *(("c", "=a|b", "it: 'c' is none of a|b"), (None, "=a|b", "it: None is none of a|b")),
        *(("x", ["string"], "it: 'x' is no list"), (["x", 7], ["string"], "it[1]: 7 is no string")),
        *(([], "#person", "it: [] is no object"), ({}, "#person", "it.id: is missing")),
        *((None, "#person", "it: None is no object"), ({"id": 1, "name": 2}, "#person", "it.name: 2 is no string?")),
        ({"id": 1, "nmae": "x"}, "#person", "it.nmae: is unknown"),
        ({"a": "x"}, {"*": "integer"}, "it.a: 'x' is no integer"),
        ({"id": 1, "below": [{}]}, "#tree", "it.below[0].id: is missing"),
        (None, {"|": ["integer", "string"]}, "it: None is no integer"),
        (["x" * 99], "string", f"it: ['{'x' * 55}... is no string"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(value: object, schema: object, problem: str) -> None:
    assert problems(value, schema) == [problem]


def test_a_known_field_may_be_anywhere_but_not_where_all_is_strict() -> None:
    value = {"id": 1, "url": "x"}

    assert problems(value, "#person", Shapes(SHAPES.schemas, frozenset({"url"}))) == []
    assert problems(value, "#person", Shapes(SHAPES.schemas, frozenset({"url"}), True)) == ["it.url: is unknown"]


def test_an_object_may_name_all_other_fields_that_there_are() -> None:
    exact = {"id": "integer", "...": "url size"}
    shapes = Shapes({}, frozenset({"colour"}))

    assert problems({"id": 1, "url": 7}, exact, shapes) == []
    assert problems({"id": 1, "colour": 7}, exact, shapes) == ["it.colour: is unknown"]
    assert problems({"id": 1, "url": 7}, exact, Shapes({}, is_strict=True)) == ["it.url: is unknown"]


def test_of_a_partial_answer_everything_may_be_missing_but_nothing_wrong() -> None:
    partial = Shapes(SHAPES.schemas, is_partial=True)

    assert problems({}, "#person", partial) == []
    assert problems({"id": "x"}, "#person", partial) == ["it.id: 'x' is no integer"]


def test_of_a_long_list_the_ends_are_compared() -> None:
    rows: list[object] = [1] * (3 * MANY_ROWS)
    rows[0] = rows[len(rows) // 2] = rows[-1] = "x"

    assert [each.split(":")[0] for each in problems(rows, ["integer"])] == ["it[0]", f"it[{len(rows) - 1}]"]


def test_a_contract_with_nonsense_says_so() -> None:
    assert problems(1, 7) == ["it: the contract has 7 here"]


def test_the_names_of_fields_are_found_at_any_depth() -> None:
    assert set(field_names([{"a~": {"|": ["null", {"b": ["string"]}]}, "?": True, "*": {"c": "any"}}])) == {
        "a",
        "b",
        "c",
    }
