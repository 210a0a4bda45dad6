// Finding people: one makes a direct chat, several a group; with a conversation given, they are added to it.

import { useEffect, useRef, useState } from "preact/hooks";

import { Avatar } from "./avatar.js";
import { BotMark } from "./bot_mark.js";
import { useApp } from "./context.js";
import { Dialog } from "./dialog.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { usePeople } from "./people.js";

export function PeopleDialog({ conversation = null, onClose }) {
  const { client, t, run, navigate } = useApp();
  const [query, setQuery] = useState("");
  const [chosen, setChosen] = useState([]);
  const [title, setTitle] = useState("");
  const [busy, setBusy] = useState(false);
  const people = usePeople(query);
  const group = conversation === null && chosen.length > 1;

  function toggle(person) {
    const without = chosen.filter((other) => other.id !== person.id);
    setChosen(without.length < chosen.length ? without : [...chosen, person]);
  }

  async function act() {
    const ids = chosen.map((person) => person.id);
    if (conversation) return client.directory.addMembers(conversation.id, ids);
    const names = [client.me, ...chosen].map((person) => person.display_name);
    const started = group ? await client.directory.startGroup(title.trim() || names.join(", ").slice(0, 100), ids) : await client.directory.startDirect(ids[0]);
    return navigate(started.id);
  }

  function submit(event) {
    event.preventDefault();
    if (chosen.length === 0 || busy) return;
    setBusy(true);
    run(act().then(onClose).finally(() => setBusy(false)));
  }

  const action = conversation ? t("people.add") : group ? t("people.startGroup") : t("people.startDirect");
  return html`<${Dialog} title=${conversation ? t("people.addTitle") : t("people.title")} onClose=${onClose}>
    <form class="people" onSubmit=${submit}>
      <${Chosen} chosen=${chosen} onRemove=${toggle} />
      <${SearchField} query=${query} onQuery=${setQuery} />
      <ul class="people-list" aria-label=${t("list.people")}>
        ${people.map(
          (person) => html`<${Person} key=${person.id} person=${person} chosen=${chosen.some((other) => other.id === person.id)}
            disabled=${person.id === client.me.id || conversation?.members.has(person.id)} onToggle=${() => toggle(person)} />`,
        )}
        ${people.length === 0 && html`<li class="nothing">${t("people.nobody")}</li>`}
      </ul>
      ${group && html`<label class="labelled">${t("people.groupTitle")}
        <input class="field" value=${title} maxlength="100" placeholder=${t("people.groupTitleHint")} onInput=${(event) => setTitle(event.target.value)} />
      </label>`}
      <footer class="dialog-foot">
        <button type="button" class="button" onClick=${onClose}>${t("dialog.cancel")}</button>
        <button type="submit" class="button button-main" disabled=${chosen.length === 0 || busy}>${action}</button>
      </footer>
    </form>
  <//>`;
}

function SearchField({ query, onQuery }) {
  const { t } = useApp();
  const input = useRef(null);
  useEffect(() => input.current.focus(), []);
  const keepOpen = (event) => event.key === "Enter" && event.preventDefault();
  return html`<div class="search-box">
    <${Icon} name="search" size=${18} />
    <input ref=${input} type="search" value=${query} placeholder=${t("people.search")} aria-label=${t("people.search")} onInput=${(event) => onQuery(event.target.value)} onKeyDown=${keepOpen} />
  </div>`;
}

function Chosen({ chosen, onRemove }) {
  const { t } = useApp();
  if (chosen.length === 0) return null;
  return html`<ul class="chips" aria-label=${t("people.selected")}>
    ${chosen.map(
      (person) => html`<li key=${person.id} class="chip">
        <span dir="auto">${person.display_name}</span>
        <button type="button" aria-label=${t("people.remove", { name: person.display_name })} onClick=${() => onRemove(person)}><${Icon} name="close" size=${14} /></button>
      </li>`,
    )}
  </ul>`;
}

function Person({ person, chosen, disabled, onToggle }) {
  const { client, t } = useApp();
  const note = person.id === client.me.id ? t("people.you") : disabled ? t("people.alreadyIn") : `@${person.username}`;
  return html`<li>
    <button type="button" class="person" role="checkbox" aria-checked=${chosen} disabled=${disabled} onClick=${onToggle}>
      <span class=${`tick ${chosen ? "tick-on" : ""}`} aria-hidden="true">${chosen && html`<${Icon} name="check" size=${14} />`}</span>
      <${Avatar} id=${person.id} name=${person.display_name} size="s" />
      <span class="person-name" dir="auto">${person.display_name}<${BotMark} person=${person} /></span>
      <span class="person-note">${note}</span>
    </button>
  </li>`;
}
