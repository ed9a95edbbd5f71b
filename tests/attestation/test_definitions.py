"""The definitions in the files and in a database are compared by what they say, not by how they are written."""

import pytest

from shared.database.schema import SQL_FOLDER
from shared.isolation.definitions import FUNCTIONS, TRIGGERS, definitions_of, differences

FILES = sorted((SQL_FOLDER / "functions").glob("*.sql"))
WRITTEN = """
create function access.told(so_far bigint) returns boolean as 'SELECT true' language sql security invoker volatile;
create trigger tell after update or insert on retail.orders execute procedure access.told();
ALTER TABLE retail.orders ENABLE ALWAYS TRIGGER tell;
"""
PRINTED = """
CREATE OR REPLACE FUNCTION access.told(so_far bigint)
 RETURNS boolean
 LANGUAGE sql
AS $function$SELECT true$function$;
CREATE TRIGGER tell AFTER INSERT OR UPDATE ON retail.orders FOR EACH STATEMENT EXECUTE FUNCTION access.told();
ALTER TABLE retail.orders ENABLE ALWAYS TRIGGER tell;
"""
TOLD, TELL = (FUNCTIONS, "access.told"), (TRIGGERS, "retail.orders trigger tell")


def test_every_file_defines_one_function_of_its_name() -> None:
    for path in FILES:
        functions = [name for kind, name in definitions_of(path.read_text()) if kind == FUNCTIONS]
        schema = (
            "ops"
            if path.stem.endswith(
                (
                    *("_task", "_tasks", "_embedding", "words", "words_of", "_by_meaning", "_audit", "_allowances"),
                    *("_changes", "_backup"),
                )
            )
            else "access"
        )
        assert functions == [f"{schema}.{path.stem}"]


def test_every_trigger_fires_for_every_writer() -> None:
    triggers = {
        name: definition
        for path in FILES
        for (kind, name), definition in definitions_of(path.read_text()).items()
        if kind == TRIGGERS
    }
    assert triggers
    assert {definition["firing"] for definition in triggers.values()} == {"AT_EnableAlwaysTrig"}


def test_how_it_is_written_makes_no_difference() -> None:
    assert definitions_of(WRITTEN) == definitions_of(PRINTED) == definitions_of(PRINTED.replace("\n", "\r\n"))
    assert definitions_of(WRITTEN).keys() == {TOLD, TELL}


@pytest.mark.parametrize(
    ("subject", "part", "before", "after"),
    [
        (TOLD, "as", "true", "false"),
        (TOLD, "cost", "LANGUAGE sql", "LANGUAGE sql COST 1"),
        (TOLD, "language", "LANGUAGE sql", "LANGUAGE plpgsql"),
        (TOLD, "leakproof", "LANGUAGE sql", "LANGUAGE sql LEAKPROOF"),
        (TOLD, "parallel", "LANGUAGE sql", "LANGUAGE sql PARALLEL SAFE"),
        (TOLD, "parameters", "so_far bigint", "so_far integer"),
        (TOLD, "returnType", "boolean", "integer"),
        (TOLD, "security", "LANGUAGE sql", "LANGUAGE sql SECURITY DEFINER"),
        (TOLD, "set", "LANGUAGE sql", "LANGUAGE sql SET search_path TO 'public'"),
        (TOLD, "strict", "LANGUAGE sql", "LANGUAGE sql STRICT"),
        (TOLD, "volatility", "LANGUAGE sql", "LANGUAGE sql IMMUTABLE"),
        (TELL, "args", "EXECUTE FUNCTION access.told()", "EXECUTE FUNCTION access.told('1')"),
        (TELL, "columns", "INSERT OR UPDATE", "INSERT OR UPDATE OF order_date"),
        (TELL, "events", "INSERT OR UPDATE", "UPDATE"),
        (TELL, "firing", "ENABLE ALWAYS TRIGGER", "ENABLE TRIGGER"),
        (TELL, "funcname", "EXECUTE FUNCTION access.told", "EXECUTE FUNCTION access.telling"),
        (TELL, "row", "STATEMENT", "ROW"),
        (TELL, "timing", "AFTER", "BEFORE"),
        (TELL, "transitionRels", "FOR EACH", "REFERENCING NEW TABLE AS rows FOR EACH"),
        (TELL, "whenClause", "EXECUTE", "WHEN (false) EXECUTE"),
    ],
)
def test_what_it_says_does(subject: tuple[str, str], part: str, before: str, after: str) -> None:
    assert before in PRINTED
    expected = {subject: definitions_of(PRINTED)[subject]}
    found = [(*subject, PRINTED.replace(before, after))]
    [(*of, problem)] = differences(found, expected)
    assert (tuple(of), problem) == (subject, f"has another definition than this release gives it ({part})")


def test_what_is_missing_unknown_or_unreadable_is_told() -> None:
    found = [(*TOLD, "CREATE WHAT"), (FUNCTIONS, "access.another", PRINTED), (TRIGGERS, "access.told", PRINTED)]
    problems = [(kind, problem.split(" (")[0]) for kind, _, problem in differences(found, definitions_of(PRINTED))]
    assert problems == [
        (FUNCTIONS, "has another definition than this release gives it"),
        (FUNCTIONS, "is not of this release"),
        (TRIGGERS, "is not of this release"),
        (TRIGGERS, "is missing"),
    ]
