// The aim assistant: measures and picture by the second, zone and mask drawn with a finger. Old is never shown as live.
const EVERY_MS = 1000;
const OLD_S = 3;
const SVG = "http://www.w3.org/2000/svg";
const place = document.getElementById("aim");
const rows = document.getElementById("rows");
const figure = place.querySelector("figure.picture");
const [image, canvas, svg, caption] = ["img", "canvas", "svg", "figcaption"].map((name) => figure.querySelector(name));
const form = place.querySelector("form.draw");
const hint = form.querySelector(".hint");
const link = document.getElementById("link");
const heard = { rows: performance.now(), picture: null, seen: null };
let mode = "";

measures();
pictures();
setInterval(ages, 250);
form.querySelector(".modes").hidden = false;
for (const button of form.querySelectorAll("[data-mode]")) button.addEventListener("click", () => turn(button.dataset.mode));
form.querySelector("[data-clear]").addEventListener("click", () => { form.elements.zone.value = "0,0,1,1"; form.elements.mask.value = ""; draw(); });
form.addEventListener("input", draw);
figure.addEventListener("pointerdown", begin);
draw();

async function measures() {
  if (!document.hidden) {
    try {
      const answer = await fetch(place.dataset.rows, { cache: "no-store", redirect: "error", signal: AbortSignal.timeout(4000) });
      if (answer.ok) { rows.innerHTML = await answer.text(); heard.rows = performance.now(); }
    } catch { /* the bar says how long there was none */ }
  }
  setTimeout(measures, EVERY_MS);
}

async function pictures() {
  if (!document.hidden) {
    const asked = performance.now();  // the picture's age was taken after that
    try {
      const answer = await fetch(figure.dataset.src, { cache: "no-store", redirect: "error", signal: AbortSignal.timeout(4000) });
      if (answer.ok) {
        heard.seen = JSON.parse(answer.headers.get("X-Seen"));
        const bitmap = await createImageBitmap(await answer.blob());
        [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
        canvas.getContext("2d").drawImage(bitmap, 0, 0);
        bitmap.close();
        image.hidden = true;
        canvas.hidden = false;
        heard.picture = asked;
        draw();
      }
    } catch { /* as above */ }
  }
  setTimeout(pictures, EVERY_MS);
}

function ages() {
  const silent = (performance.now() - heard.rows) / 1000;
  link.hidden = silent < OLD_S;
  if (silent >= OLD_S) link.textContent = link.dataset.lost.replace("{s}", Math.round(silent));
  document.body.classList.toggle("gone", silent >= OLD_S);
  const { seen } = heard;
  const seconds = seen === null || seen.age_s === null ? null : seen.age_s + (performance.now() - heard.picture) / 1000;
  const old = seconds === null || seconds > OLD_S || seen.frozen;
  figure.classList.toggle("old", old);
  const words = seconds === null ? place.dataset.none : seen.frozen ? place.dataset.frozen : old ? place.dataset.old : place.dataset.age;
  const text = words.replace("{n}", Math.round(seconds ?? 0));
  if (caption.textContent !== text) caption.textContent = text;
}

function numbers(name) {
  return form.elements[name].value.split(",").map(Number).filter((one) => Number.isFinite(one));
}

function draw(passing) {
  const shapes = [];
  const zone = numbers("zone");
  if (zone.length === 4) shapes.push(rectangle("zone", zone));
  const mask = numbers("mask");
  for (let at = 0; at + 4 <= mask.length && form.elements.mask.value.trim(); at += 4) shapes.push(rectangle("masked", mask.slice(at, at + 4)));
  const { seen } = heard;
  if (seen?.size) for (const corners of seen.plates) {
    const points = corners.map(([x, y]) => `${(1000 * x) / seen.size[0]},${(1000 * y) / seen.size[1]}`).join(" ");
    shapes.push(shape("polygon", "plate-box", { points }));
  }
  if (Array.isArray(passing)) shapes.push(rectangle(mode === "mask" ? "masked" : "zone", passing));
  svg.replaceChildren(...shapes);
}

function turn(wanted) {
  mode = mode === wanted ? "" : wanted;
  for (const button of form.querySelectorAll("[data-mode]")) button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
  figure.classList.toggle("drawn-on", mode !== "");
  hint.hidden = mode === "";
  if (mode) hint.textContent = hint.dataset[mode];
}

function begin(event) {
  if (!mode) return;
  event.preventDefault();
  figure.setPointerCapture(event.pointerId);
  const start = point(event);
  let now = start;
  const move = (next) => { now = point(next); draw(between(start, now)); };
  const end = (next) => {
    figure.removeEventListener("pointermove", move);
    if (next.type === "pointerup") keep(between(start, now));
    draw();
  };
  figure.addEventListener("pointermove", move);
  for (const name of ["pointerup", "pointercancel"]) figure.addEventListener(name, end, { once: true });
}

function keep([left, top, right, bottom]) {
  if (right - left < 0.02 || bottom - top < 0.02) return; // a touch is no rectangle
  const text = [left, top, right, bottom].join(",");
  if (mode === "zone") form.elements.zone.value = text;
  else if (numbers("mask").length < 32 || !form.elements.mask.value.trim()) form.elements.mask.value = [form.elements.mask.value.trim(), text].filter(Boolean).join(",");
}

function point(event) {
  const frame = (canvas.hidden ? image : canvas).getBoundingClientRect();
  return [(event.clientX - frame.left) / frame.width, (event.clientY - frame.top) / frame.height].map(snapped);
}

// A finger cannot start at the very edge of the picture.
function snapped(share) {
  return share < 0.02 ? 0 : share > 0.98 ? 1 : Math.round(1000 * share) / 1000;
}

function between([a, b], [c, d]) {
  return [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)];
}

function rectangle(kind, [left, top, right, bottom]) {
  return shape("rect", kind, { x: 1000 * left, y: 1000 * top, width: 1000 * (right - left), height: 1000 * (bottom - top) });
}

function shape(name, kind, values) {
  const made = document.createElementNS(SVG, name);
  made.setAttribute("class", kind);
  for (const [key, value] of Object.entries(values)) made.setAttribute(key, value);
  return made;
}
