// A modal dialog: the browser's own, so focus stays inside, Esc closes and the rest of the page is inert.

import { useEffect, useRef } from "preact/hooks";

import { useApp } from "./context.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";

export function Dialog({ title, className = "", onClose, children }) {
  const { t } = useApp();
  const dialog = useRef(null);
  useEffect(() => {
    const element = dialog.current;
    element.showModal();
    return () => element.close();
  }, []);
  const closeOnBackdrop = (event) => event.target === dialog.current && onClose();
  return html`<dialog ref=${dialog} class=${`dialog ${className}`} aria-label=${title} onClose=${onClose} onMouseDown=${closeOnBackdrop}>
    <div class="dialog-box">
      <header class="dialog-head">
        <h2>${title}</h2>
        <button type="button" class="icon-button" aria-label=${t("dialog.close")} onClick=${onClose}><${Icon} name="close" /></button>
      </header>
      ${children}
    </div>
  </dialog>`;
}

/** A question with two answers. */
export function ConfirmDialog({ title, text, action, onConfirm, onClose }) {
  const { t } = useApp();
  return html`<${Dialog} title=${title} className="dialog-small" onClose=${onClose}>
    <p class="dialog-text">${text}</p>
    <footer class="dialog-foot">
      <button type="button" class="button" onClick=${onClose}>${t("dialog.cancel")}</button>
      <button type="button" class="button button-danger" onClick=${onConfirm}>${action}</button>
    </footer>
  <//>`;
}
