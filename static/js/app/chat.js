// The pane of one conversation: head, messages, composer, and the drawer with a group's details.

import { useEffect, useState } from "preact/hooks";

import { Avatar } from "./avatar.js";
import { Composer } from "./composer.js";
import { useApp } from "./context.js";
import { GroupDrawer } from "./group_drawer.js";
import { html } from "./html.js";
import { Icon, Logo } from "./icons.js";
import { Messages } from "./messages.js";
import { conversationTitle } from "./names.js";

export function ChatPane({ id }) {
  const { client, run } = useApp();
  const conversation = client.store.get(id);
  const known = conversation !== undefined;
  useEffect(() => {
    if (!id || !client.listed) return undefined;
    const open = () => run(client.open(id));
    open();
    const stopListening = client.on("resumed", open);
    return () => {
      stopListening();
      client.leave(id);
    };
  }, [id, known, client.listed]);
  if (!id) return html`<${EmptyPane} />`;
  if (!conversation) return html`<${UnknownPane} />`;
  return html`<${Conversation} key=${id} conversation=${conversation} />`;
}

function Conversation({ conversation }) {
  const app = useApp();
  const { t } = app;
  const [details, setDetails] = useState(false);
  const title = conversationTitle(app, conversation);
  const group = conversation.kind === "group";
  return html`<main class="chat" aria-label=${title}>
    <header class="chat-head">
      <button type="button" class="icon-button only-phone" aria-label=${t("nav.back")} onClick=${() => app.navigate("")}><${Icon} name="back" /></button>
      <${Avatar} id=${conversation.peer?.user ?? conversation.id} name=${title} group=${group} />
      <div class="chat-title">
        <h1 dir="auto">${title}</h1>
        ${group && html`<span>${t("chat.members", { count: conversation.memberCount })}</span>`}
      </div>
      ${conversation.peer && html`<button type="button" class="icon-button" aria-label=${t("card.title")} title=${t("card.title")} onClick=${() => app.showPerson(conversation.peer.user)}>
        <${Icon} name="contacts" />
      </button>`}
      ${group && html`<button type="button" class="icon-button" aria-label=${t("chat.details")} title=${t("chat.details")} aria-expanded=${details} onClick=${() => setDetails(!details)}>
        <${Icon} name="group" />
      </button>`}
    </header>
    <div class="chat-body">
      <div class="chat-column">
        <${Messages} conversation=${conversation} />
        <${Composer} conversation=${conversation} title=${title} />
      </div>
      ${group && details && html`<${GroupDrawer} conversation=${conversation} title=${title} onClose=${() => setDetails(false)} />`}
    </div>
  </main>`;
}

function EmptyPane() {
  const { t } = useApp();
  const shortcut = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘K" : "Ctrl K";
  return html`<main class="chat chat-empty">
    <${Logo} size=${72} />
    <h1>${t("chat.pick")}</h1>
    <p>${t("chat.pickHint", { shortcut })}</p>
  </main>`;
}

function UnknownPane() {
  const { client, t, navigate } = useApp();
  return html`<main class="chat chat-empty">
    ${client.listed ? html`<p>${t("chat.unknown")}</p>` : html`<span class="spinner" aria-hidden="true"></span><p>${t("list.loading")}</p>`}
    <button type="button" class="button only-phone" onClick=${() => navigate("")}>${t("nav.back")}</button>
  </main>`;
}
