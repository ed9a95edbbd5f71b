"""A caller's statement in, the same out: one SELECT over the retail data, or a fault that says what to change.

The rows are row-level security's business and stay so with this layer off. The guard refuses what row-level security
cannot: side channels, other sessions, the catalog, and text that would cost the server dearly.
"""

from shared.sql_guard.allowed_functions import AllowedFunctions, load_allowed_functions
from shared.sql_guard.guard import Passed, SqlGuard

__all__ = ["AllowedFunctions", "Passed", "SqlGuard", "load_allowed_functions"]
