// What stands beside the timeline: read again now and then, and the bars answer to the pointer.
import { paused } from './place.js'
import { clock, words } from './words.js'

const EVERY_MS = 60_000
const AFTER_POSTS_MS = 12_000
const AFTER_REMOVAL_MS = 3_000 // the server's own glance is 2 s old at most
const ANSWER_MS = 15_000
const PARTS = ['.title', '.nowbar', '.nowbar__notice', '.signal', '.pictures', '.about__side']

// expect(number): where the server stands. failed(): it did not answer. flow(change): does it where the list is read.
export function keepSignal({ main, expect, failed, flow, life }) {
  let timer = 0
  let due = Infinity
  const wide = matchMedia('(min-width: 64rem)')
  const about = main.querySelector('[data-about]')
  const unfold = () => { if (wide.matches) about.open = true }

  function within(ms) {
    if (Date.now() + ms >= due) return
    due = Date.now() + ms
    clearTimeout(timer)
    timer = setTimeout(read, ms)
  }

  async function read() {
    due = Infinity
    within(EVERY_MS * (0.9 + Math.random() / 5)) // readers who came together do not ask together
    if (document.hidden || !navigator.onLine || paused()) return
    try {
      const answer = await fetch(`${main.dataset.live}?fragment=stage&lang=${document.documentElement.lang}`, { signal: AbortSignal.timeout(ANSWER_MS) })
      if (answer.status === 404) location.reload() // withdrawn: nothing of it stays
      if (!answer.ok) return
      const part = document.createElement('template')
      part.innerHTML = await answer.text()
      const stage = part.content.querySelector('[data-stage]')
      PARTS.forEach((name) => swap(main.querySelector('[data-stage]'), stage, name))
      const [pin, next] = [main, part.content].map((where) => where.querySelector('[data-pinned]'))
      if (pin.textContent !== next.textContent) flow(() => pin.replaceWith(next))
      expect(Number(stage.dataset.seq))
    } catch {
      failed()
    }
  }

  unfold()
  wide.addEventListener('change', unfold, { signal: life })
  life.addEventListener('abort', () => clearTimeout(timer))
  within(EVERY_MS)
  inspect(main)
  return {
    // card: new, or edited. What is pinned stands above the list, and is read again soon.
    changed(card) {
      const pinned = card && ('pin' in card.dataset || main.querySelector(`.pinned[data-of="${card.id.slice('item-'.length)}"]`))
      within(pinned ? AFTER_REMOVAL_MS : AFTER_POSTS_MS)
    },
    catchUp: () => within(0),
    removed(id) {
      const gone = main.querySelectorAll(`[data-of="${id}"]`)
      if (gone.length) flow(() => gone.forEach((entry) => entry.remove()))
      within(AFTER_REMOVAL_MS)
    },
  }
}

// One part of the stage for its newer self, unless it is the same or the reader is in it.
function swap(stage, fresh, name) {
  const old = stage.querySelector(name)
  const next = fresh.querySelector(name)
  if (old?.contains(document.activeElement)) return
  if (!next) { old?.remove(); return }
  if (!old) { stage.querySelector('.about__side').before(next); return }
  old.querySelectorAll('details[open]').forEach((details) => { next.querySelector('details').open = details.open })
  if (old.outerHTML !== next.outerHTML) old.replaceWith(next)
}

// The figures of the bar under the pointer, in the place of the day's.
function inspect(main) {
  const stage = main.querySelector('[data-stage]')
  stage.addEventListener('pointermove', (event) => {
    const chart = event.target.closest('[data-signal]')
    const figures = stage.querySelector('[data-figures]')
    if (!chart || !Number(chart.dataset.step)) { rest(figures); return }
    const box = chart.getBoundingClientRect()
    const values = chart.dataset.values.split(' ')
    const bar = Math.min(values.length - 1, Math.max(0, Math.floor((event.clientX - box.left) / box.width * values.length)))
    const times = clock(main.dataset.zone)
    const from = Number(chart.dataset.starts) + bar * chart.dataset.step * 1000
    figures.dataset.rest ??= figures.innerHTML
    const [start, end] = [from, from + chart.dataset.step * 1000].map((at) => times.format(at))
    figures.textContent = words('during', { num: Number(values[bar]), start, end })
  })
  stage.addEventListener('pointerleave', () => rest(stage.querySelector('[data-figures]')))
}

function rest(figures) {
  if (figures?.dataset.rest === undefined) return
  figures.innerHTML = figures.dataset.rest
  delete figures.dataset.rest
}
