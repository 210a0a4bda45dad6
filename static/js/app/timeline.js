// Turns events and unsent messages into the rows a chat shows: days, the divider above new messages, system lines and
// groups of bubbles of one sender. Pure, so it is tested without a page.

import { isMessage } from "../sdk/protocol.js";
import { sameDay } from "./format.js";

const GROUP_MS = 5 * 60_000;

/**
 * `events`: consecutive events; `pending`: outbox entries; `dividerAfter`: seq after which others' messages are new, or
 * null. Rows are `{ type, key, … }`: day (`time`), new, system (`event`), group (`sender`, `own`, `items`).
 */
export function buildRows({ events, pending, me, dividerAfter }) {
  const rows = [];
  const seen = new Set();
  const newAfter = newMessagesAfter(events, pending, me, dividerAfter);
  let divided = false;
  let time = null;
  for (const event of events) {
    seen.add(event.id);
    if (time === null || !sameDay(time, event.time)) rows.push({ type: "day", key: `d${event.seq}`, time: event.time });
    time = event.time;
    if (!divided && event.seq > newAfter && event.sender !== me && isMessage(event)) {
      divided = true;
      rows.push({ type: "new", key: "new" });
    }
    if (isMessage(event)) addItem(rows, me, eventItem(event));
    else rows.push({ type: "system", key: event.id, event });
  }
  for (const entry of pending) {
    if (seen.has(entry.id)) continue;
    if (time === null || !sameDay(time, entry.created)) rows.push({ type: "day", key: `p${entry.id}`, time: entry.created });
    time = entry.created;
    addItem(rows, me, entryItem(entry, me));
  }
  return rows;
}

/** The state of an own message: "failed", "queued", "sending", "sent", "delivered" or "read", and how many have read it. */
export function markOf(item, conversation, online) {
  if (item.failed) return { state: "failed" };
  if (item.seq === null) return { state: online ? "sending" : "queued" };
  const { delivered, read, of } = conversation.progress(item.seq);
  if (conversation.kind === "direct") return { state: read > 0 ? "read" : delivered > 0 ? "delivered" : "sent" };
  if (of === 0) return { state: "sent" };
  return { state: read >= of ? "read" : read > 0 ? "partly" : delivered >= of ? "delivered" : "sent", read, of };
}

/** Whether two sets of a group's properties (`row`, `marks`, `name`, `named`) look the same. */
export function sameGroup(a, b) {
  const sameItem = (item, i) => item.key === b.row.items[i].key && item.seq === b.row.items[i].seq && item.failed === b.row.items[i].failed;
  const sameMark = (mark, i) => mark?.state === b.marks[i]?.state && mark?.read === b.marks[i]?.read && mark?.of === b.marks[i]?.of;
  if (a.name !== b.name || a.named !== b.named || a.row.items.length !== b.row.items.length) return false;
  return a.row.items.every(sameItem) && a.marks.every(sameMark);
}

// Whoever answered has seen what came before: nothing is new up to the person's own last message.
function newMessagesAfter(events, pending, me, dividerAfter) {
  if (dividerAfter === null || pending.length > 0) return Infinity;
  const answer = events.findLast((event) => event.sender === me && isMessage(event));
  return Math.max(dividerAfter, answer?.seq ?? 0);
}

function eventItem({ id, seq, sender, time, kind, body }) {
  return { key: id, seq, sender, time, kind, body, failed: null };
}

function entryItem({ id, created, kind, body, state, error }, me) {
  return { key: id, seq: null, sender: me, time: created, kind, body, failed: state === "failed" ? (error ?? "unknown") : null };
}

function addItem(rows, me, item) {
  const last = rows.at(-1);
  const joins = last?.type === "group" && last.sender === item.sender && item.time - last.items.at(-1).time < GROUP_MS;
  if (joins) last.items.push(item);
  else rows.push({ type: "group", key: `g${item.key}`, sender: item.sender, own: item.sender === me, items: [item] });
}
