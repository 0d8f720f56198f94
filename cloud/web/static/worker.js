// The service worker: the shell for when there is no network. Pages are never stored: they are personal.
"use strict";

const CACHE = "okter-__VERSION__";
const SHELL = "__SHELL__";

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(SHELL)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const request = event.request;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match("/offline")));
  } else if (new URL(request.url).pathname.startsWith("/static/")) {
    event.respondWith(caches.match(request).then((found) => found || fetch(request)));
  }
});

// A notice: shown as it came, and a tap opens the page of the portal that it names, and no other.
self.addEventListener("push", (event) => {
  let told = null;
  try {
    told = event.data.json();
  } catch {
    return;
  }
  event.waitUntil(self.registration.showNotification(told.title, {
    body: told.body, tag: told.tag, renotify: true, lang: told.lang, icon: "__ICON__", badge: "__ICON__", data: { path: told.path },
  }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const there = new URL(event.notification.data.path, self.location.origin);
  if (there.origin !== self.location.origin) return;
  event.waitUntil(
    self.clients.matchAll({ type: "window" }).then((windows) => {
      const open = windows.find((one) => one.url === there.href);
      return open ? open.focus() : self.clients.openWindow(there.href);
    }),
  );
});
