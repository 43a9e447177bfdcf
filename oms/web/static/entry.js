// Order entry while the customer speaks: live goods search, and the read-back worked out anew after each change.
// Everything works without it by the form's buttons.
"use strict";

const entry = document.getElementById("entry");
const PARTS = ["told", "customer", "found", "lines", "readback"];
/** What a search has anew; the lines and the sum stay as they were worked out. */
const FOUND = { find: ["told", "customer"], goods: ["told", "found"] };
let asked = 0;
let line = Promise.resolve();

/** One after another: what was added stands in the form before the next is sent. A check that another one follows is left out. */
function send(what, parts) {
  const round = what in FOUND ? asked : ++asked;
  line = line.then(() => (what === "check" && round !== asked ? null : exchange(what, parts)));
}

/** Send the form with one of its buttons and show the parts that the answer has anew. */
async function exchange(what, parts) {
  const body = new FormData(entry);
  body.set("do", what);
  try {
    const answer = await fetch(entry.action, { method: "POST", body });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!page.getElementById("entry")) return;
    for (const id of parts) show(id, page.getElementById(id), body);
  } catch { /* the network is away: the buttons still work */ }
}

/** Put a part in place of the old one, with what was typed while it was on its way, and the caret back where it was. */
function show(id, fresh, sent) {
  const old = document.getElementById(id);
  if (!old || !fresh) return;
  for (const field of old.querySelectorAll("input:not([type=hidden]), textarea, select")) {
    const twin = field.value !== (sent.get(field.name) ?? "") && fresh.querySelector(`[name="${CSS.escape(field.name)}"]`);
    if (twin) twin.value = field.value;
  }
  const active = old.contains(document.activeElement) ? document.activeElement : null;
  const [from, to] = [active?.selectionStart, active?.selectionEnd];
  old.replaceWith(fresh);
  const again = active?.name && fresh.querySelector(`[name="${CSS.escape(active.name)}"]`);
  if (again) again.focus();
  if (again && Number.isInteger(from)) again.setSelectionRange(from, to);
}

let timer = 0;
entry.addEventListener("input", (event) => {
  if (!event.target.dataset.live) return;
  clearTimeout(timer);
  timer = setTimeout(() => search(event.target), 180);
});

async function search(field) {
  const url = new URL(field.dataset.live, location.href);
  url.searchParams.set("q", field.value);
  url.searchParams.set("channel", entry.elements.channel.value);
  try {
    const answer = await fetch(url);
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.getElementById("found").replaceChildren(...page.body.childNodes);
  } catch { /* typed on: the next search comes */ }
}

entry.addEventListener("change", (event) => {
  if (/^(lines\.|ship_to\.|customer\.email|channel)/.test(event.target.name)) send("check", ["told", "lines", "readback"]);
});

entry.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=do]");
  if (!button || !/^(add|find|use|goods|check)/.test(button.value)) return;
  event.preventDefault();
  if (button.value.startsWith("use:")) send(button.value, [...PARTS, "address"]);
  else send(button.value, FOUND[button.value] || PARTS);
});

// Enter in the two search fields searches; elsewhere in the form it never saves by accident.
entry.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
  event.preventDefault();
  const what = event.target.name in FOUND ? event.target.name : "check";
  send(what, FOUND[what] || PARTS);
});
