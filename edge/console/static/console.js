"use strict";
// Refreshes the page while it is looked at. Without this script the page works all the same, by hand.
const LIVE_MS = 2000;
const FRAME_MS = 700;
const live = document.getElementById("live");

async function refresh() {
  if (document.hidden) return;
  try {
    const answer = await fetch("/live", { cache: "no-store", redirect: "error" });
    if (!answer.ok) return;
    const text = await answer.text();
    const focused = document.activeElement && document.activeElement.getAttribute("href");
    const frames = new Map([...live.querySelectorAll("img[data-live]")].map((img) => [img.alt, img]));
    live.innerHTML = text;
    for (const img of live.querySelectorAll("img[data-live]")) {
      const shown = frames.get(img.alt);
      if (shown) img.replaceWith(shown);
    }
    if (focused) live.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
  } catch { /* the gate is away: what is shown stays */ }
}

function nextFrames() {
  if (document.hidden) return;
  for (const img of live.querySelectorAll("img[data-live]")) {
    const next = new Image();
    next.onload = () => { img.src = next.src; };
    next.src = `${img.src.split("?")[0]}?t=${Date.now()}`;
  }
}

setInterval(refresh, LIVE_MS);
setInterval(nextFrames, FRAME_MS);
