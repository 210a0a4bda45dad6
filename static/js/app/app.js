// The page: rail, list and chat, and what they share.

import { useEffect, useMemo, useReducer, useState } from "preact/hooks";

import { ChatPane } from "./chat.js";
import { ContactsList } from "./contacts_list.js";
import { ContactsPane } from "./contacts_pane.js";
import { ConversationList } from "./conversation_list.js";
import { AppContext } from "./context.js";
import { Drafts } from "./drafts.js";
import { html } from "./html.js";
import { Icon, Logo } from "./icons.js";
import { PeopleDialog } from "./people_dialog.js";
import { PersonCard } from "./person_card.js";
import { ProfileButton } from "./profile_menu.js";
import { StatusBar } from "./status_bar.js";
import { Toasts } from "./toasts.js";
import { conversationTitle } from "./names.js";
import { loadTheme, saveLanguage, saveTheme } from "./preferences.js";
import { useRoute } from "./route.js";
import { LANGUAGES, errorText, translator } from "../i18n/index.js";

const TOAST_MS = 6_000;
const MAX_TOASTS = 3;

export function App({ client, initialLanguage, signOut }) {
  const refresh = useClientChanges(client);
  const { route, navigate, browse } = useRoute();
  const [language, setLanguage] = useState(initialLanguage);
  const [theme, setTheme] = useState(loadTheme);
  const [choosing, setChoosing] = useState(false);
  const [shown, setShown] = useState("");
  const [contactsRound, contactsChanged] = useReducer((count) => count + 1, 0);
  const { toasts, notify, dismiss } = useToasts();
  const drafts = useMemo(() => new Drafts(localStorage, client.me.id), []);
  const t = useMemo(() => translator(language), [language]);

  // Stays the same object until language, theme or the contacts change: whoever reads it from the context is drawn again when it does.
  const app = useMemo(() => {
    const run = (promise) => promise?.catch?.((error) => notify(errorText(t, error)));
    return {
      client,
      t,
      language,
      tag: LANGUAGES[language].tag,
      theme,
      drafts,
      navigate,
      browse,
      showPerson: setShown,
      contactsRound,
      contactsChanged,
      notify,
      run,
      refresh,
      setLanguage(choice) {
        setLanguage(choice);
        saveLanguage(LANGUAGES[choice].tag);
        run(client.updateMe({ locale: LANGUAGES[choice].tag.toLowerCase() }));
      },
      setTheme(choice) {
        setTheme(choice);
        saveTheme(choice);
      },
      signOut: () => run(signOut().then(() => drafts.clear())),
    };
  }, [language, theme, contactsRound]);

  useDocument(app, route.id);
  useEffect(() => client.on("problem", (error) => notify(errorText(t, error))), [t]);
  useEffect(() => client.on("removed", (conversation) => notify(t("chat.removed", { title: conversationTitle(app, conversation) }))), [t]);

  return html`<${AppContext.Provider} value=${app}>
    <${StatusBar} />
    <div class="app" data-open=${route.id !== ""}>
      <${Rail} view=${route.view} onNewChat=${() => setChoosing(true)} />
      ${route.view === "contacts"
        ? html`<${ContactsList} selected=${route.id} /><${ContactsPane} id=${route.id} />`
        : html`<${ConversationList} selected=${route.id} onNewChat=${() => setChoosing(true)} /><${ChatPane} id=${route.id} />`}
    </div>
    ${shown && html`<${PersonCard} key=${shown} id=${shown} onClose=${() => setShown("")} />`}
    ${choosing && html`<${PeopleDialog} onClose=${() => setChoosing(false)} />`}
    <${Toasts} toasts=${toasts} onDismiss=${dismiss} />
  <//>`;
}

function Rail({ view, onNewChat }) {
  return html`<${AppContext.Consumer}>
    ${({ client, t, navigate, browse }) => html`<nav class="rail" aria-label=${t("nav.main")}>
      <${Logo} size=${34} />
      <${RailButton} icon="chats" label=${t("nav.chats")} current=${view === "chats"} onClick=${() => navigate("")}>
        ${client.store.unread > 0 && html`<span class="badge rail-badge" aria-hidden="true">${client.store.unread > 99 ? "99+" : client.store.unread}</span>`}
      <//>
      <${RailButton} icon="contacts" label=${t("nav.contacts")} current=${view === "contacts"} onClick=${() => browse("")} />
      <${RailButton} icon="plus" label=${t("nav.newChat")} onClick=${onNewChat} />
      <span class="rail-space"></span>
      <${ProfileButton} />
    </nav>`}
  <//>`;
}

function RailButton({ icon, label, current = false, onClick, children }) {
  return html`<button type="button" class=${`rail-button ${current ? "rail-current" : ""}`} aria-label=${label} title=${label} aria-current=${current ? "page" : undefined} onClick=${onClick}>
    <${Icon} name=${icon} size=${24} />${children}
  </button>`;
}

// Draw again when the client changed, at most once per frame; at once when asked to.
function useClientChanges(client) {
  const [, redraw] = useReducer((count) => count + 1, 0);
  useEffect(() => {
    let scheduled = 0;
    const schedule = () => {
      scheduled ||= setTimeout(() => {
        scheduled = 0;
        redraw();
      }, 16);
    };
    const stop = [client.on("change", schedule), client.on("status", schedule)];
    return () => {
      clearTimeout(scheduled);
      for (const off of stop) off();
    };
  }, [client]);
  return redraw;
}

function useToasts() {
  const [toasts, setToasts] = useState([]);
  const dismiss = (key) => setToasts((list) => list.filter((toast) => toast.key !== key));
  const notify = (text) => {
    const key = `${Date.now()}.${Math.random()}`;
    setToasts((list) => [...list.filter((toast) => toast.text !== text), { key, text }].slice(-MAX_TOASTS));
    setTimeout(() => dismiss(key), TOAST_MS);
  };
  return { toasts, notify, dismiss };
}

function useDocument({ client, t, tag }, route) {
  const { unread } = client.store;
  useEffect(() => {
    document.title = unread > 0 ? `(${unread > 99 ? "99+" : unread}) ${t("app.name")}` : t("app.name");
  }, [unread, t]);
  useEffect(() => {
    document.documentElement.lang = tag;
  }, [tag]);
  useEffect(() => {
    if (!route) document.querySelector(".list input")?.blur();
  }, [route]);
}
