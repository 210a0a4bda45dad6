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
    # running them
    "Put load on a running installation, by one of its scenarios or your own, and judge it.": (
        "按内置或自定义的场景对运行中的系统施加负载，并判定结果。"
    ),
    "compare: the two results": "compare：两个结果文件",
    "where and who": "位置与用户",
    "WebSocket address of a node; may be repeated": "节点的 WebSocket 地址，可给出多个",
    "file of seed_load": "seed_load 生成的文件",
    "own address to connect from": "发起连接所用的本机地址",
    "processes of the load test; default: as many as needed": "压测进程数；默认按需要",
    "process to observe": "要观察的进程",
    "process to kill": "要杀死的进程",
    "instead of what the scenario says": "替代场景中的设置",
    "how many sessions": "会话数",
    "new sessions per second, 0: no limit": "每秒新会话数，0 表示不限",
    "seconds between heartbeats": "心跳间隔秒数",
    "seconds of traffic before measuring": "测量前的预热秒数",
    "seconds of measuring": "测量秒数",
    "seconds that the last answers may take": "等待最后应答的秒数",
    "messages per second, 0: one after the other": "每秒消息数，0 表示逐条连续发送",
    "how many conversations, 0: all": "会话（聊天）数，0 表示全部",
    "length of each message": "每条消息的长度",
    "let nodes send sessions to each other": "允许节点重定向会话",
    "interrupted: there is no result": "已中断，没有结果",
    "results": "结果",
    "write the result there": "将结果写入该文件",
    "write a report there": "将报告写入该文件",
    "what to state about the database's durability": "报告中对数据库持久性的说明",
    "language of progress and report": "进度和报告的语言",
    "compare needs two results: manage.py loadtest compare A.json B.json": (
        "compare 需要两个结果：manage.py loadtest compare A.json B.json"
    ),
}
