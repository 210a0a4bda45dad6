"""What the commands of load tests say at the terminal, in Chinese. Part of `imsite.phrases`, which tells the rest."""

from __future__ import annotations

from typing import Final

LOAD_TESTS: Final = {
    # users for them
    "Make users, access tokens and conversations for load tests, in a tenant of their own.": (
        "为压力测试批量创建用户、访问令牌和会话，放在单独的租户中。"
    ),
    "how many users to make": "要创建的用户数",
    "short name of the tenant to make for them": "为这些用户创建的租户的简称",
    "where to write the tokens, readable by you alone": "令牌写入的文件，只有你自己可读",
    "sizes of the groups to make; pairs come always": "要创建的群的人数；单聊总会创建",
    "how long the tokens are good for": "令牌的有效天数",
    "a load test needs two users at least, and tokens for a day": "压力测试至少需要两个用户和一天有效的令牌",
    "tenant {slug} exists: name another one with --tenant": "租户 {slug} 已存在：请用 --tenant 指定另一个",
    "{users} users and {conversations} conversations in {seconds:.1f} s; their tokens are in {path}": (
        "{users} 个用户和 {conversations} 个会话，用时 {seconds:.1f} 秒；令牌在 {path}"
    ),
}
