// What a component asks the server for: the answer, or why there is none. An answer that comes late is dropped.

import { useEffect, useState } from "preact/hooks";

import { useApp } from "./context.js";
import { errorText } from "../i18n/index.js";
import { ImError } from "../sdk/index.js";

const WAITING = { data: null, problem: "" };

/** `{ data, problem, reload }`: `load()` is called when `key` changes; an empty key asks for nothing. */
export function useLoaded(key, load) {
  const { t } = useApp();
  const [answer, setAnswer] = useState({ key, ...WAITING });
  const [round, setRound] = useState(0);
  useEffect(() => {
    let current = true;
    if (!key) return undefined;
    const settle = (outcome) => current && setAnswer({ key, ...WAITING, ...outcome });
    load().then(
      (data) => settle({ data }),
      (error) => {
        if (!(error instanceof ImError)) throw error;
        settle({ problem: errorText(t, error) });
      },
    );
    return () => {
      current = false;
    };
  }, [key, round]);
  const { data, problem } = answer.key === key ? answer : WAITING;
  return { data, problem, reload: () => setRound((count) => count + 1) };
}

/** `{ items, problem, more, loadMore, reload }` of a list that comes in pages; `load(cursor)` answers `{ items, next }`. */
export function usePages(key, load) {
  const { run } = useApp();
  const first = useLoaded(key, () => load(""));
  const [rest, setRest] = useState({ of: null, items: [], next: "" });
  const [busy, setBusy] = useState(false);
  const behind = rest.of === first.data ? rest : { items: [], next: first.data?.next ?? "" };
  function loadMore() {
    if (busy) return;
    setBusy(true);
    const add = (page) => setRest({ of: first.data, items: [...behind.items, ...page.items], next: page.next });
    run(load(behind.next).then(add).finally(() => setBusy(false)));
  }
  const items = first.data && [...first.data.items, ...behind.items];
  return { items, problem: first.problem, more: behind.next !== "", loadMore, reload: first.reload };
}
