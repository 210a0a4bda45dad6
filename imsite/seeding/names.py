"""Names for made-up companies: people, departments, titles. Pure: the same random source gives the same names."""

from collections.abc import Iterator
from random import Random
from typing import Final

from apps.common.pinyin import readings

SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余"
    "于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江"
)
"""The commonest first; they are drawn so that the first ones come most often, as in life."""
COMPOUND: Final = ("欧阳", "司马", "上官", "诸葛", "尉迟", "长孙")
GIVEN: Final = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰飞红梅鹏辉玲建国志文斌宇浩凯"
    "健俊帆雪婷慧博晨欣怡子轩梓涵思雨佳琪嘉豪一诺可心若溪海峰春晓东晓光立新永康天佑"
)
COMPANIES: Final = ("蓝海", "远山", "星河", "长风", "云帆", "金桥", "北辰", "东湖")
BRANCHES: Final = ("集团总部", "科技有限公司", "制造有限公司", "贸易有限公司", "物流有限公司")
"""Organisations of one tenant."""
DIVISIONS: Final = (
    "研发中心", "产品中心", "市场部", "销售部", "人力资源部", "财务部", "法务部", "行政部",
    "信息技术部", "客户服务部", "采购部", "供应链部", "质量管理部", "生产部", "战略发展部",
)  # fmt: skip
PLACES: Final = (
    "北京", "上海", "广州", "深圳", "杭州", "成都", "武汉", "西安", "南京", "重庆", "苏州", "天津", "长沙",
    "青岛", "沈阳",
)  # fmt: skip
TEAMS: Final = (
    "平台", "前端", "后端", "移动", "测试", "运维", "数据", "算法", "安全", "设计", "渠道", "大客户", "招聘",
    "培训", "薪酬",
)  # fmt: skip
KINDS: Final = ("分部", "部", "组", "小组", "班组")
TITLES: Final = (
    "工程师",
    "高级工程师",
    "产品经理",
    "销售代表",
    "客户经理",
    "会计",
    "人事专员",
    "设计师",
    "主管",
    "助理",
)
LEADER: Final = "负责人"
COMPOUND_SHARE: Final = 0.01
SHORT_SHARE: Final = 0.3
"""Of given names with one character."""


def people(random: Random) -> Iterator[tuple[str, str]]:
    """Yield names with user names, for ever; no user name comes twice: `zhangxiaoming`, `zhangxiaoming2`."""
    seen: dict[str, int] = {}
    while True:
        name = _person(random)
        spoken = "".join((readings(character) or ("x",))[0] for character in name)
        seen[spoken] = number = seen.get(spoken, 0) + 1
        yield name, spoken if number == 1 else f"{spoken}{number}"


def department(random: Random, *, level: int, taken: set[str]) -> str:
    """Return a name for a department on this level that none beside it has, and count it as taken."""
    for _attempt in range(8):
        name = _department(random, level)
        if name not in taken:
            break
    else:
        name = f"{name}（{len(taken) + 1}）"
    taken.add(name)
    return name


def company(number: int) -> str:
    """Return the name of the tenant with this number, from 0; each its own."""
    name, again = COMPANIES[number % len(COMPANIES)], number // len(COMPANIES)
    return f"{name}集团" if not again else f"{name}集团 {again + 1}"


def _person(random: Random) -> str:
    if random.random() < COMPOUND_SHARE:
        surname = random.choice(COMPOUND)
    else:
        surname = SURNAMES[int(len(SURNAMES) * random.random() ** 2)]
    size = 1 if random.random() < SHORT_SHARE else 2
    return surname + "".join(random.choices(GIVEN, k=size))


def _department(random: Random, level: int) -> str:
    if level == 1:
        return random.choice(DIVISIONS)
    if level == 2:
        return random.choice(PLACES) + KINDS[0]
    return random.choice(PLACES if random.random() < 0.2 else TEAMS) + KINDS[min(level - 2, len(KINDS) - 1)]
