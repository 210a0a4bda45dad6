// The messages of a conversation: scrolls, loads history at the top, stays at the bottom, marks as read what is seen.

import { Component } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

import { useAttention } from "./attention.js";
import { Avatar } from "./avatar.js";
import { Bubble } from "./bubble.js";
import { useApp } from "./context.js";
import { dayName } from "./format.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { personName, systemText } from "./names.js";
import { buildRows, markOf, sameGroup } from "./timeline.js";

const BOTTOM_PX = 48;
const HISTORY_PX = 300;

export function Messages({ conversation }) {
  const { client, t, run } = useApp();
  const scroller = useRef(null);
  const place = useRef({ pinned: true, low: 0, height: 0, placed: false });
  const [pinned, setPinned] = useState(true);
  const [loading, setLoading] = useState(false);
  const attentive = useAttention();
  const { window: held } = conversation;
  const pending = client.outbox.entries(conversation.id);
  const dividerAfter = useDivider(conversation, attentive);
  const rows = useMemo(
    () => buildRows({ events: held.events, pending, me: client.me.id, dividerAfter }),
    [held.events, pending.map((entry) => entry.id + entry.state).join(), dividerAfter],
  );

  useLayoutEffect(() => keepPlace(scroller.current, place.current, held.low, pending.length), [rows]);
  useEffect(() => {
    if (attentive && pinned && held.events.length > 0) client.markRead(conversation.id, held.high);
  }, [attentive, pinned, held.high, held.events.length]);
  useEffect(() => {
    const element = scroller.current;
    if (held.events.length > 0 && element.scrollHeight <= element.clientHeight + HISTORY_PX) loadOlder();
  }, [held.low, held.events.length > 0]);
  useEffect(() => stayPinnedOnResize(scroller.current, place.current), []);

  function loadOlder() {
    if (loading || !conversation.hasOlder) return;
    setLoading(true);
    run(client.loadOlder(conversation.id).finally(() => setLoading(false)));
  }

  function scrolled() {
    const element = scroller.current;
    place.current.pinned = element.scrollHeight - element.scrollTop - element.clientHeight < BOTTOM_PX;
    setPinned(place.current.pinned);
    if (element.scrollTop < HISTORY_PX) loadOlder();
  }

  const jump = () => scroller.current.scrollTo({ top: scroller.current.scrollHeight });
  return html`<div class="messages-frame">
    <div class="messages" ref=${scroller} onScroll=${scrolled} role="log" aria-label=${t("chat.messages")} tabindex="0">
      <div class="messages-inner">
        ${!conversation.hasOlder && held.events.length > 0 && html`<p class="beginning">${t("chat.beginning")}</p>`}
        ${conversation.hasOlder && html`<p class=${`loading-older ${loading ? "is-loading" : ""}`}><span class="spinner" aria-hidden="true"></span>${t("chat.loadingOlder")}</p>`}
        ${rows.map((row) => html`<${Row} key=${row.key} row=${row} conversation=${conversation} />`)}
      </div>
    </div>
    ${!pinned &&
    html`<button type="button" class="jump" onClick=${jump} aria-label=${t("chat.jump")} title=${t("chat.jump")}>
      <${Icon} name="down" />${conversation.unread > 0 && html`<span>${t("chat.jumpNew", { count: conversation.unread })}</span>`}
    </button>`}
  </div>`;
}

// Where "new messages" begin: behind what was read when the person came (back) to this chat.
function useDivider(conversation, attentive) {
  const [after, setAfter] = useState(() => (conversation.unread > 0 ? conversation.readSeq : null));
  useEffect(() => {
    if (!attentive) setAfter((current) => (current === null || conversation.unread === 0 ? conversation.readSeq : current));
  }, [attentive]);
  return after;
}

// After every change of the rows: the bottom stays at the bottom, and history grows upwards without a jump.
function keepPlace(element, place, low, pendingCount) {
  const grewAbove = place.placed && low < place.low;
  const answered = pendingCount > (place.pendingCount ?? 0);
  if (!place.placed && element.querySelector(".message")) {
    const divider = element.querySelector(".new-divider");
    element.scrollTop = divider ? divider.offsetTop - element.clientHeight / 3 : element.scrollHeight;
    place.placed = true;
  } else if (grewAbove) element.scrollTop += element.scrollHeight - place.height;
  else if (place.pinned || answered) element.scrollTop = element.scrollHeight;
  Object.assign(place, { low, height: element.scrollHeight, pendingCount });
}

function stayPinnedOnResize(element, place) {
  const observer = new ResizeObserver(() => {
    if (place.pinned) element.scrollTop = element.scrollHeight;
  });
  observer.observe(element);
  return () => observer.disconnect();
}

function Row({ row, conversation }) {
  const app = useApp();
  if (row.type === "day") return html`<div class="day" role="separator"><span>${dayName(app.t, app.tag, row.time, Date.now())}</span></div>`;
  if (row.type === "new") return html`<div class="new-divider" role="separator"><span>${app.t("chat.newMessages")}</span></div>`;
  if (row.type === "system") return html`<p class="system" dir="auto">${systemText(app, row.event)}</p>`;
  const online = app.client.status.state === "online";
  const marks = row.items.map((item) => (row.own ? markOf(item, conversation, online) : null));
  return html`<${Group} row=${row} marks=${marks} name=${personName(app, row.sender)} named=${conversation.kind === "group"} />`;
}

// Drawn again only when something of it changed: a long chat has hundreds of these.
class Group extends Component {
  shouldComponentUpdate(next) {
    return !sameGroup(this.props, next);
  }

  render({ row, marks, name, named }) {
    const bubbles = row.items.map((item, i) => html`<${Bubble} key=${item.key} item=${item} mark=${marks[i]} />`);
    if (row.own) return html`<div class="group group-own">${bubbles}</div>`;
    return html`<div class="group group-other">
      <${Avatar} id=${row.sender} name=${name} size="s" />
      <div class="group-body">
        ${named && html`<span class="sender" dir="auto">${name}</span>`}
        ${bubbles}
      </div>
    </div>`;
  }
}

