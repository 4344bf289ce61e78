// Keeps an open page of highlights true: what is hidden or not picked any more leaves at once, what is new is fetched.
import './site.js'
import { readAgain } from './again.js'
import { follow } from './live.js'

const main = document.querySelector('[data-highlights]')
const list = main.querySelector('[data-list]')
const end = new AbortController()
const address = new URL(location.href)
address.searchParams.set('fragment', 'list')
const { soon, hear } = readAgain({ address, take: put, heard })

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

// What the reader has opened stays open, and the focus where it was.
function put(html) {
  const open = [...list.querySelectorAll('[data-of]:has(details[open])')].map((one) => one.dataset.of)
  const within = document.activeElement?.closest?.('[data-of]')?.dataset.of
  const which = within && [...of(within).querySelectorAll('a, summary')].indexOf(document.activeElement)
  list.innerHTML = html
  for (const id of open) of(id)?.querySelector('details')?.setAttribute('open', '')
  if (within) of(within)?.querySelectorAll('a, summary')[which]?.focus()
}

follow({ address: main.dataset.highlights, after: Number(main.dataset.seq), heard: hear, up: nothing, down: nothing, life: end.signal })
