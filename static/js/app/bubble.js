// One message: its bubble or card, and the mark that says how far it got.

import { useApp } from "./context.js";
import { clockTime, duration, fileSize, fullTime } from "./format.js";
import { html } from "./html.js";
import { Icon, ReadRing } from "./icons.js";
import { linkify } from "./linkify.js";
import { isBigEmoji } from "./names.js";
import { errorText } from "../i18n/index.js";

/** `mark`: of an own message, from `markOf`; null for those of others. */
export function Bubble({ item, mark }) {
  const { tag } = useApp();
  const text = item.kind === "text";
  const look = text ? (isBigEmoji(item.body.text) ? "bubble bubble-emoji" : "bubble") : "bubble bubble-card";
  return html`<div class=${`message ${item.failed ? "message-failed" : ""}`} data-id=${item.key} data-seq=${item.seq ?? ""}>
    <div class="message-line">
      ${mark && html`<${Mark} mark=${mark} />`}
      <div class=${look} title=${fullTime(tag, item.time)}>
        ${text ? html`<${Text} text=${item.body.text} />` : html`<${Card} item=${item} />`}
        <time class="bubble-time" datetime=${new Date(item.time).toISOString()}>${clockTime(tag, item.time)}</time>
      </div>
    </div>
    ${item.failed && html`<${Failure} item=${item} />`}
  </div>`;
}

function Text({ text }) {
  return html`<span class="text" dir="auto">${linkify(text).map((part) =>
    part.href ? html`<a href=${part.href} target="_blank" rel="noopener noreferrer nofollow">${part.text}</a>` : part.text,
  )}</span>`;
}

function Mark({ mark }) {
  const { t } = useApp();
  const { state, read, of } = mark;
  const label = state === "partly" || (of !== undefined && state === "read") ? t("mark.readBy", { read, of }) : t(`mark.${state}`);
  const icons = { failed: "warning", queued: "clock", sending: "clock", sent: "sent", delivered: "double", read: "double" };
  return html`<span class=${`mark mark-${state}`} role="img" aria-label=${label} title=${label} data-state=${state}>
    ${state === "partly" ? html`<${ReadRing} share=${read / of} />` : html`<${Icon} name=${icons[state]} size=${16} />`}
    ${state === "partly" && html`<span class="mark-count">${read}/${of}</span>`}
  </span>`;
}

function Failure({ item }) {
  const { client, t, run } = useApp();
  return html`<div class="failure" role="alert">
    <span>${t("mark.failed", { reason: errorText(t, { code: item.failed }) })}</span>
    <button type="button" class="link-button" onClick=${() => run(client.outbox.retry(item.key))}>${t("mark.retry")}</button>
    <button type="button" class="link-button" onClick=${() => run(client.outbox.discard(item.key))}>${t("mark.discard")}</button>
  </div>`;
}

// Other kinds show what they are from their own fields; nothing is loaded from anywhere.
function Card({ item }) {
  const { t, tag } = useApp();
  const { icon, title, lines } = describe(t, tag, item);
  return html`<div class="card">
    <span class="card-icon"><${Icon} name=${icon} size=${24} /></span>
    <span class="card-text">
      <strong dir="auto">${title}</strong>
      ${lines.filter(Boolean).map((line) => html`<span dir="auto">${line}</span>`)}
    </span>
  </div>`;
}

function describe(t, tag, { kind, body }) {
  const label = t(`kind.${kind}`);
  const size = body.size_bytes === undefined ? "" : fileSize(tag, body.size_bytes);
  const pixels = body.width ? `${body.width} × ${body.height}` : "";
  const details = (...parts) => parts.filter(Boolean).join(" · ");
  switch (kind) {
    case "image":
      return { icon: "image", title: body.name || label, lines: [details(pixels, size)] };
    case "audio":
      return { icon: "audio", title: body.name || label, lines: [details(duration(body.duration_ms), size)] };
    case "video":
      return { icon: "video", title: body.name || label, lines: [details(duration(body.duration_ms), pixels, size)] };
    case "file":
      return { icon: "file", title: body.name, lines: [details(size, body.mime)] };
    case "location":
      return { icon: "location", title: body.name || label, lines: [body.address, `${body.latitude.toFixed(5)}, ${body.longitude.toFixed(5)}`] };
    default:
      return { icon: "custom", title: firstText(body.data) || label, lines: [body.type] };
  }
}

function firstText(data = {}) {
  return ["title", "text", "name", "summary"].map((key) => data[key]).find((value) => typeof value === "string" && value) ?? "";
}
