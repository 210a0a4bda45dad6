"""What the commands about tenants, people and powers say at the terminal, in Chinese. Part of `imsite.phrases`."""

from __future__ import annotations

from typing import Final

from imsite.identityphrases import IDENTITY

PEOPLE: Final = {
    **IDENTITY,
    # mail
    "IM_EMAIL_URL must be like {example}": "IM_EMAIL_URL 的格式应类似 {example}",
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
    # tenants
    "Look at tenants, suspend, export and delete them.": "查看、停用、导出和删除租户。",
    "the short name of the tenant": "租户的简称",
    "export: the file to write (ZIP)": "export：要写入的文件（ZIP）",
    "delete: days until everything is erased": "delete：多少天后彻底清除",
    "erased: {tenants}": "已清除：{tenants}",
    "name the tenant by its short name": "请给出租户的简称",
    "say where to: --to FILE.zip": "请指明导出位置：--to 文件.zip",
    "{count} rows in {path}": "共 {count} 行，已写入 {path}",
    "{tenant} is erased after {end:%Y-%m-%d}": "{tenant} 将在 {end:%Y-%m-%d} 之后被清除",
    "{tenant}: {status}": "{tenant}：{status}",
    "{tenant}: {count} events past retention erased": "{tenant}：已清除 {count} 条超过保留期的消息记录",
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
    # department trees
    "Check and repair department trees; import and export departments and people.": (
        "检查并修复部门树；导入和导出部门与人员。"
    ),
    "make and change departments or people as a CSV or XLSX file says": "按 CSV 或 XLSX 文件创建和更改部门或人员",
    "write departments or people to a CSV or XLSX file": "将部门或人员写入 CSV 或 XLSX 文件",
    "the file; its ending tells the form when it is written": "文件；写入时由扩展名决定格式",
    "with whose powers": "以谁的权限执行",
    "name, code or id; of that person's tenant unless an id": "名称、编码或 ID；除 ID 外均在此人的租户内查找",
    "only say what would happen; change nothing": "只说明将会发生什么，不做更改",
    "nothing was changed": "未做任何更改",
    "done:": "已完成：",
    "{file} has to end in .csv or .xlsx": "{file} 的扩展名必须是 .csv 或 .xlsx",
    "written: {file}": "已写入：{file}",
    "line {line} {column}: {text}": "第 {line} 行 {column}：{text}",
    "{file}: {reason}": "{file}：{reason}",
    "departments made": "新建部门",
    "departments changed": "更改部门",
    "departments moved": "移动部门",
    "people made": "新建人员",
    "people changed": "更改人员",
    "places given": "新增任职",
    "places changed": "更改任职",
    "rows without a change": "无变化的行",
    "rows refused": "被拒绝的行",
    "there is no organisation {name}": "没有组织 {name}",
    "tell what is wrong with the trees; exit status 1 if anything is": "说明部门树的问题；有问题时退出码为 1",
    "work the trees out again from the parents of departments": "按各部门的上级重新计算部门树",
    "only this tenant; all of them otherwise": "仅此租户；省略则为全部租户",
    "{count} departments repaired": "已修复 {count} 个部门",
    "{count} things are wrong with the department trees": "部门树有 {count} 处问题",
    "all department trees are in order": "所有部门树均正常",
    "no root leads there: its parents form a circle, or are another tenant's": (
        "没有根部门通向它：上级互成环，或属于其他租户"
    ),
    "the organisation {name} has no root department": "组织“{name}”没有根部门",
    "{field} is {stored}, should be {expected}": "{field} 为 {stored}，应为 {expected}",
    # made-up companies
    "Make tenants with organisations, departments and people to try things out with.": (
        "批量创建带有组织、部门和人员的租户，供试用。"
    ),
    "how many tenants to make": "要创建的租户数",
    "departments of each tenant": "每个租户的部门数",
    "people of each tenant": "每个租户的人数",
    "short names of the tenants begin with this: group1, group2": "租户简称的前缀：group1、group2",
    "password of all these people; without it nobody signs in": "所有这些人的密码；不给出则无人能登录",
    "the same number makes the same companies": "相同的数字生成相同的公司",
    "it takes a tenant, a person and {least} departments at least": "至少需要一个租户、一个人和 {least} 个部门",
    "{tenants} tenants ({slugs}), each of {departments} departments and {people} people: {seconds:.1f} s": (
        "{tenants} 个租户（{slugs}），每个 {departments} 个部门、{people} 人：用时 {seconds:.1f} 秒"
    ),
    "tenant {slug} exists: name others with --prefix": "租户 {slug} 已存在：请用 --prefix 指定其他前缀",
}
