// The stream of server-sent events: puts changed parts in their places, and says at once when it knows nothing any more.
import { pressable } from "./asking.js";
import { span } from "./clocks.js";

const SILENT_MS = 2500;
const AGAIN_MS = 1500;

export function startStream(page, told, sound) {
  const bar = document.getElementById("link");
  let source = null;
  let heard = performance.now();
  let lost = null;

  function connect() {
    source?.close();
    source = new EventSource("/live");
    source.onmessage = (message) => take(JSON.parse(message.data));
    source.onerror = () => {
      gone();
      if (source.readyState === EventSource.CLOSED) setTimeout(inside, AGAIN_MS);
    };
  }

  // A stream that was refused: logged out, or a server that is just starting.
  async function inside() {
    try {
      const answer = await fetch("/check?plate=", { redirect: "manual", cache: "no-store" });
      if (answer.type === "opaqueredirect") { location.reload(); return; }
    } catch { /* not there yet */ }
    connect();
  }

  function take(message) {
    heard = performance.now();
    told.beat = message.beat;
    told.at = heard;
    told.linked = true;
    if (lost !== null) { lost = null; document.body.classList.remove("gone"); bar.hidden = true; bar.textContent = ""; }
    if (message.token) for (const field of page.querySelectorAll("input[name=token]")) field.value = message.token;
    if (message.waiting) order(page, message.waiting, sound);
    for (const [name, html] of Object.entries(message.parts)) put(name, html);
    pressable(page, told);
  }

  function gone() {
    if (lost === null) {
      lost = heard;
      told.linked = false;
      document.body.classList.add("gone");
      pressable(page, told);
      tell();
    }
  }

  function tell() {
    if (lost === null) return;
    bar.hidden = false;
    const text = bar.dataset.lost.replace("{s}", span(page, (performance.now() - lost) / 1000));
    if (bar.textContent !== text) bar.textContent = text;
  }

  setInterval(() => {
    if (performance.now() - heard > SILENT_MS) gone();
    tell();
  }, 250);
  // A phone that was asleep has heard nothing: it does not show what it knew when it fell asleep.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && performance.now() - heard > SILENT_MS) { gone(); connect(); }
  });
  addEventListener("pagehide", () => source?.close());
  connect();
}

function inUse(element) {
  return element.querySelector("details[open]") !== null || element.contains(document.activeElement);
}

function put(name, html) {
  const place = document.querySelector(`[data-part="${CSS.escape(name)}"]`);
  if (!place || (inUse(place) && place.querySelector("form"))) return;
  const focused = place.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  place.innerHTML = html;
  if (focused) place.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
}

// Cards of waiting cars in the order given; one in use whose car has gone stays, and says so.
function order(page, ids, sound) {
  const list = document.getElementById("waiting");
  const cards = new Map([...list.children].map((card) => [card.dataset.visit, card]));
  for (const [id, card] of cards) {
    if (ids.includes(id)) { card.classList.remove("left"); continue; }
    if (inUse(card) || card.querySelector("output:not([hidden])")) {
      if (!card.classList.contains("left")) leave(page, card);
    } else card.remove();
  }
  let before = null;
  for (const id of [...ids].reverse()) {
    let card = cards.get(id);
    if (!card) {
      card = document.createElement("article");
      card.className = "waiting";
      card.dataset.visit = id;
      for (const part of [`waiting-${id}`, `act-${id}`]) {
        const place = document.createElement("div");
        place.dataset.part = part;
        card.append(place);
      }
      sound();
    }
    if (card.nextElementSibling !== before || card.parentElement !== list) {
      if (!card.contains(document.activeElement)) list.insertBefore(card, before);
    }
    before = card;
  }
}

function leave(page, card) {
  card.classList.add("left");
  const answer = card.querySelector("output");
  if (answer?.hidden) { answer.hidden = false; answer.textContent = page.dataset.left; answer.className = "answer"; }
  setTimeout(() => { if (card.classList.contains("left")) card.remove(); }, 6000);
}
