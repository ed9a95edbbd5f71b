"""Which function a path is for, and what is said about a template that is wrong."""

import pytest

from local.functions_host.errors import StartError
from local.functions_host.routes import Match, RouteTable, parse_route


def table(*templates: str, methods: tuple[str, ...] = (), prefix: str = "") -> RouteTable:
    """Each template is the route of a function named as the template."""
    return RouteTable(parse_route(template, template, methods, prefix) for template in templates)


@pytest.mark.parametrize(
    ("template", "path", "parameters"),
    [
        ("orders", "/orders", {}),
        ("orders", "/orders/", {}),
        ("orders", "/ORDERS", {}),
        ("/orders/", "/orders", {}),
        ("", "/", {}),
        ("orders/{id}", "/orders/a b", {"id": "a b"}),
        ("orders/{id:int}", "/orders/-12", {"id": "-12"}),
        ("orders/{id?}", "/orders", {}),
        ("orders/{id?}", "/orders/7", {"id": "7"}),
        ("orders/{id:int?}", "/orders/", {}),
        ("stores/{store}/orders/{id}", "/stores/7/orders/1", {"store": "7", "id": "1"}),
        ("files/{*rest}", "/files", {}),
        ("files/{*rest}", "/files/a/b.txt", {"rest": "a/b.txt"}),
        ("files/{**rest}", "/files/a/", {"rest": "a/"}),
        ("{*rest}", "/", {}),
        ("{nothing:maxlength(0)?}", "/", {}),
        ("{code:maxLength(3)}", "/abc", {"code": "abc"}),
        ("{id:guid}", "/0f8fad5b-d9cb-469f-a165-70867728950e", {"id": "0f8fad5b-d9cb-469f-a165-70867728950e"}),
        ("file-{name}.{kind:alpha}", "/file-a.b.txt", {"name": "a.b", "kind": "txt"}),
        ("a+b(c)", "/a+b(c)", {}),
        (".well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource", {}),
    ],
)
def test_a_template_matches_a_path(template: str, path: str, parameters: dict[str, str]) -> None:
    assert table(template).find("GET", path) == Match(template, parameters)


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("orders", "/order"),
        ("orders", "/orders/1"),
        ("orders", "/"),
        ("orders/{id}", "/orders"),
        ("orders/{id}", "/orders/1/2"),
        ("orders/{id:int}", "/orders/seven"),
        ("orders/{id:int}", "/orders/7x"),
        ("{id:guid}", "/0f8fad5b"),
        ("a.c", "/abc"),
        ("{nothing:maxlength(0)?}", "/a"),
        ("{nothing:maxlength(0)?}", "/mcp"),
        ("{code:maxlength(3)}", "/abcd"),
        (".well-known/x", "/xwell-known/x"),
    ],
)
def test_a_template_does_not_match_another_path(template: str, path: str) -> None:
    assert table(template).find("GET", path) is None


@pytest.mark.parametrize(
    ("path", "winner"),
    [
        ("/orders/latest", "orders/latest"),
        ("/orders/7", "orders/{id:int}"),
        ("/orders/seven", "orders/{name}"),
        ("/orders/7/lines", "{*rest}"),
        ("/stores/1", "{kind}/{id}"),
        ("/stores/a-b", "{kind}/{first}-{second}"),
    ],
)
@pytest.mark.parametrize("reverse", [False, True])
def test_the_most_specific_route_wins_in_any_order_of_declaration(path: str, winner: str, reverse: bool) -> None:
    templates = [
        "{*rest}",
        "{kind}/{id}",
        "{kind}/{first}-{second}",
        "orders/{name}",
        "orders/{id:int}",
        "orders/latest",
    ]
    found = table(*(reversed(templates) if reverse else templates)).find("GET", path)
    assert found is not None
    assert found.function_name == winner


def test_the_prefix_of_host_json_comes_first() -> None:
    assert table("orders", prefix="api/v1").find("GET", "/api/v1/orders") == Match("orders", {})
    assert table("orders", prefix="api/v1").find("GET", "/orders") is None


def test_a_method_that_is_not_listed_finds_nothing() -> None:
    assert table("orders", methods=("get",)).find("GET", "/orders") == Match("orders", {})
    assert table("orders", methods=("get",)).find("HEAD", "/orders") is None
    assert table("orders").find("PATCH", "/orders") == Match("orders", {})


def test_two_functions_share_a_path_by_method() -> None:
    routes = RouteTable([parse_route("read", "orders", ["GET"]), parse_route("write", "orders", ["POST"])])
    assert routes.find("POST", "/orders") == Match("write", {})


@pytest.mark.parametrize(
    ("template", "complaint"),
    [
        ("{*rest}/tail", "{*rest} may only end a route"),
        ("{id?}/tail", "{id?} may only end a route"),
        ("{id:roman}", "route constraint 'roman' is not one of int, long, bool, alpha, guid"),
        ("{id", "route part '{id' is not understood"),
        ("{id=7}", "route part '{id=7}' is not understood"),
        ("a-{id?}", "route part '{id?}' must be a whole segment"),
        ("{id}/{id}", "is not valid: redefinition of group name 'id'"),
        ("admin/users", "collides with the host's own /admin"),
        ("Runtime/x", "collides with the host's own /Runtime"),
    ],
)
def test_a_wrong_template_is_refused_with_the_function_and_what_is_wrong(template: str, complaint: str) -> None:
    with pytest.raises(StartError, match=r"^function users: ") as refusal:
        parse_route("users", template, [])
    assert complaint in str(refusal.value)
