// Has the worker keep what is read here for when there is no connection (worker/worker.js). Loaded after everything else.
const { serviceWorker } = navigator

function keep() {
  const { live, seq } = document.querySelector('main[data-live]:not([data-saved])')?.dataset ?? {}
  if (live) serviceWorker.controller?.postMessage({ keep: live, language: document.documentElement.lang, seq: Number(seq) })
}

if (serviceWorker) {
  serviceWorker.register('/sw.js', { updateViaCache: 'none' }).catch(() => {}) // a reader may have forbidden it
  serviceWorker.addEventListener('controllerchange', keep)
  keep()
}
