// Search as you type: what is found is asked for again, the address follows, and what is taken back leaves at once.
import './theme.js'
import { follow } from './live.js'
import { words } from './words.js'

const PAUSE_MS = 200 // in typing
const ANSWER_MS = 15_000

const main = document.querySelector('[data-search]')
const form = main.querySelector('[data-form]')
const field = form.elements.q
const found = main.querySelector('[data-found]')
const status = main.querySelector('[data-status]')
const life = new AbortController().signal

let asked = field.value
let asking = null
let meanwhile = [] // said while an answer is on its way, which may be older
let timer = 0

const addressOf = (query) => {
  const address = new URL(form.action)
  if (query.trim()) address.searchParams.set('q', query)
  return address
}
const part = (address) => {
  const whole = new URL(address, location.href)
  whole.searchParams.set('fragment', 'found')
  whole.searchParams.set('lang', document.documentElement.lang)
  return whole
}

async function read(address) {
  asking?.abort()
  const mine = asking = new AbortController()
  meanwhile = []
  const late = setTimeout(() => mine.abort('late'), ANSWER_MS)
  found.setAttribute('aria-busy', 'true')
  try {
    const answer = await fetch(part(address), { signal: mine.signal })
    if (!answer.ok) throw new Error(answer.statusText)
    return await answer.text()
  } catch {
    if (asking === mine) say(words('failed')) // else somebody typed on
    return null
  } finally {
    clearTimeout(late)
    if (asking === mine) {
      asking = null
      found.removeAttribute('aria-busy')
    }
  }
}

// The region that speaks stays in the page, so that what is put into it is said.
function say(text) {
  if (status.textContent !== text) status.textContent = text
}

function take(html) {
  found.innerHTML = html
  meanwhile.forEach(correct)
  say(found.querySelector('[data-count]').textContent.trim())
}

async function search(query, keep) {
  clearTimeout(timer)
  if (query === asked && keep !== 'again') return
  asked = query
  const address = addressOf(query)
  if (keep === 'push') history.pushState(null, '', address)
  if (keep === 'replace') history.replaceState(null, '', address)
  const html = await read(address)
  if (html !== null && query === asked) take(html)
}

field.addEventListener('input', () => {
  clearTimeout(timer)
  timer = setTimeout(() => search(field.value, 'replace'), PAUSE_MS)
})
form.addEventListener('submit', (event) => {
  event.preventDefault()
  search(field.value, 'push')
})
addEventListener('popstate', () => {
  field.value = new URL(location.href).searchParams.get('q') ?? ''
  search(field.value, 'again')
})

// Examples, and what is further down.
main.addEventListener('click', async (event) => {
  const link = event.target.closest('[data-help] a, [data-older] a')
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return
  event.preventDefault()
  if (link.closest('[data-help]')) {
    field.value = new URL(link.href).searchParams.get('q')
    field.focus()
    return search(field.value, 'push')
  }
  if (asking) return // one answer at a time: what is asked for may be other posts
  const query = asked
  const html = await read(link.href)
  if (html === null || query !== asked) return
  const more = document.createElement('template')
  more.innerHTML = html
  const feed = found.querySelector('[data-feed]')
  const cards = [...more.content.querySelectorAll('[data-feed] > article')]
  feed.append(...cards)
  meanwhile.forEach(correct)
  feed.querySelectorAll('article').forEach((card, n) => card.setAttribute('aria-posinset', n + 1))
  found.querySelector('[data-older]').replaceWith(more.content.querySelector('[data-older]') ?? '')
  cards[0]?.focus({ preventScroll: true })
})

// Single keys, as on the timeline: there and here they can be turned off.
const keysOn = () => { try { return localStorage.getItem('keys') !== 'off' } catch { return true } }
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  const cards = [...found.querySelectorAll('[data-feed] > article')]
  const here = cards.indexOf(document.activeElement?.closest('article'))
  if (event.target === field) {
    if (event.key !== 'ArrowDown' || !cards.length) return
    event.preventDefault()
    cards[0].focus()
  } else if (keysOn() && !event.target.closest('input, textarea, select')) {
    const act = {
      '/': () => field.select(),
      j: () => cards[here + 1]?.focus(),
      k: () => (here > 0 ? cards[here - 1] : field).focus(),
    }[event.key.toLowerCase()]
    if (!act) return
    event.preventDefault()
    act()
  }
})

// What is hidden or erased leaves an open page, and what was edited stands there as it is now.
function heard(kind, data) {
  if (kind === 'reset') search(asked, 'again')
  if (!['post', 'remove'].includes(kind)) return
  if (asking) meanwhile.push([kind, data])
  correct([kind, data])
}

function correct([kind, data]) {
  if (kind === 'remove') return found.querySelector(`#item-${CSS.escape(JSON.parse(data).id)}`)?.remove()
  const made = document.createElement('template')
  made.innerHTML = data
  const card = made.content.querySelector('.card')
  const old = card && found.querySelector(`#${CSS.escape(card.id)}`)
  if (!old || Number(card.dataset.seq) < Number(old.dataset.seq)) return
  const focused = old.contains(document.activeElement)
  card.ariaPosInSet = old.ariaPosInSet
  card.ariaSetSize = old.ariaSetSize
  old.replaceWith(card)
  if (focused) card.focus({ preventScroll: true })
}

const nothing = () => {}
if (!asked) field.focus({ preventScroll: true })
follow({ address: main.dataset.search, after: Number(main.dataset.seq), heard, up: nothing, down: nothing, life })
