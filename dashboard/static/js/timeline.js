// The live timeline: joins the stream, the list and what stands beside it.
import './theme.js'
import './menu.js'
import { up, down } from './connection.js'
import { listen } from './keys.js'
import { follow } from './live.js'
import { keepOpen } from './order.js'
import { keepPlace } from './place.js'
import { keepSignal } from './signal.js'
import { keepVisit } from './visit.js'
import { clock } from './words.js'

const ANSWER_MS = 15_000
const AGAIN_MS = 3_000
const REST_MS = 200 // after the last scrolling
const CROWDED_MS = 250 // at most so many batches a second are put into the page

let list = null // the present one's place.js

addEventListener('load', () => import('./keep.js'))

// Who saves data, or has a slow link, has pictures only where they ask for them.
const { saveData, effectiveType } = navigator.connection ?? {}
const thrifty = 'thrifty' in document.documentElement.dataset || saveData || /2g/.test(effectiveType)
const { lean } = thrifty ? await import('./lean.js') : {}

function start(main) {
  const { live: address, fits } = main.dataset
  const end = new AbortController()
  const life = end.signal
  const queue = []
  let flushed = 0
  let asked = false
  let reading = false
  let met = false

  const { saved } = main.dataset // the worker's copy: what has changed since is read from the page itself
  if (saved) import('./saved.js').then(({ prepare }) => prepare(main))

  const stream = follow({ address, after: Number(main.dataset.seq), heard, up: connected, down, life })
  const { place, signal } = 'waiting' in main.dataset ? {} : timeline(main, { stream, newest, reached, life })
  listen(main, () => place?.show())

  // Back after an absence, what stands beside the posts is as old as it.
  function connected() {
    up()
    if (saved) refresh()
    if (met) signal?.catchUp()
    met = true
  }

  function heard(kind, data) {
    if (kind === 'reset') refresh()
    if (kind === 'event') signal?.changed()
    if (kind === 'post') {
      const card = cardOf(data)
      later(!fits || card.matches(fits) ? card : card.id) // an edit may be the end of what made it fit
      signal?.changed(card)
    }
    if (kind === 'remove') {
      const { id } = JSON.parse(data)
      later(`item-${id}`)
      signal?.removed(id)
    }
  }

  function later(change) {
    queue.push(change)
    if (asked) return
    asked = true
    setTimeout(requestAnimationFrame, Math.max(0, flushed + CROWDED_MS - performance.now()), flush)
  }

  function flush() {
    asked = false
    flushed = performance.now()
    const batch = queue.splice(0)
    if (place) place.apply(batch)
    else refresh() // the first post: this page becomes the timeline
  }

  function newest() {
    if (main.dataset.newest === location.pathname + location.search) refresh(false)
    else location.assign(main.dataset.newest)
  }

  function reached() {
    history.replaceState(history.state, '', main.dataset.newest)
  }

  // Reads the page again and puts it in this one's place, the reader where they were; or where they had been.
  async function refresh(stay = true, been = null) {
    if (reading) return
    reading = true
    try {
      let page = await read(been ? addressOf(main, been.from) : location.href)
      const here = () => been?.places ?? ((stay && place?.where()) || [])
      const from = !been && place?.from(here())
      if (from && !here().some(({ id }) => page.getElementById(id))) { // the reader is further down than it reaches
        page = await read(addressOf(main, from))
      }
      take(page, here(), stay)
    } catch {
      reading = false
      setTimeout(refresh, AGAIN_MS, stay, been)
    }
  }

  // Puts a page in this one's place.
  function take(page, places, stay) {
    const next = page.querySelector('main')
    const focused = document.activeElement.closest('[id]')?.id
    for (const card of next.querySelectorAll('[data-feed] > article')) {
      const old = document.getElementById(card.id)
      if (old) keepOpen(old, card)
    }
    end.abort()
    main.replaceWith(next)
    document.querySelector('[data-fine]').innerHTML = page.querySelector('[data-fine]').innerHTML
    if (!stay) scrollTo(0, 0)
    start(next)?.backTo(places)
    const card = stay ? focused && document.getElementById(focused) : next.querySelector('[data-feed] > article')
    card?.focus({ preventScroll: true })
  }

  list = place && { ...place, comeTo: (been) => place.backTo(been.places) || (been.from && refresh(true, been)) }
  return place
}

async function read(address) {
  const answer = await fetch(address, { signal: AbortSignal.timeout(ANSWER_MS) })
  if (answer.status === 404) location.reload() // withdrawn: nothing of it stays
  if (!answer.ok) throw new Error(answer.status)
  return new DOMParser().parseFromString(await answer.text(), 'text/html')
}

// The page that goes on from a place.
function addressOf(main, place) {
  const from = new URL(main.dataset.newest, location)
  const oldest = 'oldest' in main.querySelector('[data-feed]').dataset
  if (oldest) from.searchParams.set('order', 'oldest')
  from.searchParams.set(oldest ? 'after' : 'before', place)
  return from
}

function timeline(main, { stream, newest, reached, life }) {
  const column = main.querySelector('[data-scroller]')
  const feed = column.querySelector('[data-feed]')
  const place = keepPlace({ column, feed, known: Number(main.dataset.latest), newest, reached, life })
  const signal = keepSignal({ main, expect: stream.expect, failed: stream.open, flow: place.flow, life })
  keepVisit({ main, place, life })
  const times = [main.dataset.zone, undefined].map((zone) => clock(zone, { weekday: 'short' }).format())
  if (times[0] !== times[1]) import('./times.js').then(({ keepTimes }) => keepTimes({ main, feed, life }))
  return { place, signal }
}

function cardOf(html) {
  const part = document.createElement('template')
  part.innerHTML = html
  return lean ? lean(part.content).querySelector('article') : part.content.querySelector('article')
}

// The place is kept with the entry of the history: reload, back and forward lead to it, wherever in the list that is.
function remember() {
  const places = list?.where().slice(0, 3) ?? []
  const been = places.length ? { places, from: list.from(places) } : null
  if (been || history.state) history.replaceState(been, '')
}

history.scrollRestoration = 'manual'
if (lean) lean(document.querySelector('main'))
start(document.querySelector('main'))
if (history.state?.places) list?.comeTo(history.state)
let rested = 0
addEventListener('scroll', () => { clearTimeout(rested); rested = setTimeout(remember, REST_MS) }, { capture: true, passive: true })
addEventListener('pagehide', remember)
