// The live stream: one connection for all tabs of a browser, opened again from the last number heard whenever it is lost.
import { among } from './lead.js'

const KINDS = ['post', 'remove', 'clear', 'event', 'reset']
const STATES = ['clear', 'event'] // told again on connecting: what is so now, whatever its number
const FIRST_WAIT_MS = 400
const MOST_WAIT_MS = 15_000
const TICK_MS = 5_000
const OPEN_MS = 8_000 // one that is not there by then is given up: a dead socket fails with no error
const SLEPT_MS = 20_000 // a tick this late means that the machine slept, and sockets seldom survive that

// A frame that another site shuts in may not even ask for it.
const worker = (() => { try { return navigator.serviceWorker } catch { return null } })()

// heard(kind, data) for every message; up() and down() when the connection comes and goes; life ends it all. own: not
// shared with other tabs, and kept while nobody can see it.
export function follow({ address, after, heard, up, down, life, own = false }) {
  const shared = !own && navigator.locks && window.BroadcastChannel
  let others = null // while this tab can be seen
  let leads = !shared
  let at = after // where the connection stands; for a tab that missed something it is opened further back
  let source = null
  let well = null
  let retry = 0
  let failures = 0
  let doubts = 0
  let patience = 0
  let ticked = Date.now()

  const tell = (message) => others?.tell(message)
  const state = (now) => {
    if (leads) tell(now ? { kind: 'up', from: at, number: at } : { kind: 'down' })
    if (now) failures = 0
    if (now !== well) (now ? up : down)()
    well = now
  }
  const drop = () => {
    clearTimeout(retry)
    source?.close()
    source = null
  }
  const part = () => {
    drop()
    others?.leave()
    others = null
    leads = !shared
  }
  const give = (ms = OPEN_MS) => {
    clearTimeout(retry)
    retry = setTimeout(again, ms)
  }
  const open = () => {
    if (life.aborted || (document.hidden && !own)) return drop() // a hidden tab opens it when it is shown
    state(false)
    if (shared) others ??= among(`${address} ${document.documentElement.lang}`, { told, lead, lost })
    if (leads) return connect(after)
    tell({ ask: after })
    give()
  }
  const connect = (from) => {
    drop()
    at = from
    source = new EventSource(`${address}/stream?after=${at}&lang=${document.documentElement.lang}`)
    give()
    source.onopen = () => { clearTimeout(retry); state(true) }
    // The browser itself tries again unless the answer was an error (a proxy's 502 while we restart): then it gives up.
    source.onerror = () => {
      state(false)
      give()
      if (source.readyState !== EventSource.CLOSED) return
      again()
      if (!own) withdrawn()
    }
    for (const kind of KINDS) source.addEventListener(kind, ({ data, lastEventId }) => {
      const message = { kind, data, from: at, number: Number(lastEventId) || at }
      at = message.number
      tell(message)
      worker?.controller?.postMessage({ address, ...message }) // it keeps what is said
      take(message)
    })
  }
  // An event that is not there any more answers with an error: nothing of it stays on the page.
  const withdrawn = () => fetch(location, { method: 'HEAD' }).then(({ status }) => {
    if (status === 404 || status === 410) location.reload()
  }, () => {})
  const again = () => {
    if (!leads) return others.steal() // who leads does not answer
    drop()
    const most = Math.min(MOST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures++)
    retry = setTimeout(open, most * (0.5 + Math.random() / 2))
  }

  const missed = () => (leads ? connect(after) : tell({ ask: after }))

  // Every message says from which number on it is the next: so a tab knows what it has had, and what it has missed.
  const take = ({ kind, data, from, number }) => {
    const lost = kind === 'reset' && (after <= from || after > number)
    if (!lost && (from > after || (kind === 'reset' && number > after))) return missed()
    const known = !lost && number <= after
    after = lost ? number : Math.max(after, number)
    if (kind !== 'up' && (!known || STATES.includes(kind))) heard(kind, data)
  }
  const told = (message) => {
    if (message.ask !== undefined) {
      if (!leads) return
      if (message.doubt || message.ask < at) connect(Math.min(message.ask, after))
      else state(source?.readyState === EventSource.OPEN)
    } else if (!leads) {
      clearTimeout(retry)
      state(message.kind !== 'down')
      if (well) take(message)
    }
  }
  const lead = () => { leads = true; open() }
  const lost = () => { part(); open() }
  const doubt = () => (leads ? open() : tell({ ask: after, doubt: true }))
  const on = (target, name, act) => target.addEventListener(name, act, { signal: life })

  on(document, 'visibilitychange', () => {
    if (!document.hidden) open()
    else if (!own) part()
  })
  on(window, 'online', open)
  on(window, 'offline', () => { drop(); state(false) })
  on(window, 'pagehide', part)
  on(window, 'pageshow', (event) => event.persisted && open())
  const tick = setInterval(() => {
    if (!document.hidden && Date.now() - ticked > SLEPT_MS) open()
    ticked = Date.now()
  }, TICK_MS)

  life.addEventListener('abort', () => { clearInterval(tick); part() }) // by on() it would be gone before it is called

  open()
  return {
    open,
    // The server is at this number. A connection that does not get there soon may be dead; or the changes are not for
    // the public, so that doubting it again is put off twice as long each time.
    expect(number) {
      if (number <= after) doubts = 0
      else if (patience-- <= 0) {
        patience = 2 ** Math.min(++doubts, 5)
        setTimeout(() => number > after && (source || others) && doubt(), TICK_MS)
      }
    },
  }
}
