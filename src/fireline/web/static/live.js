// What htmx does not do by itself here: forms that were done are emptied and folded, faults stand beside their form,
// and the word "live" tells the truth.
(() => {
  "use strict";

  function formOf(event) {
    return event.detail?.ctx?.sourceElement?.closest?.("form");
  }

  function say(form, text) {
    const place = form?.querySelector(".fault");
    if (place) place.textContent = text;
  }

  document.addEventListener("htmx:before:request", (event) => say(formOf(event), ""));

  document.addEventListener("htmx:after:request", (event) => {
    const form = formOf(event);
    if (!form || event.detail.ctx.response.status >= 400) return;
    form.reset();
    const box = form.closest("details");
    if (box && !box.matches("[data-keep]")) box.open = false;
  });

  document.addEventListener("htmx:error", (event) => {
    say(formOf(event), "Not sent: the server does not answer. Nothing was done; try again.");
  });

  function live(on) {
    const word = document.getElementById("live");
    if (!word) return;
    word.textContent = on ? "live" : "not live: looking every 20 s";
    word.classList.toggle("warn", !on);
  }
  document.addEventListener("htmx:sse:after:connection", (event) => live(event.detail.connection.status === 200));
  document.addEventListener("htmx:sse:error", () => live(false));
  document.addEventListener("htmx:sse:close", () => live(false));
})();
