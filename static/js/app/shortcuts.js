// Keys that work wherever the focus is.

import { useEffect } from "preact/hooks";

/** Ctrl+K or Cmd+K. */
export function useSearchKey(act) {
  useKey((event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "k") return;
    event.preventDefault();
    act();
  }, []);
}

/** Esc, while `active`, unless something nearer took it. */
export function useDismissKey(active, act) {
  useKey((event) => {
    if (active && event.key === "Escape" && !event.defaultPrevented && !document.querySelector("dialog[open]")) act();
  }, [active]);
}

function useKey(listener, dependencies) {
  useEffect(() => {
    document.addEventListener("keydown", listener);
    return () => document.removeEventListener("keydown", listener);
  }, dependencies);
}
