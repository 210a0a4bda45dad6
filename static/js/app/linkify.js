// Finds web addresses in message text. Only http and https ever become links; everything else stays text.

const CANDIDATE = /\bhttps?:\/\/[^\s<>"'`“”‘’，。、；：！？）】》]+/gi;
const TRAILING = /[.,;:!?)\]}*_~]$/;

/** Parts of a text in order: `{ text }` or `{ text, href }`. Joined, the texts are the input. */
export function linkify(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(CANDIDATE)) {
    const address = trimmed(match[0]);
    const href = safeAddress(address);
    if (!href) continue;
    if (match.index > end) parts.push({ text: text.slice(end, match.index) });
    parts.push({ text: address, href });
    end = match.index + address.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end) });
  return parts;
}

// Punctuation at the end belongs to the sentence, unless it closes a bracket that the address opened.
function trimmed(address) {
  let end = address.length;
  while (TRAILING.test(address.slice(0, end)) && !closesBracket(address.slice(0, end))) end -= 1;
  return address.slice(0, end);
}

function closesBracket(address) {
  return address.endsWith(")") && address.split("(").length >= address.split(")").length;
}

function safeAddress(address) {
  try {
    const url = new URL(address);
    return (url.protocol === "http:" || url.protocol === "https:") && url.hostname ? url.href : "";
  } catch {
    return "";
  }
}
