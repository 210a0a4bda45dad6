// The right side of the contacts: a department with what is in it, one's own contacts, or who asks to be one.

import { useApp } from "./context.js";
import { PersonEntry } from "./contacts_list.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { useLoaded, usePages } from "./loaded.js";

export function ContactsPane({ id }) {
  if (id === "contacts") return html`<${ContactsOfState} key="contacts" state="accepted" />`;
  if (id === "requests") return html`<${ContactsOfState} key="requests" state="asked_by_them" />`;
  return id ? html`<${DepartmentPane} key=${id} id=${id} />` : html`<${EmptyPane} />`;
}

function DepartmentPane({ id }) {
  const { client, t, browse, showPerson } = useApp();
  const { data: department, problem, reload } = useLoaded(id, () => client.directory.department(id));
  const people = usePages(id, (cursor) => client.directory.departmentPeople(id, { cursor }));
  const nothing = department && people.items && department.departments.length + people.items.length === 0;
  return html`<${Pane} title=${department?.name ?? ""} problem=${problem || people.problem} waiting=${!department || !people.items} onRetry=${() => (reload(), people.reload())}
    above=${department && html`<${Way} steps=${department.way} onOpen=${browse} />`}>
    ${department?.departments.map(
      (child) => html`<button type="button" key=${child.id} class="row entry" onClick=${() => browse(child.id)}>
        <span class="entry-icon"><${Icon} name="department" size=${22} /></span>
        <span class="row-title" dir="auto">${child.name}</span>
        <span class="entry-note">${child.people}</span>
        <${Icon} name="forward" size=${16} />
      </button>`,
    )}
    ${people.items?.map(
      (person) => html`<${PersonEntry} key=${person.id} person=${person} note=${person.title} onOpen=${() => showPerson(person.id)}>
        ${person.is_leader && html`<span class="role">${t("contacts.leader")}</span>`}
      <//>`,
    )}
    ${people.more && html`<button type="button" class="button rows-more" onClick=${people.loadMore}>${t("list.more")}</button>`}
    ${nothing && html`<p class="nothing">${t("contacts.nobody")}</p>`}
  <//>`;
}

// The departments above, the organisation first.
function Way({ steps, onOpen }) {
  const { t } = useApp();
  if (steps.length === 0) return null;
  return html`<nav class="way" aria-label=${t("contacts.way")}>
    ${steps.map((step) => html`<button type="button" key=${step.id} class="link-button" dir="auto" onClick=${() => onOpen(step.id)}>${step.name}</button><span aria-hidden="true">›</span>`)}
  </nav>`;
}

function ContactsOfState({ state }) {
  const { client, t, run, showPerson, contactsRound, contactsChanged } = useApp();
  const contacts = usePages(`${state}.${contactsRound}`, (cursor) => client.directory.contacts({ state, cursor }));
  const asking = state === "asked_by_them";
  const settle = (promise) => run(promise.then(contactsChanged));
  return html`<${Pane} title=${t(asking ? "contacts.requests" : "contacts.mine")} problem=${contacts.problem} waiting=${!contacts.items} onRetry=${contacts.reload}>
    ${contacts.items?.map(
      ({ user }) => html`<${PersonEntry} key=${user.id} person=${user} onOpen=${() => showPerson(user.id)}>
        ${asking &&
        html`<button type="button" class="button" onClick=${() => settle(client.directory.endContact(user.id))}>${t("contacts.decline")}</button>
          <button type="button" class="button button-main" onClick=${() => settle(client.directory.askContact(user.id))}>${t("contacts.accept")}</button>`}
      <//>`,
    )}
    ${contacts.more && html`<button type="button" class="button rows-more" onClick=${contacts.loadMore}>${t("list.more")}</button>`}
    ${contacts.items?.length === 0 && html`<p class="nothing">${t(asking ? "contacts.noRequest" : "contacts.noContact")}</p>`}
  <//>`;
}

function Pane({ title, above = null, problem, waiting, onRetry, children }) {
  const { t, browse } = useApp();
  return html`<main class="chat" aria-label=${title}>
    <header class="chat-head">
      <button type="button" class="icon-button only-phone" aria-label=${t("nav.back")} onClick=${() => browse("")}><${Icon} name="back" /></button>
      <div class="chat-title">${above}<h1 dir="auto">${title}</h1></div>
    </header>
    <div class="contacts-body">
      ${problem
        ? html`<p class="nothing" role="alert">${problem} <button type="button" class="link-button" onClick=${onRetry}>${t("start.retry")}</button></p>`
        : waiting
          ? html`<p class="nothing"><span class="spinner" role="status" aria-label=${t("list.loading")}></span></p>`
          : children}
    </div>
  </main>`;
}

function EmptyPane() {
  const { t } = useApp();
  return html`<main class="chat chat-empty">
    <${Icon} name="contacts" size=${64} />
    <h1>${t("contacts.title")}</h1>
    <p>${t("contacts.pickHint")}</p>
  </main>`;
}
