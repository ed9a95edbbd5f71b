"""PostgreSQL: connections, statements, the schema in sql/, and what its errors mean."""
