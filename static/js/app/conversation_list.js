// The list of conversations, and the search over them and over everybody in the company.

import { useRef, useState } from "preact/hooks";

import { Avatar } from "./avatar.js";
import { BotMark } from "./bot_mark.js";
import { useApp } from "./context.js";
import { rowTime } from "./format.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { conversationTitle, messagePreview, personName, systemText } from "./names.js";
import { usePeople } from "./people.js";
import { ProfileButton } from "./profile_menu.js";
import { ViewSwitch } from "./view_switch.js";
import { isMessage } from "../sdk/protocol.js";
import { useSearchKey } from "./shortcuts.js";

export function ConversationList({ selected, onNewChat }) {
  const app = useApp();
  const { client, t, navigate, run } = app;
  const [query, setQuery] = useState("");
  const search = useRef(null);
  const list = useRef(null);
  useSearchKey(() => search.current.focus());
  const people = usePeople(query, { always: false }).filter((person) => person.id !== client.me.id);
  const wanted = query.trim().toLowerCase();
  const conversations = client.conversations().filter((conversation) => !wanted || conversationTitle(app, conversation).toLowerCase().includes(wanted));

  function open(id) {
    setQuery("");
    navigate(id);
  }

  function keyPressed(event) {
    if (event.isComposing) return;
    if (event.key === "Escape" && query) setQuery("");
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") moveFocus(event, list.current, search.current);
    else if (event.key === "Enter" && event.target === search.current) list.current.querySelector(".row")?.click();
    else return;
    event.preventDefault();
  }

  const startWith = (person) => run(client.directory.startDirect(person.id).then((conversation) => open(conversation.id)));
  return html`<section class="list" aria-label=${t("list.chats")} onKeyDown=${keyPressed}>
    <header class="list-head">
      <span class="only-phone"><${ProfileButton} /></span>
      <div class="search-box">
        <${Icon} name="search" size=${18} />
        <input ref=${search} type="search" value=${query} placeholder=${t("list.search")} aria-label=${t("list.search")} onInput=${(event) => setQuery(event.target.value)} />
      </div>
      <button type="button" class="icon-button new-chat" aria-label=${t("nav.newChat")} title=${t("nav.newChat")} onClick=${onNewChat}><${Icon} name="plus" /></button>
    </header>
    <div class="rows" ref=${list}>
      ${conversations.map((conversation) => html`<${ConversationRow} key=${conversation.id} conversation=${conversation} selected=${conversation.id === selected} onOpen=${() => open(conversation.id)} />`)}
      ${wanted && people.length > 0 && html`<h2 class="rows-head">${t("list.people")}</h2>`}
      ${people.map((person) => html`<${PersonRow} key=${person.id} person=${person} onOpen=${() => startWith(person)} />`)}
      <${Nothing} wanted=${wanted} query=${query} found=${conversations.length + people.length} onNewChat=${onNewChat} />
      ${!wanted && client.hasMoreConversations && html`<button type="button" class="button rows-more" onClick=${() => run(client.loadMoreConversations())}>${t("list.more")}</button>`}
    </div>
    <${ViewSwitch} view="chats" />
  </section>`;
}

// Up and down go through the rows; above the first one lies the search field.
function moveFocus(event, list, search) {
  const rows = [...list.querySelectorAll(".row")];
  const here = rows.indexOf(document.activeElement.closest(".row"));
  const next = here + (event.key === "ArrowDown" ? 1 : -1);
  if (next < 0) search.focus();
  else rows[Math.min(next, rows.length - 1)]?.focus();
}

function ConversationRow({ conversation, selected, onOpen }) {
  const app = useApp();
  const { t, tag, drafts } = app;
  const title = conversationTitle(app, conversation);
  const draft = selected ? "" : drafts.get(conversation.id);
  const unread = conversation.unread > 99 ? "99+" : conversation.unread;
  return html`<button type="button" class=${`row ${selected ? "row-selected" : ""}`} aria-current=${selected ? "true" : undefined} onClick=${onOpen} data-conversation=${conversation.id}>
    <${Avatar} id=${conversation.peer?.user ?? conversation.id} name=${title} group=${conversation.kind === "group"} />
    <span class="row-text">
      <span class="row-line"><span class="row-title" dir="auto">${title}</span><time>${rowTime(t, tag, conversation.time, Date.now())}</time></span>
      <span class="row-line">
        <span class="row-preview" dir="auto">${draft ? html`<em>[${t("list.draft")}] </em>${draft}` : preview(app, conversation)}</span>
        ${conversation.unread > 0 && html`<span class="badge" aria-label=${t("list.unread", { count: conversation.unread })}>${unread}</span>`}
      </span>
    </span>
  </button>`;
}

function preview(app, conversation) {
  const { client, t } = app;
  const pending = client.outbox.entries(conversation.id).at(-1);
  const last = pending ?? conversation.last;
  if (!last) return "";
  if (!pending && !isMessage(last)) return systemText(app, last);
  const own = pending || last.sender === client.me.id;
  const sender = own ? t("list.you") : conversation.kind === "group" ? personName(app, last.sender) : "";
  return (sender ? `${sender}: ` : "") + messagePreview(app, last);
}

function PersonRow({ person, onOpen }) {
  return html`<button type="button" class="row" onClick=${onOpen}>
    <${Avatar} id=${person.id} name=${person.display_name} />
    <span class="row-text"><span class="row-title" dir="auto">${person.display_name}<${BotMark} person=${person} /></span><span class="row-preview">@${person.username}</span></span>
  </button>`;
}

function Nothing({ wanted, query, found, onNewChat }) {
  const { client, t } = useApp();
  if (found > 0) return null;
  if (!client.listed) return html`<${ListSkeleton} />`;
  if (wanted) return html`<p class="nothing">${t("list.noMatch", { query: query.trim() })}</p>`;
  return html`<div class="nothing">
    <p><strong>${t("list.empty")}</strong></p>
    <p>${t("list.emptyHint")}</p>
    <button type="button" class="button button-main" onClick=${onNewChat}>${t("nav.newChat")}</button>
  </div>`;
}

function ListSkeleton() {
  const { t } = useApp();
  return html`<div class="skeleton" role="status" aria-label=${t("list.loading")}>
    ${Array.from({ length: 6 }, () => html`<div class="skeleton-row"><span></span><span></span></div>`)}
  </div>`;
}
