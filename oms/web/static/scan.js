// Scanning on the floor: the field always has the focus, a scan is sent without leaving the page, and its answer is
// told by colour, sound and vibration. Without script the form is sent like any other.
"use strict";

let sound = null;
let sending = false;

/** A high short tone for right, a low long one for wrong; phones also vibrate. */
function tell(answer) {
  if (!answer) return;
  const right = answer === "ok" || answer === "bin_right" || answer === "short";
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

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-scan-form]")) return;
  event.preventDefault();
  event.stopPropagation();
  const field = form.querySelector("[data-scan]");
  if (sending || !field.value.trim()) return;
  sending = true;
  const body = new FormData(form);
  field.value = "";
  try {
    const answer = await fetch(form.action, { method: "POST", body });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("stop");
    if (!fresh) { location.reload(); return; }
    document.getElementById("stop").replaceWith(fresh);
    tell(fresh.querySelector("#verdict").dataset.answer);
  } catch {
    // The scan's own id stays in the form, so that sending it again counts it once.
    field.value = String(body.get("code"));
    field.select();
    const verdict = document.getElementById("verdict");
    verdict.className = "verdict wrong";
    verdict.textContent = form.dataset.offline || "✕";
    tell("offline");
  } finally {
    sending = false;
    focusScan();
  }
}, true);

if (!document.querySelector("[data-scan][autofocus]")) focusScan();
tell(document.querySelector("#verdict") && document.querySelector("#verdict").dataset.answer);
