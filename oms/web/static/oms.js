// What pages need of the browser; everything works without it, only less comfortably.
"use strict";

// data-submit-on-change: a filter acts as soon as it is chosen.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-submit-on-change]");
  if (form) form.requestSubmit();
  if (event.target.matches("[data-tick-all]")) {
    for (const box of event.target.closest("form").querySelectorAll("td.tick input")) box.checked = event.target.checked;
  }
});

// A form is sent once, however often the button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  setTimeout(() => { delete form.dataset.sent; }, 5000);
});

// Coming back by the back button shows what is, not what was.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.forms) delete form.dataset.sent;
});

// data-refresh="5": the element is fetched anew every 5 s while the page is looked at; data-refresh="" stops it.
for (const element of document.querySelectorAll("[data-refresh][id]")) refresh(element.id);
function refresh(id) {
  const element = document.getElementById(id);
  const seconds = Number(element && element.dataset.refresh);
  if (!seconds) return;
  setTimeout(async () => {
    if (!document.hidden) {
      try {
        const answer = await fetch(location.href, { headers: { "X-Refresh": id } });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.getElementById(id);
        if (answer.ok && fresh) document.getElementById(id).replaceWith(fresh);
      } catch { /* the network is away: the next try comes */ }
    }
    refresh(id);
  }, seconds * 1000);
}

// data-scan: the field takes the scanner's input and is focused again after every scan.
const scan = document.querySelector("[data-scan]");
if (scan) {
  if (!scan.autofocus) scan.focus();
  document.addEventListener("click", (event) => { if (!event.target.closest("input, select, textarea, button, a, summary, label")) scan.focus(); });
}

// One open pop-up at a time; Escape shuts it.
document.addEventListener("toggle", (event) => {
  if (event.target.matches("details.pop[open]")) for (const other of document.querySelectorAll("details.pop[open]")) if (other !== event.target) other.open = false;
}, true);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") for (const open of document.querySelectorAll("details.pop[open]")) open.open = false;
});

// On a phone the menu is a strip: show where one is.
const current = document.querySelector(".menu [aria-current]");
if (current) current.parentElement.scrollLeft = current.offsetLeft - current.parentElement.offsetLeft - 40;
