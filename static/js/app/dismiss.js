// Popovers close when the person clicks elsewhere or presses Esc.

import { useEffect, useRef } from "preact/hooks";

/** A ref for the popover's box; `dismiss` is called while `open`. */
export function useDismiss(open, dismiss) {
  const box = useRef(null);
  useEffect(() => {
    if (!open) return undefined;
    const outside = (event) => !box.current?.contains(event.target) && dismiss();
    const escape = (event) => event.key === "Escape" && dismiss();
    document.addEventListener("pointerdown", outside);
    document.addEventListener("keydown", escape);
    return () => {
      document.removeEventListener("pointerdown", outside);
      document.removeEventListener("keydown", escape);
    };
  }, [open]);
  return box;
}
