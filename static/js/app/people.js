// People found by name, a moment after the typing stopped. An answer that comes late is dropped.

import { useEffect, useState } from "preact/hooks";

import { useApp } from "./context.js";

const PAUSE_MS = 180;

/** The users that match `query`; all of them, as many as fit a page, for an empty one unless `always` is false. */
export function usePeople(query, { always = true } = {}) {
  const { client, run } = useApp();
  const [people, setPeople] = useState([]);
  useEffect(() => {
    let current = true;
    const text = query.trim();
    if (!text && !always) {
      setPeople([]);
      return undefined;
    }
    const search = async () => {
      const answer = await client.directory.searchPeople(text, { limit: 50 });
      if (current) setPeople(answer.items);
    };
    const timer = setTimeout(() => run(search()), text ? PAUSE_MS : 0);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [query]);
  return people;
}
