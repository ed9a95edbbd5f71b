"""What agents ask: the same question by three callers, a search by meaning, a report with its chart."""

from decimal import Decimal

from local.demo.screen import Screen, Value
from local.demo.session import NotAsPromised, Stack, structured
from local.people import PEOPLE

CALLERS = ("kirkland", "west-region", "head-office")
QUESTION = """\
SELECT s.store_name, count(DISTINCT o.order_id) AS orders, sum(i.total_amount) AS revenue
FROM retail.orders o
JOIN retail.order_items i USING (store_id, order_id)
JOIN retail.stores s USING (store_id)
WHERE o.order_date >= DATE '2026-01-01'
GROUP BY s.store_name ORDER BY revenue DESC"""
NEED = "something to stop water dripping from a tap"
REPORT_CALLER, REPORT_DAYS = "west-region", 365
CENT = Decimal("0.01")

type Figures = dict[str, tuple[int, Decimal]]
"""Orders and revenue by store."""


def three_callers(stack: Stack, screen: Screen) -> None:
    """One SELECT, three tokens. Raises NotAsPromised where a caller's rows are not its stores', all of them."""
    screen.sent(QUESTION)
    answers = {name: _asked(stack, name) for name in CALLERS}
    everything = _past_the_policies(stack)
    stores = sorted(everything, key=lambda store: -everything[store][1])
    screen.table(
        ["revenue of", *CALLERS],
        [
            *([store, *(answers[name].get(store, (0, None))[1] for name in CALLERS)] for store in stores),
            ["rows that came", *(len(answers[name]) for name in CALLERS)],
        ],
    )
    if not everything:
        raise NotAsPromised("there are no orders at all; was this state made with --data none?")
    for name in CALLERS:
        if answers[name] != _of_stores(stack, everything, PEOPLE[name].store_ids):
            raise NotAsPromised(f"{name} did not get the rows of its own stores, all of them and no other")
    screen.holds("Nobody wrote a filter. The superuser, past all policies, counts the same for the stores of each.")


def _asked(stack: Stack, name: str) -> Figures:
    rows = structured(stack.call(name, "execute_sales_query", postgresql_query=QUESTION))["rows"]
    return {store: (orders, Decimal(str(revenue)).quantize(CENT)) for store, orders, revenue in rows}


def _past_the_policies(stack: Stack) -> Figures:
    with stack.as_superuser() as superuser:
        return {store: (orders, revenue) for store, orders, revenue in superuser.execute(QUESTION.encode())}


def _of_stores(stack: Stack, everything: Figures, store_ids: tuple[int, ...]) -> Figures:
    with stack.as_superuser() as superuser:
        query = "SELECT store_name FROM retail.stores WHERE store_id = ANY (%s)"
        own = {name for (name,) in superuser.execute(query, (list(store_ids),))}
    return {store: figures for store, figures in everything.items() if store in own}


def search_by_meaning(stack: Stack, screen: Screen) -> None:
    """Raises NotAsPromised where products were found by their words, or none was."""
    caller = CALLERS[0]
    screen.sent(f'semantic_search_products(query_description="{NEED}", mode="semantic") as {caller}')
    found = structured(
        stack.call(caller, "semantic_search_products", query_description=NEED, mode="semantic", max_rows=4)
    )
    place = {column["name"]: index for index, column in enumerate(found["columns"])}
    shown = ("product_name", "product_description", "similarity_percent", "stock_level")
    screen.table(
        [name.replace("_", " ") for name in shown], [[row[place[name]] for name in shown] for row in found["rows"]]
    )
    if found["mode"] != "semantic":
        raise NotAsPromised(f"it was not a search by meaning: {found['fallback']}")
    if not found["rows"]:
        raise NotAsPromised("nothing was found")
    screen.holds(f"Found by an embedding of the sentence; the stock is what {caller} has on its shelf.")


def report_with_chart(stack: Stack, screen: Screen) -> None:
    """Raises NotAsPromised where the bars do not come to what the caller's stores sold."""
    caller = REPORT_CALLER
    screen.sent(f'analyze_sales(report="category_performance", days={REPORT_DAYS}) as {caller}')
    report = structured(stack.call(caller, "analyze_sales", report="category_performance", days=REPORT_DAYS))
    screen.say(f"{report['title']}: {report['period_start']} to {report['period_end']}", "bold")
    place = {column["name"]: index for index, column in enumerate(report["columns"])}
    figures: list[tuple[str, Value]] = [(row[place["category"]], row[place["revenue"]]) for row in report["rows"]]
    screen.bars([(name, float(value or 0)) for name, value in figures], report["currency"])
    screen.say(" ".join(report["findings"]))
    total = sum((Decimal(str(value)) for _, value in figures), Decimal(0))
    sold = _sold(stack, PEOPLE[caller].store_ids, report["period_start"], report["period_end"])
    if not figures or abs(total - sold) > CENT * len(figures):
        raise NotAsPromised(f"the bars come to {total:,}, and these stores sold for {sold:,}")
    screen.holds(f"The bars come to {total:,} {report['currency']}: what the superuser counts for {caller}'s stores.")


def _sold(stack: Stack, store_ids: tuple[int, ...], first: str | None, last: str | None) -> Decimal:
    query = (
        "SELECT coalesce(sum(i.total_amount), 0) FROM retail.orders o"
        " JOIN retail.order_items i USING (store_id, order_id)"
        " WHERE store_id = ANY (%s) AND o.order_date BETWEEN %s AND %s"
    )
    with stack.as_superuser() as superuser:
        [(total,)] = superuser.execute(query, (list(store_ids), first, last)).fetchall()
    return Decimal(total)
