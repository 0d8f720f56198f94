// Comforts only: every page works without this file.
"use strict";

// Periods: a preset fills the fields at once instead of asking the server.
for (const button of document.querySelectorAll("button.preset")) {
  button.addEventListener("click", (event) => {
    event.preventDefault();
    const form = button.form;
    form.elements.valid_from.value = button.dataset.start;
    form.elements.valid_until.value = button.dataset.end;
    form.elements.one_time.checked = button.dataset.once === "1";
    form.elements.from_time.value = button.dataset.from;
    form.elements.until_time.value = button.dataset.until;
    if (button.dataset.from) form.querySelector("details").open = true;
    markPreset(form);
  });
  button.form.addEventListener("input", () => markPreset(button.form));
}

function markPreset(form) {
  for (const button of form.querySelectorAll("button.preset")) {
    const same =
      form.elements.valid_from.value === button.dataset.start &&
      form.elements.valid_until.value === button.dataset.end &&
      form.elements.one_time.checked === (button.dataset.once === "1") &&
      form.elements.from_time.value === button.dataset.from && form.elements.until_time.value === button.dataset.until;
    button.setAttribute("aria-pressed", String(same));
  }
}

// A plate is drawn, and what is odd about it said, while it is typed.
for (const field of document.querySelectorAll("input[data-look]")) {
  const shown = document.getElementById("look");
  let waiting = 0;
  const look = async () => {
    const typed = field.value.trim();
    const answer = typed ? await fetch(`${field.dataset.look}?plate=${encodeURIComponent(typed)}`).catch(() => null) : null;
    if (typed === field.value.trim()) shown.innerHTML = answer && answer.ok ? await answer.text() : "";
  };
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, 300);
  });
  if (field.value) look();
}

// A search field suggests while it is typed into; the server decides whom the text means.
for (const field of document.querySelectorAll("input[data-find]")) {
  let waiting = 0;
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const answer = await fetch(`${field.dataset.find}?q=${encodeURIComponent(field.value)}`).catch(() => null);
      if (!answer || !answer.ok) return;
      const options = (await answer.json()).map((text) => {
        const option = document.createElement("option");
        option.value = text;
        return option;
      });
      field.list.replaceChildren(...options);
    }, 250);
  });
}

// A link is handed on by the phone itself, or copied where it cannot be.
for (const button of document.querySelectorAll("button[data-share]")) {
  if (!navigator.share && !navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const { share: url, title } = button.dataset;
    try {
      if (navigator.share) return await navigator.share({ title, url });
      await navigator.clipboard.writeText(url);
      button.textContent = button.dataset.done;
    } catch {
      document.getElementById("f-link").select();
    }
  });
}
for (const field of document.querySelectorAll("input[readonly]")) field.addEventListener("focus", () => field.select());

for (const button of document.querySelectorAll("button[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// After a mistake one stands at the first field to be mended, however long the form.
[...document.querySelectorAll("[aria-invalid]")].find((field) => field.offsetParent)?.focus();

// A form is sent once, however often the button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "1";
  const button = event.submitter;
  if (!button?.dataset.busy) return;
  button.dataset.idle = button.textContent;
  button.textContent = button.dataset.busy; // a file takes a while: the page must not look dead
  button.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
  for (const button of document.querySelectorAll("button[data-idle]")) {
    button.textContent = button.dataset.idle;
    button.removeAttribute("aria-busy");
  }
});

// What is being done is asked about until it has ended; then the whole page says how.
const polled = document.querySelector("[data-poll]");
if (polled) {
  let failed = 0;
  const ask = async () => {
    try {
      const answer = await fetch(polled.dataset.poll, { redirect: "manual", signal: AbortSignal.timeout(10000) });
      if (!answer.ok) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = page.getElementById(polled.id);
      if (!now?.dataset.poll) return window.location.reload();
      failed = 0;
      if (polled.innerHTML !== now.innerHTML) polled.innerHTML = now.innerHTML;
    } catch {
      failed += 1;
      if (failed === 3) polled.insertAdjacentHTML("afterbegin", `<p class="alert" role="alert">${polled.dataset.lost}</p>`);
    }
    setTimeout(ask, 1000);
  };
  setTimeout(ask, 1000);
}

