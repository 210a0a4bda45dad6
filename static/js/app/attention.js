// Whether the person looks at this page: visible and focused.

import { useEffect, useState } from "preact/hooks";

const EVENTS = ["focus", "blur"];

function isAttentive() {
  return document.visibilityState === "visible" && document.hasFocus();
}

export function useAttention() {
  const [attentive, setAttentive] = useState(isAttentive);
  useEffect(() => {
    const update = () => setAttentive(isAttentive());
    for (const name of EVENTS) window.addEventListener(name, update);
    document.addEventListener("visibilitychange", update);
    return () => {
      for (const name of EVENTS) window.removeEventListener(name, update);
      document.removeEventListener("visibilitychange", update);
    };
  }, []);
  return attentive;
}
