// What the address names: a chat (`#/c/<id>`), or a part of the contacts (`#/o/<department>`, `#/o/contacts`,
// `#/o/requests`, `#/o`). The browser's back button leaves a pane on the phone.

import { useEffect, useState } from "preact/hooks";

const CHAT = /^#\/c\/([0-9a-f-]{36})$/;
const CONTACTS = /^#\/o(?:\/([0-9a-f-]{36}|contacts|requests))?$/;

function current() {
  const contacts = CONTACTS.exec(location.hash);
  if (contacts) return { view: "contacts", id: contacts[1] ?? "" };
  return { view: "chats", id: CHAT.exec(location.hash)?.[1] ?? "" };
}

/** `{ route: { view, id }, navigate(conversation id or ""), browse(department id, "contacts", "requests" or "") }`. */
export function useRoute() {
  const [route, setRoute] = useState(current);
  useEffect(() => {
    const update = () => setRoute(current());
    window.addEventListener("hashchange", update);
    return () => window.removeEventListener("hashchange", update);
  }, []);
  const navigate = (id) => {
    location.hash = id ? `#/c/${id}` : "#/";
  };
  const browse = (id) => {
    location.hash = id ? `#/o/${id}` : "#/o";
  };
  return { route, navigate, browse };
}
