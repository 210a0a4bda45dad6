// The left column of the contacts: organisations, own contacts, requests; and the search over everybody one may see.

import { useState } from "preact/hooks";

import { Avatar } from "./avatar.js";
import { BotMark } from "./bot_mark.js";
import { useApp } from "./context.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { useLoaded } from "./loaded.js";
import { usePeople } from "./people.js";
import { ViewSwitch } from "./view_switch.js";

export function ContactsList({ selected }) {
  const { client, t, browse, showPerson } = useApp();
  const [query, setQuery] = useState("");
  const wanted = query.trim();
  const people = usePeople(query, { always: false }).filter((person) => person.id !== client.me.id);
  return html`<section class="list" aria-label=${t("contacts.title")}>
    <header class="list-head">
      <div class="search-box">
        <${Icon} name="search" size=${18} />
        <input type="search" value=${query} placeholder=${t("contacts.search")} aria-label=${t("contacts.search")} onInput=${(event) => setQuery(event.target.value)} />
      </div>
    </header>
    <div class="rows">
      ${wanted
        ? html`${people.map((person) => html`<${PersonEntry} key=${person.id} person=${person} onOpen=${() => showPerson(person.id)} />`)}
            ${people.length === 0 && html`<p class="nothing">${t("people.nobody")}</p>`}`
        : html`<${Entry} id="contacts" icon="contacts" label=${t("contacts.mine")} selected=${selected} onOpen=${browse} />
            <${Requests} selected=${selected} onOpen=${browse} />
            <${Organisations} selected=${selected} onOpen=${browse} />`}
    </div>
    <${ViewSwitch} view="contacts" />
  </section>`;
}

function Requests({ selected, onOpen }) {
  const { client, t, contactsRound } = useApp();
  const { data } = useLoaded(`requests.${contactsRound}`, () => client.directory.contacts({ state: "asked_by_them", limit: 100 }));
  const count = data?.items.length ?? 0;
  return html`<${Entry} id="requests" icon="plus" label=${t("contacts.requests")} badge=${count} selected=${selected} onOpen=${onOpen} />`;
}

function Organisations({ selected, onOpen }) {
  const { client, t } = useApp();
  const { data, problem, reload } = useLoaded("organisations", () => client.directory.organisations());
  return html`<h2 class="rows-head">${t("contacts.organisations")}</h2>
    ${data?.items.map((organisation) => html`<${Entry} key=${organisation.id} id=${organisation.department} icon="organisation" label=${organisation.name} note=${organisation.people} selected=${selected} onOpen=${onOpen} />`)}
    ${data?.items.length === 0 && html`<p class="nothing">${t("contacts.noOrganisation")}</p>`}
    ${problem && html`<p class="nothing">${problem} <button type="button" class="link-button" onClick=${reload}>${t("start.retry")}</button></p>`}`;
}

function Entry({ id, icon, label, note = "", badge = 0, selected, onOpen }) {
  return html`<button type="button" class=${`row entry ${id === selected ? "row-selected" : ""}`} aria-current=${id === selected ? "true" : undefined} onClick=${() => onOpen(id)}>
    <span class="entry-icon"><${Icon} name=${icon} size=${22} /></span>
    <span class="row-title" dir="auto">${label}</span>
    ${badge > 0 ? html`<span class="badge">${badge > 99 ? "99+" : badge}</span>` : html`<span class="entry-note">${note}</span>`}
  </button>`;
}

/** A person in a list: name, and what she does or how she signs in. */
export function PersonEntry({ person, note, onOpen, children }) {
  return html`<div class="entry-line">
    <button type="button" class="row" onClick=${onOpen}>
      <${Avatar} id=${person.id} name=${person.display_name} />
      <span class="row-text"><span class="row-title" dir="auto">${person.display_name}<${BotMark} person=${person} /></span><span class="row-preview" dir="auto">${note || `@${person.username}`}</span></span>
    </button>
    ${children}
  </div>`;
}
