// Counts down what is due, counts up what is open, and writes times in the reader's zone. The page reads without it.
(() => {
  "use strict";
  const skew = Date.parse(document.documentElement.dataset.now) - Date.now();
  const two = (n) => String(n).padStart(2, "0");
  const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

  function ticking(seconds) {
    const s = Math.floor(seconds);
    if (s >= 86400) return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
    if (s >= 3600) return `${Math.floor(s / 3600)}:${two(Math.floor((s % 3600) / 60))}:${two(s % 60)}`;
    return `${Math.floor(s / 60)}:${two(s % 60)}`;
  }

  function written(when, style) {
    const hour = `${two(when.getHours())}:${two(when.getMinutes())}`;
    const seconds = `${hour}:${two(when.getSeconds())}`;
    const date = `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())}`;
    const day = `${when.getDate()} ${months[when.getMonth()]} ${hour}`;
    if (style === "full") return `${date} ${seconds}`;
    if (style === "day") return day;
    if (Math.abs(Date.now() + skew - when) >= 18 * 3600e3) return day;
    return style === "hour" ? hour : seconds;
  }

  function put(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  function tick() {
    const now = Date.now() + skew;
    for (const element of document.querySelectorAll("[data-due]")) {
      const left = (Date.parse(element.dataset.due) - now) / 1000;
      put(element, left >= 0 ? ticking(left) : `−${ticking(-left)}`);
      element.parentElement.classList.toggle("late", left < 0);
    }
    for (const element of document.querySelectorAll("[data-since]")) {
      put(element, ticking(Math.max(0, (now - Date.parse(element.dataset.since)) / 1000)));
    }
  }

  function localise() {
    for (const element of document.querySelectorAll("time[data-style]")) {
      put(element, written(new Date(element.dateTime), element.dataset.style));
    }
    const zone = document.getElementById("zone");
    const name = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (zone) put(zone, name === "UTC" ? "Times are UTC." : `Times are in ${name}; UTC on hover.`);
  }

  function both() {
    localise();
    tick();
  }
  both();
  setInterval(tick, 1000);
  document.addEventListener("htmx:after:swap", both);
})();
