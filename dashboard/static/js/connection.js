// Says how the connection is: in the chip after 3 s without one, after 10 s also as a notice in the place of the
// phone's bar or of the choice of networks, which needs the connection anyway.
import { say } from './announce.js'
import { clock, savedAt, words } from './words.js'

const RECONNECTING_MS = 3_000
const OFFLINE_MS = 10_000

let chip = document.querySelector('[data-connection]')
let timers = []
let covered = null
let since = 0

export function up() {
  timers.forEach(clearTimeout)
  timers = []
  since = 0
  show('live')
  if (covered) {
    covered.forEach(([place, kept]) => place.replaceChildren(...kept))
    covered = null
    say(words('live-again'))
  }
}

export function down() {
  if (since) return
  since = Date.now()
  if (document.querySelector('[data-saved]')) offline() // this is the copy: there was no connection to begin with
  else timers = [setTimeout(show, RECONNECTING_MS, 'reconnecting', words('reconnecting')), setTimeout(offline, OFFLINE_MS)]
}

// A new chip each time: the old one, wider or narrower, would be seen to move.
function show(state, text = '') {
  const next = chip.cloneNode(true)
  next.dataset.state = document.body.dataset.reach = state
  next.querySelector('[data-fine]').hidden = Boolean(text)
  next.querySelector('[data-words]').textContent = text
  chip.replaceWith(next)
  chip = next
}

function offline() {
  const main = document.querySelector('main')
  const count = main.querySelectorAll('[data-feed] > article').length
  const { saved, zone } = main.dataset
  const title = words(navigator.onLine ? 'no-connection' : 'you-are-offline')
  const time = saved ? savedAt(Number(saved), zone) : clock(zone).format(since)
  const rest = ` ${count ? words(saved ? 'saved' : 'showing', { num: count, time }) : words('trying')}`
  show('offline', words('offline'))
  covered = [...main.querySelectorAll('[data-notice-place]')].map((place) => [place, [...place.childNodes]])
  for (const [place] of covered) place.replaceChildren(notice(title, rest))
  say(title + rest)
}

function notice(title, rest) {
  const made = document.querySelector('[data-offline-notice]').content.firstElementChild.cloneNode(true)
  made.querySelector('b').textContent = title
  made.querySelector('b').after(rest)
  return made
}
