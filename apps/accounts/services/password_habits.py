"""Passwords that people choose again and again, beyond the list of twenty thousand that Django ships. Pure.

A word of habit with digits and signs around it is one, whatever digits these are: guessing programs try them all. The
words are those of Chinese keyboards above all, where pinyin, dates and lucky numbers make up most leaked passwords.
"""

import unicodedata
from itertools import pairwise
from typing import Final

_TEXT: Final = """
    woaini woaiwojia woshishui aini ainiyiwannian wobuaini loveyou iloveyou baobao baobei laopo laogong
    qinaide nihao nihaoma zhongguo china beijing shanghai guangzhou shenzhen hangzhou chengdu tianjin
    chongqing wuhan nanjing wang li zhang liu chen yang zhao huang zhou wu xu sun hu zhu gao lin he guo ma luo
    liang song zheng xie han tang wangwei zhangwei liwei wangfang liuwei lina zhangmin lijing wangjing zhangli
    wanglei lilei zhanglei hanmeimei xiaoming xiaohong taobao tianmao weixin wechat weibo baidu alibaba
    tencent tengxun qq qqqq feishu dingding dingtalk huawei xiaomi jingdong douyin admin administrator root
    guanli guanliyuan user yonghu test ceshi guest mima password passwd pass pwd denglu login welcome huanying
    gongsi company office qiye changeme letmein secret default imsite qwer qwert qwerty qwertyui qwertyuiop
    asdf asdfg asdfgh asdfghjkl zxcv zxcvb zxcvbn zxcvbnm qaz wsx qazwsx edc qweasd qweasdzxc abc abcd abcde
    abcdef asd zxc qwe a aa aaa q w z x s d spring summer autumn winter monday january chuntian xiatian
    qiutian dongtian xinnian kuaile
"""
WORDS: Final = frozenset(_TEXT.split())
_LEET: Final = str.maketrans({"0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"})
MIN_KINDS_OF_CHARACTER: Final = 4
"""Fewer different ones are a pattern, however long it is."""


def is_habit(password: str) -> bool:
    """Tell whether the password is one that is guessed early."""
    folded = unicodedata.normalize("NFKC", password).casefold()
    if len(set(folded)) < MIN_KINDS_OF_CHARACTER or _is_run(folded):
        return True
    core = folded.strip("".join({character for character in folded if not character.isalpha()}))
    return core in WORDS or folded.translate(_LEET) in WORDS or not core


def _is_run(text: str) -> bool:
    """Tell whether each character follows the one before, upwards or downwards, all the way."""
    steps = {ord(second) - ord(first) for first, second in pairwise(text)}
    return steps in ({1}, {-1})
