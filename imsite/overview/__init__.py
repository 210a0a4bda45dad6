"""The admin's first page: what each administrator needs to see, within her scopes and by her units."""

from imsite.overview.page import read_overview as read_overview
