// Shows a notice as it came; a tap opens the page of this gate that it names, and no other. Keeps no pages: they are live.
"use strict";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  let told = null;
  try {
    told = event.data.json();
  } catch {
    return;
  }
  const [icon, badge] = ["/static/icon-192.png", "/static/icon-192.png"];
  event.waitUntil(self.registration.showNotification(told.title, {
    body: told.body, tag: told.tag, renotify: true, lang: told.lang, icon, badge, data: { path: told.path },
  }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const there = new URL(event.notification.data.path, self.location.origin);
  if (there.origin !== self.location.origin) return;
  event.waitUntil(self.clients.openWindow(there.href));
});