// The guard's live feed: the stream says that something happened, the page fetches what.
const feed = document.getElementById("feed");
if (feed) {
  let fetching = false;
  let again = false;
  let heard = performance.now();
  let lost = false;
  const refresh = async () => {
    if (fetching) {
      again = true;
      return;
    }
    fetching = true;
    try {
      const answer = await fetch(feed.dataset.feed, { redirect: "manual", signal: AbortSignal.timeout(10000) });
      // Logged out, or no operator any more: the portal answers, and the page itself says so.
      if (answer.type === "opaqueredirect" || [403, 404].includes(answer.status)) return window.location.reload();
      if (!answer.ok) throw new Error(String(answer.status));
      const parts = document.createElement("template");
      parts.innerHTML = await answer.text();
      for (const part of parts.content.querySelectorAll("[data-part]")) show(document.getElementById(part.dataset.part), part);
      heard = performance.now();
      lost = false;
    } catch {
      lost = true;
    }
    tell();
    awaitAnswer();
    fetching = false;
    if (again) {
      again = false;
      refresh();
    }
  };
  // Whoever does not hear from the portal is told so, and since when: what stands there may no longer be so.
  const bar = document.getElementById("lost");
  const tell = () => {
    const seconds = Math.round((performance.now() - heard) / 1000);
    const text = seconds < 120 ? bar.dataset.seconds.replace("{n}", seconds) : bar.dataset.minutes.replace("{n}", Math.floor(seconds / 60));
    if (bar.hidden === lost) bar.hidden = !lost;
    if (lost && bar.textContent !== text) bar.textContent = text;
    document.body.classList.toggle("lost", lost);
  };
  setInterval(tell, 5000);
  // While a gate's answer to a command is awaited, its silence is an answer too, and nobody tells of it.
  let asking = 0;
  const awaitAnswer = () => {
    clearTimeout(asking);
    if (document.querySelector("[data-waiting]")) asking = setTimeout(refresh, 1000);
  };
  awaitAnswer();
  document.addEventListener("visibilitychange", () => document.hidden || refresh());
  for (const kind of ["offline", "online"]) window.addEventListener(kind, refresh);
  // What has not changed is left alone: a press on its way must find its button.
  const show = (place, part) => {
    if (place.dataset.shown === part.innerHTML) return;
    place.dataset.shown = part.innerHTML;
    const before = newestRefusal();
    place.innerHTML = part.innerHTML;
    if (newestRefusal() > before) beep();
  };
  const newestRefusal = () => Number(document.querySelector("[data-refused]")?.dataset.refused ?? 0);

  // A sound is made only where somebody has asked for it: browsers want a press first.
  const sound = document.getElementById("sound");
  let audio = null;
  sound.hidden = !window.AudioContext;
  sound.addEventListener("click", () => {
    audio = audio ? null : new AudioContext();
    sound.setAttribute("aria-pressed", String(audio !== null));
    beep();
  });
  const beep = () => {
    if (!audio) return;
    const tone = audio.createOscillator();
    tone.frequency.value = 880;
    tone.connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + 0.25);
  };

  // A call rings until somebody has answered it.
  setInterval(() => {
    if (document.querySelector("[data-ringing]")) beep();
  }, 1500);

  // A stream that opens anew has missed something; one that was cut says nothing of the portal, which is asked.
  const stream = new EventSource(feed.dataset.stream);
  for (const kind of ["changed", "open", "error"]) stream.addEventListener(kind, refresh);
  // Commands expire without anybody telling, and a stream may be cut by a proxy.
  setInterval(refresh, 30000);
  window.addEventListener("pagehide", () => stream.close());
}

const worker = "serviceWorker" in navigator && window.isSecureContext
  ? navigator.serviceWorker.register("/sw.js").then(() => navigator.serviceWorker.ready).catch(() => null)
  : null;

// Notices on this device: the browser asks its owner, its push service gives an address, the portal keeps it.
const push = document.getElementById("push");
if (push && worker && "PushManager" in window && "Notification" in window) {
  const part = (name) => push.querySelector(`[data-push="${name}"]`);
  const button = push.querySelector("button");
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
  const tell = async (path, fields) => {
    const body = new URLSearchParams({ csrf: push.dataset.csrf, ...fields });
    const answer = await fetch(path, { method: "POST", body, redirect: "error" });
    if (!answer.ok) throw new Error(String(answer.status));
  };
  // A subscription made for another key of the portal is good for nothing.
  const subscribe = async (manager) => {
    const key = bytes(push.dataset.key);
    const known = await manager.getSubscription();
    if (known && String(new Uint8Array(known.options.applicationServerKey)) !== String(key)) await known.unsubscribe();
    return manager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  };
  const press = async () => {
    const { pushManager } = await worker;
    if (button.dataset.push === "off") {
      await (await pushManager.getSubscription())?.unsubscribe();
      return tell("/account/push/off", {});
    }
    if (await Notification.requestPermission() !== "granted") {
      part("denied").hidden = false;
      return null;
    }
    const { endpoint, keys } = (await subscribe(pushManager)).toJSON();
    return tell("/account/push", { endpoint, p256dh: keys.p256dh, auth: keys.auth });
  };
  part("no").hidden = true;
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    part("failed").hidden = true;
    try {
      if (await press() !== null) window.location.reload();
    } catch {
      part("failed").hidden = false;
    }
    button.disabled = false;
  });
}
