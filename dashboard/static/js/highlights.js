// Keeps an open page of highlights true: what is hidden or not picked any more leaves at once, what is new is fetched.
import './site.js'
import { follow } from './live.js'

const SOON_MS = 400
const SPREAD_MS = 1_200 // a hall of open pages does not ask in the same moment
const AGAIN_MS = 3_000

const main = document.querySelector('[data-highlights]')
const list = main.querySelector('[data-list]')
const end = new AbortController()
let timer = 0

const of = (id) => list.querySelector(`[data-of="${CSS.escape(id)}"]`)
const nothing = () => {}

function heard(kind, data) {
  if (kind === 'reset') soon()
  if (kind === 'remove') leave(JSON.parse(data).id)
  if (kind === 'post') {
    const made = document.createElement('template')
    made.innerHTML = data
    const card = made.content.querySelector('.card')
    const id = card?.id.replace('item-', '')
    if (card?.classList.contains('card--highlight')) soon()
    else if (id) leave(id)
  }
}

// Its words go now; what the day's heading and the number say follows.
function leave(id) {
  const gone = of(id)
  if (!gone) return
  if (gone.contains(document.activeElement)) main.querySelector('.crumb').focus()
  gone.remove()
  soon()
}

function soon(ms = SOON_MS) {
  clearTimeout(timer)
  timer = setTimeout(read, ms + Math.random() * SPREAD_MS)
}

async function read() {
  const asked = new URL(location.href)
  asked.searchParams.set('fragment', 'list')
  try {
    const answer = await fetch(asked, { signal: AbortSignal.timeout(15_000) })
    if (!answer.ok) throw new Error(answer.status)
    put(await answer.text())
  } catch {
    soon(AGAIN_MS)
  }
}

// What the reader has opened stays open, and the focus where it was.
function put(html) {
  const open = [...list.querySelectorAll('[data-of]:has(details[open])')].map((one) => one.dataset.of)
  const within = document.activeElement?.closest?.('[data-of]')?.dataset.of
  const which = within && [...of(within).querySelectorAll('a, summary')].indexOf(document.activeElement)
  list.innerHTML = html
  for (const id of open) of(id)?.querySelector('details')?.setAttribute('open', '')
  if (within) of(within)?.querySelectorAll('a, summary')[which]?.focus()
}

follow({ address: main.dataset.highlights, after: Number(main.dataset.seq), heard, up: nothing, down: nothing, life: end.signal })
