"""The application: everything that function_app.py hosts."""
