// What stands on the wall: cards in columns, a picture, or the way to join. A change cross-fades; a removal never waits.
import { fitLines, spills, tighten } from './wall-fit.js'

const MOST = 16 // cards on screen
const TRIES = 24 // cards that are offered a place before the rest of it stays free
const MANY = 8 // fewer are large cards
const ALONE = ['single', 'overlay'] // layouts of one card
const LASTS = 3 // a highlight stays so many times as long as another card
const reduced = matchMedia('(prefers-reduced-motion: reduce)')

// layout() is the one chosen; current(id) is the card as it is now, or nothing; dated(node) writes the day into a card;
// changed() hears of every change.
export function makeStage({ wall, layout, current, dated, changed }) {
  const cards = wall.querySelector('[data-cards]')
  const placed = new Map() // cards on screen by id: { card, slip, at }
  let fading = null
  let most = 1 // columns that there is room for

  // A change waits for a frame, and much may happen until then.
  const living = (wanted) => wanted.map(({ id }) => current(id)).filter(Boolean)
  const columns = () => [...cards.querySelectorAll('.wall__column')]
  const made = (card) => {
    const slip = document.importNode(card.node, true)
    dated(slip)
    placed.set(card.id, { card, slip, at: Date.now() })
    return slip
  }
  const lift = (id) => {
    placed.get(id)?.slip.remove()
    return placed.delete(id)
  }
  // Everything that was asked for happens, with a fade where somebody can see one.
  function change(act) {
    const settle = () => { try { act(); changed() } catch (error) { reportError(error) } } // a fade would swallow it
    if (!document.startViewTransition || reduced.matches || document.hidden || !cards.querySelector('.wall__column') || document.querySelector('dialog[open]')) {
      settle()
      return
    }
    const now = fading = document.startViewTransition(settle)
    now.ready.catch(() => {}) // skipped: what it was to lead to is there all the same
    now.finished.catch(() => {}).then(() => { if (fading === now) fading = null })
  }
  function empty(...content) {
    placed.clear()
    cards.replaceChildren(...content)
    delete wall.dataset.blank
    delete wall.dataset.slide
  }
  function offer(card, into) {
    for (const column of into) {
      const slip = made(card)
      column.append(slip)
      if (column.children.length === 1) tighten(slip)
      if (column.children.length === 1 || !(spills(column) || spills(slip))) {
        card.shown = Date.now()
        return true
      }
      lift(card.id)
    }
    return false
  }
  // The column with most room first, once nothing in it is stretched.
  const byRoom = () => columns().map((column) => [column, column.lastElementChild])
    .sort(([, a], [, b]) => (a ? a.offsetTop + a.offsetHeight : 0) - (b ? b.offsetTop + b.offsetHeight : 0))
    .map(([column]) => column)

  function fillUp(candidates) {
    const box = cards.firstElementChild
    let tries = TRIES
    box.dataset.filling = ''
    delete box.dataset.roomy
    for (const card of candidates) {
      if (!tries || placed.size >= MOST || (ALONE.includes(wall.dataset.layout) && placed.size)) break
      if (!placed.has(card.id) && !offer(card, byRoom())) tries--
    }
    delete box.dataset.filling
    if (candidates.every((card) => placed.has(card.id))) {
      box.dataset.roomy = ''
      if (columns().some(spills)) delete box.dataset.roomy
    }
  }
  function fitting(few) {
    if (ALONE.includes(layout())) return layout()
    return few === 1 ? 'single' : few < MANY ? 'columns' : layout()
  }

  return {
    showing: () => [...placed.keys()],
    // Of what is shown, the ids of those that may have stood here up to a moment: what is shown may have left the pool.
    before: (moment) => [...placed.values()].filter(({ card }) => card.since <= moment).map(({ card }) => card.id),
    has: (id) => placed.has(id),
    // Whether one card more or less of so many changes nothing for the others.
    suits: (few) => wall.dataset.layout === fitting(few) && columns().length === Math.min(most, few),
    // Everything anew, from these cards, best first.
    fill(wanted) {
      change(() => {
        const candidates = living(wanted)
        if (!candidates.length) {
          empty(wall.querySelector('[data-blank-wall]').content.cloneNode(true))
          wall.dataset.blank = ''
          fitLines(cards)
          return
        }
        const few = candidates.length
        const box = document.createElement('div')
        box.className = 'wall__columns'
        wall.dataset.layout = fitting(few)
        empty(box)
        most = Number(getComputedStyle(box).getPropertyValue('--columns')) || 1
        for (let n = 0; n < Math.min(most, few); n++) box.append(document.createElement('div'))
        box.style.setProperty('--columns', box.children.length)
        for (const column of box.children) column.className = 'wall__column'
        fillUp(candidates)
      })
    },
    // One card for the one that has stood there longest; others leave only where it needs their room.
    swap({ id }, wanted) {
      change(() => {
        const card = current(id)
        const others = [...placed.values()].sort((a, b) => age(b) - age(a))
        if (!card || placed.has(id) || !others.length) return
        const [{ card: old, slip }] = others
        const column = slip.parentElement
        placed.delete(old.id)
        const next = made(card)
        card.shown = Date.now()
        slip.replaceWith(next)
        tighten(next)
        for (const other of others.slice(1)) {
          if (!spills(column)) break
          if (other.slip.parentElement === column) lift(other.card.id)
        }
        fillUp(living(wanted).filter((other) => other.id !== old.id))
      })
    },
    // An edit: its new self in its place, at once.
    replace(card) {
      const { slip, at } = placed.get(card.id)
      const next = made(card)
      placed.get(card.id).at = at
      slip.replaceWith(next)
      tighten(next)
      const column = next.parentElement
      while (spills(column) && column.children.length > 1) lift([...column.children].findLast((one) => one !== next).id)
      changed()
    },
    // At once, whatever fades.
    remove(ids) {
      fading?.skipTransition()
      const gone = ids.filter(lift)
      if (gone.length) changed()
      return gone.length > 0
    },
    slide(image) {
      change(() => {
        const frame = document.createElement('div')
        frame.className = 'wall__slide'
        frame.append(image.cloneNode())
        empty(frame)
        wall.dataset.slide = ''
      })
    },
  }
}

const age = ({ card, at }) => (Date.now() - at) / (card.picked ? LASTS : 1)
