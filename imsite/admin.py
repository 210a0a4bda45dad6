
# The library's view has no setting for how it names what it offers.
admin.site.autocomplete_view = send_choices  # type: ignore[assignment]  # any kind of answer
