// Tells staff that this wall is there and what it shows. That nobody answers is the first sign of a link that is dead:
// a stream may wait for a dead one for many minutes.
const EVERY_MS = 10_000
const CHANGE_MS = 1_000
const MOST = 12
const KEPT = 'wall-id'

function own() {
  const fresh = [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  try {
    if (!sessionStorage.getItem(KEPT)) sessionStorage.setItem(KEPT, fresh)
    return sessionStorage.getItem(KEPT)
  } catch {
    return fresh
  }
}

// told() is what is shown just now; answered() and silent() hear whether anybody
// is there. Answers with what to call after a change.
export function keepReporting({ address, told, answered, silent }) {
  const id = own()
  let timer = 0
  async function report() {
    clearTimeout(timer)
    timer = setTimeout(report, EVERY_MS)
    const { name, layout, mode, showing } = told()
    const body = JSON.stringify({
      id, name, layout, mode, size: [innerWidth, innerHeight],
      showing: showing.slice(0, MOST).map((one) => one.replace('item-', '')),
    })
    await fetch(`${address}/report`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body, signal: AbortSignal.timeout(EVERY_MS) })
      .then(({ status }) => (status < 500 ? answered() : silent()), silent)
  }
  report()
  return () => { clearTimeout(timer); timer = setTimeout(report, CHANGE_MS) }
}
