// Short notices that go by themselves.

import { useApp } from "./context.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";

export function Toasts({ toasts, onDismiss }) {
  const { t } = useApp();
  return html`<div class="toasts" role="status" aria-live="polite">
    ${toasts.map(
      ({ key, text }) => html`<div class="toast" key=${key}>
        <span>${text}</span>
        <button type="button" class="icon-button" aria-label=${t("toast.dismiss")} onClick=${() => onDismiss(key)}><${Icon} name="close" size=${16} /></button>
      </div>`,
    )}
  </div>`;
}
