// A call from the gate: rings, connects the browser with the gate itself, counts what comes, opens.
"use strict";

const call = document.getElementById("call");
const words = JSON.parse(call.dataset.words);
let state = JSON.parse(call.dataset.state);
const part = (name) => document.getElementById(`call-${name}`);
const fill = (text, facts) => text.replace(/\{(\w+)\}/g, (_, name) => facts[name]);
const REPORT_MS = 2000;
const LOST_MS = 5000; // nothing has come for so long: the talk is lost, whatever the browser calls the connection
const PATIENCE_MS = 15000; // a connection that is not made by then is tried anew

const say = (phase, note = "") => {
  const line = part("phase");
  line.textContent = words[phase];
  line.className = `state ${phase === "talking" ? "current" : phase === "lost" || phase === "ended" ? "expired" : ""}`;
  part("note").textContent = note;
};

const ask = async (path, fields) => {
  const options = fields === undefined ? {} : { method: "POST", body: new URLSearchParams({ csrf: call.dataset.csrf, ...fields }) };
  const answer = await fetch(`${call.dataset.path}/${path}`, { redirect: "manual", signal: AbortSignal.timeout(10000), ...options });
  const page = answer.type === "opaqueredirect" || (answer.status < 500 && !answer.headers.get("content-type")?.includes("json"));
  if (page) window.location.reload(); // the log-in has ended, the territory has moved or is ours no more: the portal says which
  const told = await answer.json();
  return { ok: answer.ok, told };
};

if (part("picture")) talk();
else watch();

// While it rings, or while another talks: say so, and show the record at the end.
function watch() {
  setInterval(async () => {
    try {
      const { ok, told } = await ask("state");
      if (!ok || told.phase !== state.phase || told.by !== state.by) window.location.reload();
      else say(told.phase === "answered" ? "talking" : told.phase);
    } catch {
      part("note").textContent = ""; // asked again in a moment
    }
  }, REPORT_MS);
}

