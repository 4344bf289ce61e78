// Whatever goes wrong in a script, the wall begins anew, later each time; and never on a server that is not there, for
// from a browser's own page of error there is no way back.
const FIRST_MS = 5_000
const MOST_MS = 300_000
const SOUND_MS = 600_000 // a page that has lived so long counts as a good one
const KEPT = 'wall-failures'

const stored = () => { try { return Number(sessionStorage.getItem(KEPT)) || 0 } catch { return 0 } }
const store = (count) => { try { sessionStorage.setItem(KEPT, count) } catch { /* then it waits as the first time */ } }

export function makeGuard() {
  let coming = 0

  // Load the page again in so many milliseconds, or as soon after as the server answers.
  function reload(wait) {
    if (coming) return
    coming = setTimeout(async () => {
      const there = await fetch(location, { signal: AbortSignal.timeout(15_000) }).then(({ ok }) => ok, () => false)
      if (there) { location.reload(); return }
      coming = 0
      reload(Math.max(FIRST_MS, Math.min(MOST_MS, wait * 2)))
    }, wait)
  }
  function recover() {
    if (coming) return
    const failures = stored()
    store(failures + 1)
    reload(Math.min(MOST_MS, FIRST_MS * 2 ** failures))
  }
  addEventListener('error', recover)
  addEventListener('unhandledrejection', recover)
  setTimeout(store, SOUND_MS, 0)
  return { reload, recover }
}
