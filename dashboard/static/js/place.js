// Keeps the reader's place. At the top new posts flow in; further down they wait behind the pill. Late ones and edits go
// where they belong without moving what is being read; a removal hands the focus on.
import { arrived, seen } from './announce.js'
import { slot, reach, newer, renumber, replace } from './order.js'

const MOST = 200 // cards in the document
const MOST_WAITING = 200 // beyond that the page is read again
const idOf = (change) => change.id ?? change
const wide = matchMedia('(min-width: 64rem)')

// older: the way to older posts (older.js). earlier: this page does not begin with the newest. newest(): read those instead.
export function keepPlace({ column, feed, older, earlier, newest, life }) {
  const pill = column.querySelector('[data-pill]')
  const filters = column.querySelector('.filters')
  const waiting = new Map()
  const meanwhile = new Map() // changes heard while older posts are on their way
  let overflowed = false
  let roof = null // the newest card that was cut off above, when the reader is far down

  const scroller = () => (wide.matches ? column : document.scrollingElement)
  const edge = () => filters.getBoundingClientRect().bottom
  const foot = () => (wide.matches ? column.getBoundingClientRect().bottom : innerHeight)
  const atTop = () => !earlier && !roof && !overflowed && (!feed.firstElementChild || feed.getBoundingClientRect().top >= edge() - 4)
  const isNew = (card) => !feed.firstElementChild || newer(card, feed.firstElementChild) > 0
  const isCounted = (card) => isNew(card) && (!roof || newer(card, roof) > 0) && !('late' in card.dataset)

  // Where the reader is: the cards in sight, from the top.
  function where() {
    const [from, to] = [edge() + 1, foot()]
    const boxes = [...feed.children].map((card) => ({ id: card.id, box: card.getBoundingClientRect() }))
    return boxes.filter(({ box }) => box.bottom > from && box.top < to).map(({ id, box }) => ({ id, top: box.top }))
  }

  // Puts the first of those that are still there back where it was.
  function backTo(places) {
    const place = places.find(({ id }) => document.getElementById(id)?.parentElement === feed)
    if (place) scroller().scrollTop += document.getElementById(place.id).getBoundingClientRect().top - place.top
  }

  // Runs change() so that what is in sight stays where it is.
  function steady(change) {
    const places = where()
    column.classList.add('is-changing') // the browser's own anchoring would do it a second time
    change()
    renumber(feed)
    backTo(places)
    column.classList.remove('is-changing')
  }

  function put(card) {
    column.querySelector('[data-empty]')?.remove()
    feed.insertBefore(card, slot(feed, card))
  }

  function remove(card) {
    if (card?.parentElement !== feed) return
    const next = card.nextElementSibling ?? card.previousElementSibling
    const focused = card.contains(document.activeElement)
    card.remove()
    if (focused) next?.focus({ preventScroll: true })
  }

  function trim() {
    const extra = [...feed.children].slice(MOST)
    if (!extra.length) return
    extra.forEach((card) => card.remove())
    older.from([...feed.children].findLast((card) => card.dataset.place).dataset.place)
  }

  // Far down the list is cut at its other end, out of sight; the pill leads back.
  function shed() {
    const extra = [...feed.children].slice(0, Math.max(0, feed.childElementCount - MOST))
    const unseen = extra.filter((card) => card.getBoundingClientRect().bottom < edge())
    if (!unseen.length) return
    roof ??= unseen[0]
    steady(() => unseen.forEach((card) => card.remove()))
    count()
  }

  function flow(fresh) {
    const from = scroller().scrollTop
    const insert = () => fresh.forEach((card) => { card.classList.add('card--new'); put(card) })
    if (wide.matches && feed.firstElementChild) {
      // Two steps: first nothing moves, then the list scrolls up to what is new. A scroll is no layout shift.
      steady(insert)
      requestAnimationFrame(() => { scroller().scrollTop = from; trim() })
    } else {
      column.classList.add('is-changing')
      insert()
      renumber(feed)
      scroller().scrollTop = from
      trim()
      requestAnimationFrame(() => column.classList.remove('is-changing'))
    }
  }

  function apply(batch) {
    const last = new Map()
    for (const change of batch) last.set(idOf(change), change)
    const fresh = []
    const known = []
    for (const [id, change] of last) {
      if (document.getElementById(id)) known.push(change)
      else if (!change.id) waiting.delete(id)
      else if (waiting.has(id)) waiting.set(id, change)
      else if (reach(feed, change, older.more())) fresh.push(change)
    }
    if (known.length) steady(() => known.forEach((change) => {
      const old = document.getElementById(idOf(change))
      if (change.id) replace(feed, old, change)
      else remove(old)
    }))
    arrived(fresh.filter(isCounted).length)
    for (const card of fresh) waiting.set(card.id, card)
    if (waiting.size > MOST_WAITING && !atTop()) { overflowed = true; waiting.clear() }
    if (waiting.size) settle()
    else count()
  }

  function wouldShow(card) {
    const top = slot(feed, card)?.getBoundingClientRect().top
    return top > edge() && top < foot()
  }

  // What waits goes where it belongs as soon as that moves nothing: all of it at the top, late posts out of sight.
  function settle() {
    const everything = atTop()
    const ready = [...waiting.values()].filter((card) => everything || (!isNew(card) && !wouldShow(card)))
    ready.forEach((card) => waiting.delete(card.id))
    if (everything) flow(ready)
    else if (ready.length) steady(() => ready.forEach(put))
    count()
  }

  function count() {
    const fresh = [...waiting.values()].filter(isCounted).length
    const words = overflowed || fresh > 99 ? '99+' : String(fresh)
    pill.hidden = !fresh && !overflowed && !roof
    pill.lastElementChild.textContent = fresh || overflowed ? `${words} new ${words === '1' ? 'post' : 'posts'}` : 'Newest posts'
  }

  function show() {
    seen()
    if (overflowed || earlier || roof) { newest(); return }
    const [first = feed.firstElementChild] = [...waiting.values()].filter(isNew).sort((one, other) => newer(other, one))
    waiting.forEach(put)
    waiting.clear()
    renumber(feed)
    scroller().scrollTop = 0
    first?.focus({ preventScroll: true })
    trim()
    count()
  }

  pill.onclick = show
  let asked = false
  const whenScrolled = () => {
    if (!waiting.size || asked) return
    asked = true
    requestAnimationFrame(() => { asked = false; settle() })
  }
  column.addEventListener('scroll', whenScrolled, { passive: true })
  addEventListener('scroll', whenScrolled, { passive: true, signal: life })

  return {
    show,
    // A batch of changes, oldest first: a card, or the id of one that is gone.
    apply(batch) {
      if (!older.busy()) meanwhile.clear()
      else for (const change of batch) meanwhile.set(idOf(change), change)
      apply(batch)
    },
    append(cards) {
      feed.append(...cards.filter((card) => !document.getElementById(card.id) && !waiting.has(card.id)))
      renumber(feed)
      apply(meanwhile.values()) // what was asked for may be older than these
      meanwhile.clear()
      shed()
    },
    // For another list to be put into this one's place, and the position to read it from where it would not reach down here.
    where: () => (atTop() ? [] : where()),
    from([first]) {
      const card = first && document.getElementById(first.id)
      return (card?.previousElementSibling ?? card)?.dataset.place
    },
    backTo,
  }
}
