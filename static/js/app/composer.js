// Where messages are written. Enter sends, Shift+Enter begins a line, and an input method's Enter does neither.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { useApp } from "./context.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { useDismiss } from "./dismiss.js";

const MAX_TEXT_CHARS = 20_000;
const MAX_HEIGHT_PX = 200;
const INPUT_METHOD_KEY = 229;
const EMOJI = [..."😀😄😂🤣😊😍🥰😘😎🤔🙄😏😴😅😭😢😡🤯🥳🤗🤝👍👎👌✌️🙏👏💪🔥🎉✨⭐❤️💔💯✅❌❓❗💡📌📎📅☕🍻🚀🌹🐛"].reduce(
  (list, char) => (char === "\u{FE0F}" ? [...list.slice(0, -1), list.at(-1) + char] : [...list, char]),
  [],
);

export function Composer({ conversation, title }) {
  const { client, t, drafts, run, refresh } = useApp();
  const [text, setText] = useState(() => drafts.get(conversation.id));
  const area = useRef(null);
  const length = [...text.trim()].length;
  const tooLong = length > MAX_TEXT_CHARS;
  const sendable = length > 0 && !tooLong;

  useEffect(() => {
    if (matchMedia("(pointer: fine)").matches) area.current.focus();
  }, []);
  useLayoutEffect(() => {
    area.current.style.height = "auto";
    area.current.style.height = `${Math.min(MAX_HEIGHT_PX, area.current.scrollHeight)}px`;
  }, [text]);

  function write(value) {
    setText(value);
    drafts.set(conversation.id, value);
  }

  function send() {
    if (!sendable) return;
    run(client.send(conversation.id, "text", { text: text.trim() }));
    write("");
    refresh();
    area.current.focus();
  }

  function keyPressed(event) {
    if (event.isComposing || event.keyCode === INPUT_METHOD_KEY) return;
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    send();
  }

  function insert(emoji) {
    const { selectionStart: start, selectionEnd: end } = area.current;
    write(text.slice(0, start) + emoji + text.slice(end));
    area.current.focus();
    requestAnimationFrame(() => area.current?.setSelectionRange(start + emoji.length, start + emoji.length));
  }

  return html`<form class="composer" onSubmit=${(event) => { event.preventDefault(); send(); }}>
    ${tooLong && html`<p class="composer-error" role="alert">${t("composer.tooLong", { limit: MAX_TEXT_CHARS, count: String(length) })}</p>`}
    <div class="composer-box">
      <textarea ref=${area} rows="1" dir="auto" value=${text} placeholder=${t("composer.placeholder", { title })} aria-label=${t("composer.label")}
        title=${t("composer.hint")} onInput=${(event) => write(event.target.value)} onKeyDown=${keyPressed}></textarea>
      <div class="composer-tools">
        <${EmojiButton} onPick=${insert} />
        <button type="submit" class="send" disabled=${!sendable} aria-label=${t("composer.send")} title=${t("composer.send")}><${Icon} name="send" /></button>
      </div>
    </div>
  </form>`;
}

function EmojiButton({ onPick }) {
  const { t } = useApp();
  const [open, setOpen] = useState(false);
  const box = useDismiss(open, () => setOpen(false));
  const pick = (emoji) => {
    setOpen(false);
    onPick(emoji);
  };
  return html`<div class="emoji" ref=${box}>
    <button type="button" class="icon-button" aria-label=${t("composer.emoji")} title=${t("composer.emoji")} aria-expanded=${open} onClick=${() => setOpen(!open)}>
      <${Icon} name="smile" />
    </button>
    ${open && html`<div class="popover emoji-panel" role="group" aria-label=${t("composer.emoji")}>
      ${EMOJI.map((emoji) => html`<button type="button" onClick=${() => pick(emoji)}>${emoji}</button>`)}
    </div>`}
  </div>`;
}
