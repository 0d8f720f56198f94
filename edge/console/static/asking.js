// Asking the barrier to move: one confirmation, no other page, each press done once, the answer told where it was asked.

export function startAsking(page, told) {
  page.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || !form.closest("details.ask")) return;
    event.preventDefault();
    ask(page, told, form);
  });
  // One question at a time; a finger on another closes the first.
  page.addEventListener("toggle", (event) => {
    const opened = event.target;
    if (!opened.open || !opened.matches?.("details.ask")) return;
    for (const other of page.querySelectorAll("details.ask[open]")) if (other !== opened) other.open = false;
    opened.querySelector("button").focus({ preventScroll: true });
  }, true);
  page.addEventListener("keydown", (event) => {
    const asked = event.key === "Escape" && event.target.closest?.("details.ask[open]");
    if (asked) { asked.open = false; asked.querySelector("summary").focus(); }
  });
  pressable(page, told);
}

// Buttons may be pressed while the relay has just said that it is there; nobody is promised more than is known.
export function pressable(page, told) {
  for (const lane of page.querySelectorAll("[data-lane]")) {
    set(lane, told.linked && told.beat.lanes[lane.dataset.lane]?.ready);
  }
  for (const card of page.querySelectorAll(".waiting")) {
    set(card, told.linked && told.beat.opens.includes(card.dataset.visit) && !card.classList.contains("left"));
  }
}

function set(place, ready) {
  place.classList.toggle("unready", !ready);
  for (const button of place.querySelectorAll("details.ask form button")) button.disabled = !ready;
}

async function ask(page, told, form) {
  const place = form.closest("article");
  const answer = place.querySelector("output.answer");
  const values = new URLSearchParams(new FormData(form));
  values.set("request_id", uuid());
  for (const button of form.querySelectorAll("button")) button.disabled = true;
  tell(answer, "asking", page.dataset.asking);
  try {
    const response = await fetch(form.action, {
      method: "POST", body: values, headers: { Accept: "application/json" }, redirect: "error",
      signal: AbortSignal.timeout(8000),
    });
    if (response.status >= 400 && response.status < 500) tell(answer, "ill", page.dataset.stale);
    else {
      const found = await response.json();
      tell(answer, found.well ? "well" : "ill", found.text);
      form.closest("details").open = false;
      const [note, minutes] = [form.elements.note, form.elements.minutes];
      if (note) note.value = "";
      if (minutes) minutes.value = minutes.defaultValue;
    }
  } catch {
    tell(answer, "ill", page.dataset.failed);
  }
  pressable(page, told);
}

function tell(answer, kind, text) {
  answer.hidden = false;
  answer.className = `answer ${kind}`;
  answer.textContent = text;
  clearTimeout(answer.timer);
  if (kind !== "asking") answer.timer = setTimeout(() => { answer.hidden = true; answer.textContent = ""; }, 20000);
}

// crypto.randomUUID is there on https alone; the page of a local network is not.
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
