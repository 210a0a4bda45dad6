// Which conversation the address names: `#/c/<id>`. The browser's back button leaves a chat on the phone.

import { useEffect, useState } from "preact/hooks";

const PATTERN = /^#\/c\/([0-9a-f-]{36})$/;

function current() {
  return PATTERN.exec(location.hash)?.[1] ?? "";
}

/** `[conversation id or "", navigate(id)]`. */
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
  return [route, navigate];
}
