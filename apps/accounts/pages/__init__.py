"""Pages that people see: signing in, and looking after their own accounts."""
