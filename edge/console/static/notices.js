// Notices on this device: the browser asks its owner, its push service gives an address, the gate keeps it.
const push = document.getElementById("push");
const part = (name) => push.querySelector(`[data-push="${name}"]`);
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));

const able = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
part("none").hidden = able || !window.isSecureContext;
part("insecure").hidden = window.isSecureContext;
if (able && window.isSecureContext && push.dataset.key) start();

async function start() {
  await navigator.serviceWorker.register("/worker.js");
  const { pushManager } = await navigator.serviceWorker.ready;
  show(await kept(await pushManager.getSubscription()));
  part("on").addEventListener("click", () => pressed(part("on"), () => switchOn(pushManager)));
  part("off").addEventListener("click", () => pressed(part("off"), () => switchOff(pushManager)));
}

// The browser keeps its own subscription also where the gate has forgotten it, or a new PIN has ended it.
async function kept(subscription) {
  if (!subscription) return null;
  try {
    const answer = await tell("/notices/kept", { endpoint: subscription.endpoint });
    return (await answer.json()).kept ? subscription : null;
  } catch {
    part("unsure").hidden = false;
    return undefined;  // neither on nor off: not known
  }
}

function show(subscription) {
  const on = Boolean(subscription) && Notification.permission === "granted";
  part("on").hidden = on;
  part("off").hidden = !on;
  part("state").textContent = subscription === undefined ? "" : on ? part("state").dataset.on : part("state").dataset.off;
}

async function pressed(button, work) {
  button.disabled = true;
  part("failed").hidden = part("denied").hidden = part("unsure").hidden = true;
  try {
    show(await work());
  } catch {
    part("failed").hidden = false;
  }
  button.disabled = false;
}

async function switchOn(manager) {
  if (await Notification.requestPermission() !== "granted") {
    part("denied").hidden = false;
    return null;
  }
  // A subscription made for another key of the gate is good for nothing.
  const key = bytes(push.dataset.key);
  const known = await manager.getSubscription();
  if (known && String(new Uint8Array(known.options.applicationServerKey)) !== String(key)) await known.unsubscribe();
  const made = await manager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  const { endpoint, keys } = made.toJSON();
  await tell("/notices", { endpoint, p256dh: keys.p256dh, auth: keys.auth });
  return made;
}

async function switchOff(manager) {
  const known = await manager.getSubscription();
  if (!known) return null;
  await tell("/notices/off", { endpoint: known.endpoint });
  await known.unsubscribe();
  return null;
}

async function tell(path, fields) {
  const body = new URLSearchParams({ token: push.dataset.token, ...fields });
  const answer = await fetch(path, { method: "POST", body });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer;
}
