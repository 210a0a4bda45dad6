from django.utils import translation

from apps.accounts.services.happening_words import WORDS


def test_every_action_has_words_in_both_languages() -> None:
    english = {str(words) for words in WORDS.values()}
    with translation.override("zh-hans"):
        chinese = {str(words) for words in WORDS.values()}

    assert len(english) == len(chinese) == len(WORDS)
    assert english & chinese == set()
