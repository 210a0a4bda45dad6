"""What a load test says to people, in English and Chinese: progress, verdicts, reports.

Pure. The language is an argument: a report may be for somebody else than who runs the test.
"""

from typing import Final, Literal

Language = Literal["en", "zh"]


def say(language: Language, template: str, /, **fields: object) -> str:
    """Fill `fields` into `template`, an English literal with `{name}` placeholders, or into its Chinese."""
    return (CHINESE.get(template, template) if language == "zh" else template).format(**fields)


CHINESE: Final = {
    # progress
    "{second} s {phase}: {open} of {sessions} open, {waiting} connecting": (
        "{second} 秒 {phase}：{open}/{sessions} 已连接，{waiting} 正在连接"
    ),
    "{sent} sent, {acked} acknowledged, {delivered} delivered per s": (
        "每秒发送 {sent}、确认 {acked}、投递 {delivered}"
    ),
    "p99 {name} {p99} ms": "{name} p99 {p99} 毫秒",
    "{count} errors": "{count} 个错误",
    "server {cores:.2f} cores, {rss} MB": "服务器 {cores:.2f} 核，{rss} MB",
    "connecting": "连接",
    "warming up": "预热",
    "measuring": "测量",
    "settling": "收尾",
    # durations
    "sign-in": "登录",
    "heartbeat": "心跳",
    "send to ack": "发送到确认",
    "send to receive": "发送到接收",
    "time away": "离线时间",
    "lateness of the load test itself": "压测程序自身的延迟",
    # verdict
    "passed: {acked} acknowledged messages in {conversations} conversations, none lost, doubled or reordered": (
        "通过：{conversations} 个会话中已确认的 {acked} 条消息无丢失、无重复、无乱序"
    ),
    "failed: {faults}": "未通过：{faults}",
    "lost": "丢失",
    "doubled": "重复",
    "differing": "内容不一致",
    "unsynced": "起点未知",
    "reordered": "乱序",
    "refused": "被拒绝",
    "unanswered": "无应答",
    "gap": "日志缺口",
    "not_connected": "未能连接",
    "not_open_at_end": "结束时未连接",
    # report
    "Load test: {title}": "压力测试：{title}",
    "Figures": "关键数据",
    "Figure": "指标",
    "Value": "数值",
    "Latency": "延迟",
    "Measurement": "测量项",
    "Count": "次数",
    "mean": "平均",
    "highest": "最大",
    "Latency over time": "延迟变化",
    "Throughput": "吞吐量",
    "Connections": "连接数",
    "Memory of the server": "服务器内存",
    "CPU": "CPU",
    "Errors": "错误",
    "What happened": "发生的情况",
    "Faults": "违约记录",
    "Machine and settings": "机器与设置",
    "Scenario": "场景",
    "Times are in milliseconds; a message counts from when it was due.": "时间单位为毫秒；消息从应发送时刻起计时。",
    "Durability of the database: {durability}": "数据库持久性：{durability}",
    "not stated": "未说明",
    "open": "已连接",
    "connecting now": "正在连接",
    "sent": "发送",
    "acknowledged": "确认",
    "delivered": "投递",
    "server": "服务器",
    "load test": "压测程序",
    "drop": "断开连接",
    "stop_reading": "停止读取",
    "kill": "杀死进程",
    # figures
    "sessions open at the end": "结束时的会话数",
    "sessions connected per s": "每秒连接的会话数",
    "connections tried again in one second at most": "每秒重新尝试的连接数峰值",
    "sessions back in one second at most": "每秒恢复的会话数峰值",
    "messages acknowledged per s": "每秒确认的消息数",
    "messages delivered per s": "每秒投递的消息数",
    "server memory per session, KB": "每会话服务器内存，KB",
    "server CPU while measuring, cores": "测量期间服务器 CPU，核",
    "load test CPU while measuring, cores": "测量期间压测程序 CPU，核",
    "server CPU per message, ms": "每条消息服务器 CPU，毫秒",
    "errors": "错误数",
    "{name} {percentile}, ms": "{name} {percentile}，毫秒",
    # comparing
    "Load tests compared: {before} and {after}": "压测对比：{before} 与 {after}",
    "before": "之前",
    "after": "之后",
    "ratio": "比值",
    # limits
    "{limit} is {found}, {wanted} are wanted: sysctl -w {limit}={wanted}": (
        "{limit} 为 {found}，需要 {wanted}：sysctl -w {limit}={wanted}"
    ),
    # errors
    "no scenario is named {name}: choose from {known}": "没有名为 {name} 的场景：可选 {known}",
    "scenario {name} does not fit: {reason}": "场景 {name} 有误：{reason}",
    "the token file {path} cannot be used ({reason}): make one with manage.py seed_load, readable by you alone": (
        "令牌文件 {path} 无法使用（{reason}）：请用 manage.py seed_load 生成，且仅你自己可读"
    ),
    "too few {what}: {wanted} wanted, {found} there; seed more with manage.py seed_load": (
        "{what} 不足：需要 {wanted}，只有 {found}；请用 manage.py seed_load 生成更多"
    ),
    "{limit} of this machine is {found}, {wanted} are needed": "本机的 {limit} 为 {found}，需要 {wanted}",
    "{url} is no WebSocket address: write ws://HOST:PORT/ws/v1": "{url} 不是 WebSocket 地址：请写 ws://主机:端口/ws/v1",
    "process {worker} of the load test failed: {reason}": "压测进程 {worker} 失败：{reason}",
    "{path} is no result of a load test ({reason})": "{path} 不是压测结果（{reason}）",
}
