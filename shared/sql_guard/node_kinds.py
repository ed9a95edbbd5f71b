"""Which kinds of node a SELECT may consist of. A kind that is not listed is refused, so new grammar is, too."""

# Values and words: nothing in them to look at.
LEAVES = frozenset({"A_Const", "A_Star", "BitString", "Boolean", "Float", "Integer", "String"})

# Kinds without a name of their own to check: what they hold is looked at, node by node.
PLAIN_NODES = frozenset(
    {
        "A_ArrayExpr", "A_Indices", "Alias", "BoolExpr", "BooleanTest", "CaseExpr", "CaseWhen", "CoalesceExpr",
        "ColumnDef", "CommonTableExpr", "CTECycleClause", "CTESearchClause", "GroupingFunc", "GroupingSet",
        "JsonAggConstructor", "JsonArgument", "JsonArrayAgg", "JsonArrayConstructor", "JsonArrayQueryConstructor",
        "JsonBehavior", "JsonFormat", "JsonFuncExpr", "JsonIsPredicate", "JsonKeyValue", "JsonObjectAgg",
        "JsonObjectConstructor", "JsonOutput", "JsonParseExpr", "JsonReturning", "JsonScalarExpr",
        "JsonSerializeExpr", "JsonTableColumn", "JsonTablePathSpec", "JsonValueExpr", "List", "MinMaxExpr",
        "NamedArgExpr", "NullTest", "RangeSubselect", "ResTarget", "RowExpr", "TypeCast", "WindowDef",
    }
)  # fmt: skip

# What fields hold where libpg_query leaves the type out, because it can be no other.
STRUCT_FIELDS = {
    "alias": "Alias",
    "join_using_alias": "Alias",
    "over": "WindowDef",
    "typeName": "TypeName",
    "search_clause": "CTESearchClause",
    "cycle_clause": "CTECycleClause",
    "output": "JsonOutput",
    "returning": "JsonReturning",
    "format": "JsonFormat",
    "context_item": "JsonValueExpr",
    "on_empty": "JsonBehavior",
    "on_error": "JsonBehavior",
    "constructor": "JsonAggConstructor",
    "pathspec": "JsonTablePathSpec",
    "expr": "JsonValueExpr",
    "value": "JsonValueExpr",
    "val": "JsonValueExpr",
    "arg": "JsonValueExpr",
}

TIME_FUNCTIONS = frozenset({"CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP"})

_JSON_INSTEAD = "Use the JSON functions instead."
_ONLY_SELECT = "Only SELECT is possible; no query part may change anything."

# What to say of kinds that a caller may well write.
REFUSED_NODES = {
    "InsertStmt": ("A WITH query has an INSERT.", _ONLY_SELECT),
    "UpdateStmt": ("A WITH query has an UPDATE.", _ONLY_SELECT),
    "DeleteStmt": ("A WITH query has a DELETE.", _ONLY_SELECT),
    "MergeStmt": ("A WITH query has a MERGE.", _ONLY_SELECT),
    "ParamRef": ("A parameter such as $1 has no value here.", "Write the value itself."),
    "SetToDefault": ("DEFAULT has no meaning in a query.", "Write the value itself."),
    "XmlExpr": ("XML functions are not available.", _JSON_INSTEAD),
    "XmlSerialize": ("XML functions are not available.", _JSON_INSTEAD),
    "RangeTableFunc": ("XMLTABLE is not available.", "Use JSON_TABLE instead."),
    "CurrentOfExpr": ("WHERE CURRENT OF is not available.", _ONLY_SELECT),
    "MergeSupportFunc": ("merge_action() is not available.", _ONLY_SELECT),
}
