"""What every client is asked, and what it must have got from the server."""

TOOLS = {
    "describe_access",
    "execute_sales_query",
    "explain_query",
    "get_current_utc_date",
    "get_multiple_table_schemas",
    "semantic_search_products",
    "get_product_recommendations",
    "get_store_performance",
    "analyze_sales",
    "generate_business_insights",
}
"""Those that kirkland's token opens."""
SQL_TOOL = "execute_sales_query"
COUNT = {"postgresql_query": "SELECT count(*) FROM retail.orders"}
KIRKLANDS_ANSWER = {
    "columns": [{"name": "count", "type": "bigint"}],
    "rows": [[2975]],
    "row_count": 1,
    "truncated": False,
    "next_cursor": None,
    "note": None,
}
DELETE = {"postgresql_query": "DELETE FROM retail.orders"}
REFUSAL = (
    "SQL_NOT_ALLOWED: This is a Delete statement, not a SELECT. "
    "Send exactly one SELECT (WITH, VALUES and TABLE are fine), without INTO and without a locking clause."
)
CHART_URI = "ui://zava/chart.html"
CHART_TYPE = "text/html;profile=mcp-app"
UNKNOWN_TOOL = "no_such_tool"
BAD_TOKENS = {"none": None, "bad": "garbage"}
REASONS = {"none": "The request carries no Authorization header.", "bad": "The token is malformed."}
"""What the 401 says. Not every client passes it on."""