function talk() {
  const picture = part("picture");
  const openButton = part("open");
  const confirmation = part("confirm");
  let microphone = null;
  let peer = null;
  let attempt = state.attempt;
  let answered = false;
  let begun = 0;
  let passed = null; // { pictures_shown, sound_heard } of this connection
  let flowedAt = 0;
  let portalAt = performance.now();
  let over = false;
  let making = false;
  let offer = "";

  const ear = async () => {
    if (!navigator.mediaDevices) return complain(words.insecure);
    try {
      microphone = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true } });
    } catch {
      complain(words.microphone);
    }
  };

  const complain = (text) => {
    part("problem").textContent = text;
    part("problem").hidden = !text;
  };

  const connect = async () => {
    if (making) return;
    making = true;
    peer?.close();
    const fresh = new RTCPeerConnection({ iceServers: state.ice ?? [] });
    peer = fresh;
    passed = null;
    answered = false;
    begun = performance.now();
    const media = new MediaStream();
    fresh.addEventListener("track", (event) => {
      media.addTrack(event.track);
      picture.srcObject = media;
      picture.play().catch(() => { picture.controls = true; }); // a press starts it where the browser wants one
    });
    fresh.addTransceiver("video", { direction: "recvonly" });
    const track = microphone?.getAudioTracks()[0];
    fresh.addTransceiver(track ?? "audio", { direction: track ? "sendrecv" : "recvonly" });
    await fresh.setLocalDescription(await fresh.createOffer());
    await gathered(fresh);
    attempt = state.attempt + 1;
    offer = fresh.localDescription.sdp;
    making = false;
    await report();
  };

  const gathered = (fresh) => new Promise((done) => {
    if (fresh.iceGatheringState === "complete") return done();
    const late = setTimeout(done, 3000); // a STUN server that is silent must not hold the talk up
    fresh.addEventListener("icegatheringstatechange", () => {
      if (fresh.iceGatheringState !== "complete") return;
      clearTimeout(late);
      done();
    });
  });

  const count = async () => {
    if (!peer || peer.connectionState === "closed") return;
    const now = { pictures_shown: 0, sound_heard: 0 };
    for (const stat of (await peer.getStats()).values()) {
      if (stat.type !== "inbound-rtp") continue;
      if (stat.kind === "video") now.pictures_shown += stat.framesDecoded ?? 0;
      else now.sound_heard += stat.packetsReceived ?? 0;
    }
    const before = passed ?? { pictures_shown: 0, sound_heard: 0 };
    if (now.pictures_shown > before.pictures_shown || now.sound_heard > before.sound_heard) flowedAt = performance.now();
    passed = now;
  };

  let reporting = false;
  const report = async () => {
    if (reporting || over || making) return;
    reporting = true;
    try {
      await count();
      const fields = offer ? { attempt, offer } : { attempt, ...(passed ?? {}) };
      const { ok, told } = await ask("talk", fields);
      portalAt = performance.now();
      if (!ok) {
        if (told.error) window.location.reload(); // another talks now, or this page is not ours any more
      } else await take(told);
    } catch {
      // the portal is away: the talk goes on without it, and the line says so
    }
    reporting = false;
    show();
  };

  const take = async (told) => {
    state = told;
    if (told.phase === "ended") return finish();
    if (offer && told.attempt === attempt) offer = ""; // it has arrived
    else if (offer && told.attempt > attempt) attempt = told.attempt + 1;
    if (told.answer && !answered && told.attempt === attempt) {
      answered = true;
      await peer.setRemoteDescription({ type: "answer", sdp: told.answer }).catch(() => complain(words.network));
    }
    if (told.problem) complain(told.problem);
    return null;
  };

  const finish = () => {
    over = true;
    peer?.close();
    for (const track of microphone?.getTracks() ?? []) track.stop();
    say("ended", state.ending);
    setTimeout(() => window.location.reload(), 1500); // the record of the call
  };

  const show = () => {
    if (over) return;
    const now = performance.now();
    const portalAge = Math.round((now - portalAt) / 1000);
    const live = peer?.connectionState === "connected" && now - flowedAt < LOST_MS;
    const known = portalAge < 6;
    if (live) {
      const note = !known ? fill(words.portal, { n: portalAge }) : state.gate_age_s > 6 ? fill(words.gate, { n: Math.round(state.gate_age_s) }) : "";
      say("talking", note);
    } else if (passed && flowedAt && answered && now - begun > LOST_MS) {
      say("lost", fill(words.silent, { n: Math.round((now - Math.max(flowedAt, begun)) / 1000) }));
      if (now - Math.max(flowedAt, begun) > PATIENCE_MS && known) connect();
    } else {
      say("connecting", known ? "" : fill(words.portal, { n: portalAge }));
      if (answered && now - begun > PATIENCE_MS && known) {
        if (!state.ice?.some((one) => one.urls.startsWith("turn"))) complain(words.network);
        connect();
      }
    }
    picture.classList.toggle("old", !live && Boolean(flowedAt)); // the last picture of a talk that is lost is not what is there now
    part("evidence").textContent = known ? state.evidence : "";
    part("evidence").dataset.met = String(known && state.picture === "yes" && state.sound === "yes");
    openButton.disabled = !known || !state.may_open;
    const proven = state.picture === "yes" && state.sound === "yes";
    part("unproven").hidden = proven;
    part("unproven-words").textContent = state.evidence;
    if (state.opened) {
      part("opened").hidden = false;
      part("opened").textContent = fill("{what}", { what: state.opened });
    }
  };

  part("mute").addEventListener("click", () => {
    const track = microphone?.getAudioTracks()[0];
    if (!track) return;
    track.enabled = !track.enabled;
    part("mute").setAttribute("aria-pressed", String(!track.enabled));
    part("mute").textContent = track.enabled ? words.mute : words.unmute;
  });
  openButton.addEventListener("click", () => {
    confirmation.hidden = false;
    openButton.hidden = true;
    (confirmation.elements.pin ?? part("sure")).focus();
  });
  const fold = () => {
    confirmation.hidden = true;
    openButton.hidden = false;
    part("error").hidden = true;
  };
  part("cancel").addEventListener("click", fold);
  confirmation.addEventListener("submit", async (event) => {
    event.preventDefault();
    part("sure").disabled = true;
    try {
      const { ok, told } = await ask("open", { pin: confirmation.elements.pin?.value ?? "" });
      if (ok) {
        state = told;
        fold();
      } else fail(told.error);
    } catch {
      fail(words.failed);
    }
    if (confirmation.elements.pin) confirmation.elements.pin.value = "";
    part("sure").disabled = false;
    delete confirmation.dataset.sent;
    show();
  });
  const fail = (text) => {
    part("error").textContent = text;
    part("error").hidden = false;
  };

  window.addEventListener("pagehide", () => peer?.close());
  setInterval(show, 500);
  setInterval(report, REPORT_MS);
  const quick = setInterval(() => { // the answer is wanted at once
    if (answered || over) return clearInterval(quick);
    return offer || attempt ? report() : null;
  }, 500);
  ear().then(connect);
}
