"""What the commands about identity and periodic jobs say at the terminal, in Chinese. Part of `imsite.phrases`."""

from __future__ import annotations

from typing import Final

IDENTITY: Final = {
    # directory
    "List directories, try them out and synchronise people and departments with them.": (
        "列出目录，试用其设置，并与目录同步人员和部门。"
    ),
    "list directories: their ids, tenants and last runs": "列出目录：编号、租户和最近一次运行",
    "try the settings out; exit status 1 if anything is wrong": "试用设置；有问题时退出状态为 1",
    "list what a run would change; nothing does": "列出运行将作的更改；不作任何更改",
    "the id of the connection": "连接的编号",
    "make people and departments be as the directory has them": "使人员和部门与目录一致",
    "every directory whose time has come": "所有到期的目录",
    "yes to all that this preview lets vanish": "确认该预览中将消失的全部内容",
    "the directory can't be used like this yet": "目录目前还不能这样使用",
    "{count} runs stopped or failed": "{count} 次运行被中止或失败",
    "name a directory by its id, or say --due": "请给出目录的编号，或使用 --due",
    "make or change a connection, by tenant and name": "按租户和名称新建或更改连接",
    "the name of the connection": "连接的名称",
    "a JSON file with the settings of a directory": "目录设置的 JSON 文件",
    "a file with the password to bind with": "存有绑定密码的文件",
    "the department to fill": "要填充的部门",
    "make accounts for people who have none": "为没有账号的人员创建账号",
    "make a token of a SCIM connection and show it, once": "创建 SCIM 连接的令牌并显示一次",
    "there is no department {id} in this tenant": "该租户中没有部门 {id}",
    "{path} can't be read: {reason}": "无法读取 {path}：{reason}",
    "there is no directory {id}": "没有目录 {id}",
    # keys
    "List the keys that tokens are signed with, begin with the next one, or give one up.": (
        "列出签名密钥，提前启用下一个密钥，或作废一个密钥。"
    ),
    "list the keys: ids, and since when each signs": "列出密钥：编号以及各自开始签名的时间",
    "begin with the next key before its time": "提前启用下一个密钥",
    "believe nothing any more that a key signed": "不再信任某个密钥签过的任何内容",
    "the id of the key": "密钥的编号",
    "{kid} signs from now on": "{kid} 从现在起用于签名",
    "{kid} is revoked; nodes believe it no more within half a minute": "{kid} 已作废；各节点在半分钟内不再信任它",
    "signs": "正在签名",
    "signs next": "下一个签名",
    "signed before": "曾经签名",
    "revoked": "已作废",
    # jobs
    "List the periodic jobs, with their last and next runs, or do one now.": (
        "列出定时任务及其上次和下次运行，或立即执行一项。"
    ),
    "list the jobs: when each ran last and runs next, and what became of it": (
        "列出任务：上次运行、下次运行的时间和结果"
    ),
    "do a job now, in this process; exit status 1 if it fails": "在本进程中立即执行任务；失败时退出状态为 1",
    "the name of the job, as listed": "任务的名称，与列表中一致",
    "last run: {time}, {outcome}": "上次运行：{time}，{outcome}",
    "next run: {time}": "下次运行：{time}",
    "{outcome}, things done: {count}": "{outcome}，处理数量：{count}",
    "the job {name} did not succeed": "任务 {name} 没有成功",
}
