// Says of an account that a program stands behind it, so that nobody takes it for a person.

import { useApp } from "./context.js";
import { html } from "./html.js";

export function BotMark({ person }) {
  const { t } = useApp();
  return person.is_bot ? html` <span class="role">${t("person.bot")}</span>` : null;
}
