"""The proof that tenants are isolated, and the gate that needs it."""
