// The live stream: one connection, opened again from the last number heard whenever it is lost.
const KINDS = ['post', 'remove', 'event', 'reset']
const FIRST_WAIT_MS = 400
const MOST_WAIT_MS = 15_000
const REST_AFTER_MS = 60_000 // a hidden tab lets its connection go; a browser has six per host
const TICK_MS = 5_000
const OPEN_MS = 8_000 // one that is not there by then is given up: a dead socket fails with no error
const SLEPT_MS = 20_000 // a tick this late means that the machine slept, and sockets seldom survive that

// heard(kind, data) for every message; up() and down() when the connection comes and goes; life ends it all.
export function follow({ address, after, heard, up, down, life }) {
  let source = null
  let retry = 0
  let rest = 0
  let failures = 0
  let doubts = 0
  let patience = 0
  let ticked = Date.now()

  const drop = () => {
    clearTimeout(retry)
    source?.close()
    source = null
  }
  const open = () => {
    drop()
    if (life.aborted || document.hidden) return // a hidden tab opens it when it is shown
    source = new EventSource(`${address}/stream?after=${after}`)
    wanting()
    source.onopen = () => { clearTimeout(retry); failures = 0; up() }
    // The browser itself tries again unless the answer was an error (a proxy's 502 while we restart): then it gives up.
    source.onerror = () => { wanting(); if (source?.readyState === EventSource.CLOSED) again() }
    for (const kind of KINDS) source.addEventListener(kind, ({ data, lastEventId }) => {
      after = Number(lastEventId) || after
      heard(kind, data)
    })
  }
  const wanting = () => {
    down()
    clearTimeout(retry)
    retry = setTimeout(again, OPEN_MS)
  }
  const again = () => {
    drop()
    const most = Math.min(MOST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures++)
    retry = setTimeout(open, most * (0.5 + Math.random() / 2))
  }
  const on = (target, name, act) => target.addEventListener(name, act, { signal: life })

  on(document, 'visibilitychange', () => {
    clearTimeout(rest)
    if (document.hidden) rest = setTimeout(drop, REST_AFTER_MS)
    else if (!source) open()
  })
  on(window, 'online', open)
  on(window, 'offline', () => { drop(); down() })
  on(window, 'pagehide', drop)
  on(window, 'pageshow', (event) => event.persisted && open())
  const tick = setInterval(() => {
    if (!document.hidden && Date.now() - ticked > SLEPT_MS) open()
    ticked = Date.now()
  }, TICK_MS)

  life.addEventListener('abort', () => { clearInterval(tick); drop() }) // by on() it would be gone before it is called

  open()
  return {
    open,
    // The server is at this number. A connection that does not get there soon may be dead; or the changes are not for
    // the public, so that doubting it again is put off twice as long each time.
    expect(number) {
      if (number <= after) doubts = 0
      else if (patience-- <= 0) {
        patience = 2 ** Math.min(++doubts, 5)
        setTimeout(() => number > after && source && open(), TICK_MS)
      }
    },
  }
}
