// Scanning on the floor: the field always has the focus, a scan is sent without leaving the page, and its answer is
// told by colour, sound and vibration. Without script the form is sent like any other.
"use strict";

let sound = null;
let sending = false;

function isRight(answer) {
  return ["ok", "bin_right", "short"].includes(answer);
}

/** A high short tone for right, a low long one for wrong; phones also vibrate. */
function tell(answer) {
  if (!answer) return;
  const right = isRight(answer);
  if (navigator.vibrate) navigator.vibrate(right ? 60 : [200, 90, 200]);
  try {
    sound = sound || new AudioContext();
    const tone = sound.createOscillator(), gain = sound.createGain();
    tone.frequency.value = right ? 1200 : 220;
    tone.type = right ? "sine" : "square";
    gain.gain.value = right ? 0.15 : 0.25;
    tone.connect(gain).connect(sound.destination);
    tone.start();
    tone.stop(sound.currentTime + (right ? 0.09 : 0.4));
  } catch { /* no sound on this device: colour and words remain */ }
}

function focusScan() {
  const field = document.querySelector("[data-scan]");
  if (field) field.focus({ preventScroll: true });
}

// A scanner types its code wherever the focus is: typing anywhere on the page goes into the field.
document.addEventListener("keydown", (event) => {
  const own = event.target.closest("input, select, textarea, summary, button, a");
  if (own || event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1) return;
  focusScan();
});
document.addEventListener("click", (event) => {
  if (!event.target.closest("input, select, textarea, button, a, summary, label")) focusScan();
});

// Scans that were made while another one is judged, in their order. A quick hand is faster than the network.
const waiting = [];

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-scan-form]")) return;
  event.preventDefault();
  event.stopPropagation();
  const { code, qty } = form.elements;
  if (!code.value.trim()) return;
  waiting.push({ code: code.value, qty: qty ? qty.value : "" });
  code.value = "";
  if (qty) qty.value = "";
  if (!sending) judgeAll();
}, true);

/** Each scan by itself, by the form that the answer to the one before it brought. What follows a wrong one is not judged. */
async function judgeAll() {
  sending = true;
  let right = true;
  while (right && waiting.length) right = await judge(waiting.shift());
  sending = false;
  giveUpWaiting();
  focusScan();
}

async function judge(scan) {
  const form = document.querySelector("[data-scan-form]");
  // The list is done: there is nothing that one more scan could count for.
  if (!form) { waiting.unshift(scan); return false; }
  const body = new FormData(form);
  body.set("code", scan.code);
  body.set("qty", scan.qty);
  try {
    const answer = await fetch(form.action, { method: "POST", body });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("stop");
    if (!fresh) { location.reload(); return false; }
    show(fresh, form);
    tell(fresh.querySelector("#verdict").dataset.answer);
    return isRight(fresh.querySelector("#verdict").dataset.answer);
  } catch {
    // The scan's own id stays in the form, so that sending it again counts it once.
    const { code, qty } = form.elements;
    code.value = scan.code;
    if (qty) qty.value = scan.qty;
    code.select();
    say(form.dataset.offline || "✕");
    tell("offline");
    return false;
  }
}

/** Show the answer; what the scanner is just typing, it types on. */
function show(fresh, form) {
  const { code, qty } = form.elements, typed = code.value, pieces = qty ? qty.value : "";
  document.getElementById("stop").replaceWith(fresh);
  const next = document.querySelector("[data-scan-form]");
  if (!next) return;
  next.elements.code.value = typed;
  if (next.elements.qty) next.elements.qty.value = pieces;
  focusScan();
}

/** Scans behind a wrong one are not counted, and whoever made them hears of it. */
function giveUpWaiting() {
  if (!waiting.length) return;
  const verdict = document.getElementById("verdict");
  say(`${verdict.innerText} · ${verdict.dataset.dropped} ${waiting.map((scan) => scan.code).join(", ")}`);
  waiting.length = 0;
  tell("dropped");
}

function say(words) {
  const verdict = document.getElementById("verdict");
  verdict.className = "verdict wrong";
  verdict.textContent = words;
}

if (!document.querySelector("[data-scan][autofocus]")) focusScan();
tell(document.querySelector("#verdict") && document.querySelector("#verdict").dataset.answer);
