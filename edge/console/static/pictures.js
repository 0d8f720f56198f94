// The lanes' newest pictures with what was found in that very picture drawn over it, and how old it is.
import { show, span } from "./clocks.js";

const EVERY_MS = 500;
const OLD_S = 3;
const SVG = "http://www.w3.org/2000/svg";

export function startPictures(page, told) {
  for (const lane of page.querySelectorAll("[data-lane]")) {
    const figure = lane.querySelector("figure.picture");
    withoutPicture(figure);
    const state = { seen: null, at: 0, figure, lane: lane.dataset.lane };
    next(page, told, state);
    setInterval(() => age(page, told, state), 250);
  }
}

// No picture is a black field that says so, not the browser's sign of a torn one.
function withoutPicture(figure) {
  const [image, canvas] = [figure.querySelector("img"), figure.querySelector("canvas")];
  const none = () => { image.hidden = true; canvas.hidden = false; };
  if (image.complete && !image.naturalWidth) none();
  else image.addEventListener("error", none);
}

async function next(page, told, state) {
  const started = performance.now();
  const fresh = told.beat.lanes[state.lane]?.frame;
  if (!document.hidden && told.linked && fresh !== null && fresh !== state.seen?.frame_id) {
    try {
      const answer = await fetch(state.figure.dataset.src, { cache: "no-store", redirect: "error", signal: AbortSignal.timeout(4000) });
      if (answer.ok) {
        const seen = JSON.parse(answer.headers.get("X-Seen"));
        const bitmap = await createImageBitmap(await answer.blob());
        state.seen = seen;
        state.at = started;  // its age was taken after the request began: on a slow link it has grown since
        draw(state.figure, bitmap, seen);
      }
    } catch { /* its age says that there is none newer */ }
  }
  setTimeout(() => next(page, told, state), Math.max(100, EVERY_MS - (performance.now() - started)));
}

function draw(figure, bitmap, seen) {
  const [canvas, svg] = [figure.querySelector("canvas"), figure.querySelector("svg")];
  if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
  }
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  bitmap.close();
  figure.querySelector("img").hidden = true;
  canvas.hidden = false;
  svg.toggleAttribute("hidden", false);
  const [width, height] = seen.size;
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const [left, top, right, bottom] = figure.dataset.zone.split(",").map(Number);
  const shapes = [rectangle("zone", left * width, top * height, (right - left) * width, (bottom - top) * height)];
  if (seen.vehicle) shapes.push(rectangle("vehicle", seen.vehicle.x, seen.vehicle.y, seen.vehicle.w, seen.vehicle.h));
  for (const corners of seen.plates) shapes.push(shape("polygon", "plate-box", { points: corners.map((point) => point.join(",")).join(" ") }));
  for (const visit of seen.visits) {
    const { x, y, w, h } = visit.box;
    shapes.push(rectangle("visit-box", x, y, w, h));
    if (!visit.text) continue;
    const size = Math.max(height / 16, 12);
    const text = shape("text", "visit-text", { x: Math.min(x, width * 0.7), y: y > size * 1.4 ? y - size * 0.3 : y + h + size, "font-size": size });
    text.textContent = visit.text;
    shapes.push(text);
  }
  svg.replaceChildren(...shapes);
}

function rectangle(kind, x, y, width, height) {
  return shape("rect", kind, { x, y, width, height });
}

function shape(name, kind, values) {
  const made = document.createElementNS(SVG, name);
  made.setAttribute("class", kind);
  for (const [key, value] of Object.entries(values)) made.setAttribute(key, value);
  return made;
}

function age(page, told, state) {
  const caption = state.figure.querySelector("figcaption");
  const { seen } = state;
  const seconds = seen === null || seen.age_s === null ? null : seen.age_s + (performance.now() - state.at) / 1000;
  const old = seconds === null || seconds > OLD_S;
  state.figure.classList.toggle("old", old || !told.linked || seen.frozen);
  if (seconds === null) show(caption, page.dataset.none);
  else if (seen.frozen) show(caption, page.dataset.frozen);
  else if (old) show(caption, page.dataset.old.replace("{s}", span(page, seconds)));
  else show(caption, page.dataset.age.replace("{s}", span(page, seconds)));
}
