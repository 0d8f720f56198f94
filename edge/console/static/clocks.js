// What grows older by itself: how long a car waits, how old a picture is, what a hold has left.

export function startClocks(page, told) {
  setInterval(() => {
    if (!told.linked) return;  // what is not known any more does not go on counting
    const since = (performance.now() - told.at) / 1000;
    for (const place of page.querySelectorAll("[data-waits]")) {
      place.dataset.word ??= place.textContent;
      const waited = told.beat.waits[place.dataset.waits];
      if (waited !== undefined) show(place, `${place.dataset.word} ${span(page, waited + since).replace(" ", "\u00a0")}`);
    }
    for (const lane of page.querySelectorAll("[data-lane]")) hold(page, told, lane, since);
  }, 250);
}

function hold(page, told, lane, since) {
  const place = lane.querySelector('[data-for="hold"]');
  const doing = told.beat.lanes[lane.dataset.lane];
  const held = doing && doing.held;
  place.hidden = !held;
  if (!held) return;
  const left = doing.hold_s === null ? null : Math.max(0, doing.hold_s - since);
  show(place, left === null ? page.dataset.held : page.dataset.hold.replace("{s}", clock(left)));
}

function clock(seconds) {
  const whole = Math.ceil(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export function span(page, seconds) {
  const { seconds: s, minutes: m } = page.dataset;
  return seconds < 100 ? s.replace("{n}", Math.floor(seconds)) : m.replace("{n}", Math.round(seconds / 60));
}

export function show(place, text) {
  if (place.textContent !== text) place.textContent = text;
}
