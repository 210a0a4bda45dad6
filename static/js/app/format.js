// Times, sizes and names as people read them, in the language of the page.

const DAY_MS = 24 * 3600 * 1000;
const HUES = 10;
const formatters = new Map();

/** Whether two unix times in ms fall on the same local day. */
export function sameDay(a, b) {
  return startOfDay(a) === startOfDay(b);
}

/** `09:41`. */
export function clockTime(tag, ms) {
  return dateFormat(tag, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(ms);
}

/** Everything about a moment, for tooltips. */
export function fullTime(tag, ms) {
  return dateFormat(tag, { dateStyle: "full", timeStyle: "medium" }).format(ms);
}

/** Heading above the messages of a day. */
export function dayName(t, tag, ms, now) {
  const days = Math.round((startOfDay(now) - startOfDay(ms)) / DAY_MS);
  if (days === 0) return t("chat.today");
  if (days === 1) return t("chat.yesterday");
  const year = new Date(ms).getFullYear() === new Date(now).getFullYear() ? {} : { year: "numeric" };
  return dateFormat(tag, { weekday: "long", month: "long", day: "numeric", ...year }).format(ms);
}

/** The short time of a list row: the clock today, then the weekday, then the date. */
export function rowTime(t, tag, ms, now) {
  const days = Math.round((startOfDay(now) - startOfDay(ms)) / DAY_MS);
  if (days <= 0) return clockTime(tag, ms);
  if (days === 1) return t("chat.yesterday");
  if (days < 7) return dateFormat(tag, { weekday: "short" }).format(ms);
  return dateFormat(tag, { year: "2-digit", month: "2-digit", day: "2-digit" }).format(ms);
}

/** `3.4 MB`. */
export function fileSize(tag, bytes) {
  const units = ["B", "KB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const digits = power > 0 ? 1 : 0;
  return `${new Intl.NumberFormat(tag, { maximumFractionDigits: digits }).format(bytes / 1024 ** power)} ${units[power]}`;
}

/** `1:05`. */
export function duration(ms) {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** Names joined as a sentence does. */
export function nameList(tag, names) {
  return new Intl.ListFormat(tag, { type: "conjunction" }).format(names);
}

/** One or two characters that stand for a name in an avatar. */
export function initials(name) {
  const clean = name.replace(/[^\p{L}\p{N}\s]/gu, "").trim();
  if (/\p{Script=Han}/u.test(clean)) return [...clean.replace(/\s/g, "")].slice(-2).join("");
  const words = clean.split(/\s+/).filter(Boolean);
  return words.slice(0, 2).map((word) => [...word][0].toUpperCase()).join("") || "?";
}

/** A number from 0 to 9 that stays the same for an id: which colour its avatar has. */
export function hue(id) {
  let hash = 0x811c9dc5; // FNV-1a, and a final mix: ids of the same moment differ in few characters.
  for (const char of id) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return ((hash ^ (hash >>> 15)) >>> 0) % HUES;
}

// Making a formatter costs a hundred times what using it does.
function dateFormat(tag, options) {
  const key = tag + JSON.stringify(options);
  if (!formatters.has(key)) formatters.set(key, new Intl.DateTimeFormat(tag, options));
  return formatters.get(key);
}

function startOfDay(ms) {
  return new Date(ms).setHours(0, 0, 0, 0);
}
