// Two notes when a car begins to wait. Off until it is switched on; a browser lets a page sound only after a touch.
const KEY = "gate-sound";

export function startSound(button) {
  const audio = globalThis.AudioContext ? new AudioContext() : null;
  if (!audio) return () => {};
  let on = remembered() === "on";
  button.hidden = false;
  const tell = () => {
    const waits = on && audio.state !== "running";
    button.textContent = waits ? button.dataset.wait : on ? button.dataset.on : button.dataset.off;
    button.setAttribute("aria-pressed", String(on));
    button.classList.toggle("waits", waits);
  };
  button.addEventListener("click", async () => {
    const waited = on && audio.state !== "running";
    on = waited || !on;
    remember(on ? "on" : "off");
    if (on) { await audio.resume(); notes(audio); }
    tell();
  });
  addEventListener("pointerdown", () => { if (on) audio.resume().then(tell); });
  audio.addEventListener("statechange", tell);
  tell();
  return () => { if (on && audio.state === "running") notes(audio); };
}

function notes(audio) {
  [660, 880].forEach((pitch, place) => {
    const [tone, level, at] = [audio.createOscillator(), audio.createGain(), audio.currentTime + place * 0.18];
    tone.frequency.value = pitch;
    level.gain.setValueAtTime(0.0001, at);
    level.gain.exponentialRampToValueAtTime(0.3, at + 0.02);
    level.gain.exponentialRampToValueAtTime(0.0001, at + 0.17);
    tone.connect(level).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.18);
  });
}

function remembered() {
  try { return localStorage.getItem(KEY); } catch { return null; }
}

function remember(value) {
  try { localStorage.setItem(KEY, value); } catch { /* a private window: for this time only */ }
}
