// Keeps the list of sources up to date: read again every five seconds while somebody can see it.
import { say } from './announce.js'
import './theme.js'
import { clock, words } from './words.js'

const EVERY_MS = 5_000
const ANSWER_MS = 15_000

const main = document.querySelector('[data-sources]')
const list = main.querySelector('[data-list]')
const seconds = clock(main.dataset.zone, { second: '2-digit' })
let answered = Date.now()
let timer = 0
let reading = false

async function read() {
  clearTimeout(timer)
  if (document.hidden || reading) return
  reading = true
  try {
    const answer = await fetch(`${main.dataset.sources}&lang=${document.documentElement.lang}`, { signal: AbortSignal.timeout(ANSWER_MS) })
    if (answer.status === 401) { location.reload(); return }
    if (!answer.ok) throw new Error(answer.status)
    const fresh = document.createElement('template')
    fresh.innerHTML = await answer.text()
    answered = Date.now()
    show(fresh.content)
  } catch {
    stale()
  } finally {
    reading = false
  }
  timer = setTimeout(read, EVERY_MS)
}

// The reader keeps what they opened, what has the focus, and their place.
function show(fresh) {
  for (const { id } of list.querySelectorAll('details[open]')) fresh.getElementById(id)?.setAttribute('open', '')
  const focus = path(document.activeElement)
  const before = list.querySelector('[data-summary]').textContent
  const place = topmost()
  const next = fresh.querySelector('[data-summary]').textContent
  list.replaceChildren(fresh)
  if (focus) list.querySelector(focus)?.focus({ preventScroll: true })
  const kept = place && document.getElementById(place.id)
  if (kept) scrollBy(0, kept.getBoundingClientRect().top - place.top)
  if (next !== before) say(next)
}

function path(element) {
  if (!list.contains(element)) return ''
  const row = element.closest('[id]')
  return row ? `#${row.id} ${element.localName}` : `.${element.className || element.localName}`
}

function topmost() {
  const row = scrollY > 0 && [...list.querySelectorAll('.row')].find((one) => one.getBoundingClientRect().top >= 0)
  return row && { id: row.id, top: row.getBoundingClientRect().top }
}

function stale() {
  const at = list.querySelector('[data-asof]')
  at.closest('p').classList.add('is-stale')
  at.textContent = words('stale', { time: seconds.format(answered) })
}

document.addEventListener('visibilitychange', () => { if (!document.hidden) read() })
timer = setTimeout(read, EVERY_MS)
