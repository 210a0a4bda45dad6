"""The first page's parts."""
