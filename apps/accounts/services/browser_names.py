"""What a browser is called in a list of one's own: a word for the program and one for the system it runs on. Pure.

Made from the User-Agent header, which says whatever its sender likes: good to recognise one's own, good for nothing
else. Programs that show pages inside (WeChat, Feishu, DingTalk) are named, since people know them by that.
"""

from typing import Final

MAX_LOOKED_AT_CHARS: Final = 1_000
"""Of a header; what comes later is not looked at."""

PROGRAMS: Final = (
    ("MicroMessenger/", "WeChat"),
    ("DingTalk", "DingTalk"),
    ("Lark/", "Feishu"),
    ("Feishu", "Feishu"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
"""By a word of theirs. The first that is found counts: most claim to be Chrome and Safari as well."""
SYSTEMS: Final = (
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Android", "Android"),
    ("HarmonyOS", "HarmonyOS"),
    ("OpenHarmony", "HarmonyOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def browser_name(user_agent: str) -> str:
    """Return the name, such as "Firefox · Windows"; "" for what is not known."""
    said = user_agent[:MAX_LOOKED_AT_CHARS]
    found = [next((name for word, name in words if word in said), "") for words in (PROGRAMS, SYSTEMS)]
    return " · ".join(filter(None, found))
