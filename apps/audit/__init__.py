"""Who did what, at which scope, from where, before and after: an append-only chain of hashes per tenant."""
