// A person's card: who she is, where she works, and what one may do from here.

import { useState } from "preact/hooks";

import { Avatar } from "./avatar.js";
import { BotMark } from "./bot_mark.js";
import { useApp } from "./context.js";
import { ConfirmDialog, Dialog } from "./dialog.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { useLoaded } from "./loaded.js";

export function PersonCard({ id, onClose }) {
  const { client, t } = useApp();
  const { data: card, problem, reload } = useLoaded(id, () => client.directory.card(id));
  return html`<${Dialog} title=${t("card.title")} className="dialog-small" onClose=${onClose}>
    ${problem && html`<p class="nothing" role="alert">${problem}</p>`}
    ${!card && !problem && html`<p class="nothing"><span class="spinner" role="status" aria-label=${t("list.loading")}></span></p>`}
    ${card && html`<${Details} card=${card} onClose=${onClose} /><${Deeds} card=${card} onChanged=${reload} onClose=${onClose} />`}
  <//>`;
}

function Details({ card, onClose }) {
  const { t, browse } = useApp();
  const visit = (department) => {
    onClose();
    browse(department);
  };
  return html`<div class="card-head">
      <${Avatar} id=${card.id} name=${card.display_name} size="l" />
      <div><strong dir="auto">${card.display_name}<${BotMark} person=${card} /></strong><span>@${card.username}</span></div>
    </div>
    <dl class="card-facts">
      ${card.email && html`<dt>${t("card.email")}</dt><dd><a href=${`mailto:${card.email}`}>${card.email}</a></dd>`}
      ${card.placements.length > 0 && html`<dt>${t("card.departments")}</dt>`}
      ${card.placements.map(
        (placement) => html`<dd key=${placement.department}>
          <button type="button" class="link-button card-way" dir="auto" onClick=${() => visit(placement.department)}>${placement.way.join(" / ")}</button>
          ${placement.title && html`<span dir="auto">${placement.title}</span>`} ${placement.is_leader && html`<span class="role">${t("contacts.leader")}</span>`}
        </dd>`,
      )}
    </dl>`;
}

function Deeds({ card, onChanged, onClose }) {
  const { client, t, run, navigate, contactsChanged } = useApp();
  const [asking, setAsking] = useState(false);
  if (card.id === client.me.id) return null;
  const settle = (promise) => run(promise.then(() => (contactsChanged(), onChanged())));
  const start = () =>
    run(
      client.directory.startDirect(card.id).then((conversation) => {
        onClose();
        navigate(conversation.id);
      }),
    );
  return html`<div class="card-deeds">
    <button type="button" class="button button-main" disabled=${!card.may_write} onClick=${start}><${Icon} name="chats" />${t("card.write")}</button>
    <${ContactButton} card=${card} onSettle=${settle} />
    ${card.blocked
      ? html`<button type="button" class="button" onClick=${() => settle(client.directory.setBlocked(card.id, false))}>${t("card.unblock")}</button>`
      : html`<button type="button" class="button button-quiet-danger" onClick=${() => setAsking(true)}>${t("card.block")}</button>`}
    ${!card.may_write && html`<p class="card-note">${t(card.blocked ? "card.blocked" : "card.mayNotWrite")}</p>`}
    ${asking &&
    html`<${ConfirmDialog} title=${t("card.block")} text=${t("card.confirmBlock", { name: card.display_name })} action=${t("card.block")} onClose=${() => setAsking(false)}
      onConfirm=${() => (setAsking(false), settle(client.directory.setBlocked(card.id, true)))} />`}
  </div>`;
}

// What is between the two, and the next step.
function ContactButton({ card, onSettle }) {
  const { client, t } = useApp();
  const ask = () => onSettle(client.directory.askContact(card.id));
  const end = () => onSettle(client.directory.endContact(card.id));
  const [label, act] = {
    none: ["card.addContact", ask],
    asked_by_them: ["contacts.accept", ask],
    asked_by_me: ["card.takeBack", end],
    accepted: ["card.endContact", end],
  }[card.contact];
  return html`<button type="button" class="button" onClick=${act}>${t(label)}</button>`;
}
