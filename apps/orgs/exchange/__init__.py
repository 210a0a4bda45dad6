"""Lists of departments and people as files: what a CSV or XLSX file means for a tree, applying it, and writing one.

`sheets`, `columns`, `rows` read; `departments` and `people` compare rows with what is there and plan; the planners are
pure, so that a preview, a dry run and the real thing are the same code. Nothing here ever deletes.
"""
