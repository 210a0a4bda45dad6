// What shows before the chat does: a moment of patience, or why it cannot start.

import { html } from "./html.js";
import { Logo } from "./icons.js";

export function StartScreen({ t, error, onRetry }) {
  return html`<div class="start" role=${error ? "alert" : "status"}>
    <${Logo} size=${64} />
    ${error
      ? html`<h1>${t("start.failed")}</h1><p>${error}</p><button type="button" class="button button-main" onClick=${onRetry}>${t("start.retry")}</button>`
      : html`<span class="spinner" aria-hidden="true"></span><p>${t("start.signingIn")}</p>`}
  </div>`;
}
