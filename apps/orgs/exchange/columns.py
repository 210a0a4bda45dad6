"""The columns of the two kinds of files, by the names people may give them in the header."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from apps.orgs.exchange.findings import SheetRefused

Kind = Literal["departments", "people"]
_DECORATION: Final = re.compile(r"[\s_*＊:：-]+")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its key, what exports call it in English and Chinese, and what else it may be called."""

    key: str
    english: str
    chinese: str
    others: tuple[str, ...] = ()
    is_required: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """All headers that mean this column."""
        return (self.key, self.english, self.chinese, *self.others)


COLUMNS: Final[Mapping[Kind, tuple[Column, ...]]] = {
    "departments": (
        Column("code", "Code", "编码", ("部门编码", "部门编号", "编号")),
        Column("name", "Name", "名称", ("部门名称", "部门", "department"), is_required=True),
        Column("parent", "Parent", "上级部门", ("上级", "上级编码", "parent code")),
        Column("hidden", "Hidden", "隐藏", ("是否隐藏",)),
    ),
    "people": (
        Column("username", "User name", "用户名", ("账号", "帐号", "登录名", "account", "login"), is_required=True),
        Column("name", "Name", "姓名", ("显示名", "display name")),
        Column("email", "E-mail", "邮箱", ("电子邮箱", "电子邮件", "mail")),
        Column("department", "Department", "部门", ("所属部门", "部门编码")),
        Column("title", "Title", "职位", ("职务", "岗位", "position")),
        Column("primary", "Primary", "主部门", ("是否主部门",)),
        Column("leader", "Leader", "负责人", ("是否负责人", "主管")),
        Column("sort", "Order", "排序", ("sort", "序号")),
        Column("password", "Password", "密码", ("初始密码", "initial password")),
    ),
}


def match_header(kind: Kind, header: Sequence[str]) -> dict[str, int]:
    """Return the index of each column that the header names.

    Raises SheetRefused: a column that is unknown (a typing error must not silently lose data), named twice or missing.
    """
    known = {_folded(name): column.key for column in COLUMNS[kind] for name in column.names}
    found: dict[str, int] = {}
    for index, title in enumerate(header):
        if not title:
            continue
        key = known.get(_folded(title))
        if key is None:
            raise SheetRefused("column_unknown", column=title[:50])
        if key in found:
            raise SheetRefused("column_twice", column=title[:50])
        found[key] = index
    for column in COLUMNS[kind]:
        if column.is_required and column.key not in found:
            raise SheetRefused("column_missing", column=column.english, chinese=column.chinese)
    return found


def _folded(title: str) -> str:
    return _DECORATION.sub("", title).casefold()
