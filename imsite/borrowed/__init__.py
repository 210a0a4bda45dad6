"""Tables of libraries whose own migrations don't fit: those of allauth's accounts rewrite the addresses of users, by a
manager that ours have not. Nothing is ever stored in these tables; they are there because deleting a user asks them.
"""
