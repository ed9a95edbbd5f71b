-- The two ways to search take more arguments now: functions of another signature would stay beside them.

DROP FUNCTION IF EXISTS ops.products_by_words(text, integer[], integer);
DROP FUNCTION IF EXISTS ops.products_by_meaning(extensions.vector, text, integer[], integer);
