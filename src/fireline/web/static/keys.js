// Keyboard shortcuts: an element with data-key is pressed, or focused when it takes text; j and k walk the steps.
// They never fire while somebody types, nor with a modifier held.
(() => {
  "use strict";
  const takesText = "input:not([type=checkbox]):not([type=radio]), textarea, select";

  function typing(element) {
    return element instanceof Element && (element.isContentEditable || element.matches("input, textarea, select"));
  }

  function walk(by) {
    const steps = [...document.querySelectorAll("[data-step]")];
    if (!steps.length) return;
    const here = steps.findIndex((step) => step.contains(document.activeElement));
    const next = here < 0 ? (by > 0 ? 0 : steps.length - 1) : Math.min(steps.length - 1, Math.max(0, here + by));
    steps[next].focus();
    steps[next].scrollIntoView({ block: "nearest" });
  }

  function press(element) {
    const own = element.matches("summary") ? element.parentElement : element; // a click opens that one itself
    for (let box = own.parentElement.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
    if (element.matches(takesText)) {
      element.focus();
      element.scrollIntoView({ block: "nearest" });
    } else {
      element.click();
    }
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape") {
      const open = document.activeElement?.closest("details[open]");
      if (open && !open.closest("[data-keep]")) {
        open.open = false;
        open.querySelector("summary").focus();
      }
      return;
    }
    if (typing(event.target) || event.key.length !== 1) return;
    if (event.key === "j" || event.key === "k") {
      walk(event.key === "j" ? 1 : -1);
      event.preventDefault();
      return;
    }
    const element = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (element) {
      press(element);
      event.preventDefault();
    }
  });

  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
})();
