// Keeps the pages for capturing on the device, so that they open without a network. What is newer always comes first.
const CACHE = "capture";
const PATIENCE_MS = 5000;
const KEPT = /^\/(?:capture\/(?:(?:harvest|pack|ship|receive|load|loss)\/)?$|static\/)/;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin || !KEPT.test(url.pathname)) return;
  event.respondWith(newest(request));
});

async function newest(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request, { ignoreVary: true });
  const asked = ask(request, cache);
  if (!kept) return asked;
  // A network that is there and does not answer is what a field has most.
  const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, kept));
  return Promise.race([asked.catch(() => kept), patience]);
}

async function ask(request, cache) {
  const response = await fetch(request);
  // A page to log in is no page for capturing.
  if (response.ok && !response.redirected) await cache.put(request, response.clone());
  return response;
}
