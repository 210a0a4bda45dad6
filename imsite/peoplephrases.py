"""What the commands about tenants, people and powers say at the terminal, in Chinese. Part of `imsite.phrases`."""

from __future__ import annotations

from typing import Final

PEOPLE: Final = {
    # audit
    "Verify the audit log: that no entry was changed, removed or inserted.": (
        "校验审计日志：确认没有条目被修改、删除或插入。"
    ),
    "verify the log of this tenant only (short name)": "只校验该租户（简称）的日志",
    "{tenant}: whole, {count} entries, last digest {digest}": "{tenant}：完整，共 {count} 条，最后的摘要为 {digest}",
    "{tenant}: entry {number} is missing": "{tenant}：缺少第 {number} 条",
    "{tenant}: entry {number} was changed": "{tenant}：第 {number} 条被修改过",
    "{tenant}: entry {number} does not follow from the one before": "{tenant}：第 {number} 条与前一条不衔接",
    "{tenant}: the log does not end at entry {number}, as was noted": (
        "{tenant}：日志的结尾与记录不符（第 {number} 条）"
    ),
    "the audit log was tampered with (broken logs: {count})": "审计日志被篡改（损坏的日志：{count} 个）",
    "nothing was written to the audit log yet": "审计日志中还没有任何记录",
    # access
    "Show what somebody may do, and where.": "查看某人拥有的权限及其范围。",
    "sign-in name, such as alice@demo": "登录名，例如 alice@demo",
    "nobody signs in as {login}": "没有登录名为 {login} 的用户",
    "{login} may do everything, everywhere (superuser)": "{login} 在任何范围都拥有全部权限（超级用户）",
    "{login} is deactivated, so none of this counts:": "{login} 已停用，以下授权均不生效：",
    "{login} has no powers beyond her own account": "{login} 除自己的账号外没有任何管理权限",
    "{role}: {place}, without end": "{role}：{place}，长期有效",
    "{role}: {place}, until {end}": "{role}：{place}，有效期至 {end}",
    "{role}: {place}, ended {end}": "{role}：{place}，已于 {end} 到期",
    "the whole system": "整个系统",
}
