// Order entry while the customer speaks: live goods search, and the read-back worked out anew after each change.
// Everything works without it by the form's buttons.
"use strict";

const entry = document.getElementById("entry");
const PARTS = ["told", "customer", "found", "lines", "readback"];
let waiting = 0;

/** Send the form with one of its buttons and show the parts that the answer has anew. */
async function send(what, parts) {
  const round = ++waiting;
  const body = new FormData(entry);
  body.set("do", what);
  try {
    const answer = await fetch(entry.action, { method: "POST", body });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (round !== waiting || !page.getElementById("entry")) return;
    for (const id of parts) show(id, page.getElementById(id));
  } catch { /* the network is away: the buttons still work */ }
}

/** Put a part in place of the old one, and the caret back where it was. */
function show(id, fresh) {
  const old = document.getElementById(id);
  if (!old || !fresh) return;
  const active = old.contains(document.activeElement) ? document.activeElement.name : "";
  old.replaceWith(fresh);
  const again = active && fresh.querySelector(`[name="${CSS.escape(active)}"]`);
  if (again) again.focus();
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
  else send(button.value, PARTS);
});

// Enter in the two search fields searches; elsewhere in the form it never saves by accident.
entry.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
  event.preventDefault();
  send({ find: "find", goods: "goods" }[event.target.name] || "check", PARTS);
});
