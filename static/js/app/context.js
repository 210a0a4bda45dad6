// What every component needs: the client, the texts, and the actions of the page.

import { createContext } from "preact";
import { useContext } from "preact/hooks";

export const AppContext = createContext(null);

/** `{ client, t, language, tag, notify, run, navigate }` of the page. */
export function useApp() {
  return useContext(AppContext);
}
