// Details of a group: its name and members, and what may be done with them.

import { useState } from "preact/hooks";

import { Avatar } from "./avatar.js";
import { useApp } from "./context.js";
import { ConfirmDialog } from "./dialog.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { PeopleDialog } from "./people_dialog.js";
import { useDismissKey } from "./shortcuts.js";

const ROLE_ORDER = ["owner", "admin", "member"];

export function GroupDrawer({ conversation, title, onClose }) {
  const { client, t, run } = useApp();
  const [asking, setAsking] = useState(null);
  const me = conversation.members.get(client.me.id);
  const rank = ROLE_ORDER.indexOf(me?.role ?? "member");
  const manages = rank < ROLE_ORDER.indexOf("member");
  const outranks = (member) => member.user !== client.me.id && rank < ROLE_ORDER.indexOf(member.role);
  useDismissKey(!asking, onClose);
  const members = [...conversation.members.values()].sort(byRoleAndName);
  const settle = (promise) => {
    setAsking(null);
    run(promise);
  };
  return html`<aside class="drawer" aria-label=${t("group.title")}>
    <header class="drawer-head">
      <h2>${t("group.title")}</h2>
      <button type="button" class="icon-button" aria-label=${t("dialog.close")} onClick=${onClose}><${Icon} name="close" /></button>
    </header>
    <div class="drawer-body">
      <${GroupName} conversation=${conversation} title=${title} editable=${manages} />
      <div class="drawer-section">
        <h3>${t("group.members")} <span class="count">${conversation.memberCount}</span></h3>
        ${manages && html`<button type="button" class="link-button" onClick=${() => setAsking({ what: "add" })}>${t("group.add")}</button>`}
      </div>
      <ul class="members">
        ${members.map(
          (member) => html`<li key=${member.user} class="member">
            <${Avatar} id=${member.user} name=${member.name} size="s" />
            <span class="member-name" dir="auto">${member.name}${member.user === client.me.id ? ` (${t("people.you")})` : ""}</span>
            <${Role} conversation=${conversation} member=${member} editable=${me?.role === "owner" && member.user !== client.me.id} />
            ${outranks(member) && html`<button type="button" class="icon-button member-remove" aria-label=${t("group.remove", { name: member.name })} onClick=${() => setAsking({ what: "remove", member })}>
              <${Icon} name="close" size=${16} />
            </button>`}
          </li>`,
        )}
      </ul>
    </div>
    <footer class="drawer-foot">
      <button type="button" class="button button-quiet-danger" onClick=${() => setAsking({ what: "leave" })}><${Icon} name="leave" />${t("group.leave")}</button>
    </footer>
    ${asking?.what === "add" && html`<${PeopleDialog} conversation=${conversation} onClose=${() => setAsking(null)} />`}
    ${asking?.what === "remove" && html`<${ConfirmDialog} title=${t("group.title")} text=${t("group.confirmRemove", { name: asking.member.name })} action=${t("people.remove", { name: asking.member.name })}
      onClose=${() => setAsking(null)} onConfirm=${() => settle(client.directory.removeMember(conversation.id, asking.member.user))} />`}
    ${asking?.what === "leave" && html`<${ConfirmDialog} title=${t("group.leave")} text=${t("group.confirmLeave", { title })} action=${t("group.leave")}
      onClose=${() => setAsking(null)} onConfirm=${() => settle(client.directory.removeMember(conversation.id, client.me.id))} />`}
  </aside>`;
}

// Only the owner gives roles; giving away her own makes her an administrator.
function Role({ conversation, member, editable }) {
  const { client, t, run } = useApp();
  if (!editable) return member.role === "member" ? null : html`<span class="role">${t(`group.role.${member.role}`)}</span>`;
  return html`<select class="role" value=${member.role} aria-label=${t("group.roleOf", { name: member.name })} onChange=${(event) => run(client.directory.setRole(conversation.id, member.user, event.target.value))}>
    ${[...ROLE_ORDER].reverse().map((role) => html`<option value=${role} selected=${role === member.role}>${t(`group.role.${role}`)}</option>`)}
  </select>`;
}

function GroupName({ conversation, title, editable }) {
  const { client, t, run } = useApp();
  const [draft, setDraft] = useState(null);
  function save(event) {
    event.preventDefault();
    const name = draft.trim();
    setDraft(null);
    if (name && name !== conversation.title) run(client.directory.rename(conversation.id, name));
  }
  if (draft === null) {
    return html`<div class="group-name">
      <${Avatar} id=${conversation.id} name=${title} group size="l" />
      <strong dir="auto">${title}</strong>
      ${editable && html`<button type="button" class="icon-button" aria-label=${t("group.rename")} title=${t("group.rename")} onClick=${() => setDraft(conversation.title)}><${Icon} name="edit" size=${18} /></button>`}
    </div>`;
  }
  const cancel = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    setDraft(null);
  };
  return html`<form class="group-name" onSubmit=${save}>
    <input class="field" value=${draft} maxlength="100" aria-label=${t("group.name")} onInput=${(event) => setDraft(event.target.value)} onKeyDown=${cancel} ref=${(input) => input?.focus()} />
    <button type="submit" class="button button-main">${t("group.save")}</button>
  </form>`;
}

function byRoleAndName(a, b) {
  return ROLE_ORDER.indexOf(a.role) - ROLE_ORDER.indexOf(b.role) || a.name.localeCompare(b.name);
}
