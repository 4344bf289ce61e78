// Keeps the reader's place. At the top new posts flow in, unless they are paused; further down they wait behind the
// pill. Late ones and edits go where they belong without moving what is being read; a removal hands the focus on.
import { arrived, say, seen } from './announce.js'
import { further } from './further.js'
import { at, latest, newer, reach, renumber, replace, slot } from './order.js'
import { words } from './words.js'

const MOST = 200 // cards in the document
const MOST_WAITING = 200 // beyond that the page is read again
const WASHED = 6 // more at once come without their wash: it is drawn in every frame
const root = document.documentElement
const idOf = (change) => change.id ?? change
const wide = matchMedia('(min-width: 64rem)')
let held = false // by the reader: nothing flows in

export const paused = () => held

// known: when the newest post was said, where the page does not begin with it. newest(): read the newest posts
// instead. reached(): here they are.
export function keepPlace({ column, feed, known, newest, reached, life }) {
  const pill = column.querySelector('[data-pill]')
  const filters = column.querySelector('.filters')
  const pause = column.querySelector('[data-pause]')
  const oldest = 'oldest' in feed.dataset
  const waiting = new Map()
  const meanwhile = new Map() // changes heard while more posts are on their way
  const [above, below] = ['above', 'below'].map((side) => further({ column, feed, side, join, life }))
  let overflowed = false
  let roof = above.more() ? known : 0 // posts up to then are no news, although they stand higher than what is here

  const scroller = () => (wide.matches ? column : document.scrollingElement)
  const edge = () => filters.getBoundingClientRect().bottom
  const foot = () => (wide.matches ? column.getBoundingClientRect().bottom : innerHeight)
  const atTop = () => !above.more() && !overflowed && (!feed.firstElementChild || feed.getBoundingClientRect().top >= edge() - 4)
  const flowing = () => !held && (oldest ? !below.more() : atTop())
  const isNew = (card) => !latest(feed) || newer(card, latest(feed)) > 0
  const isCounted = (card) => isNew(card) && at(card) > roof && !('late' in card.dataset)

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
    return Boolean(place)
  }

  // The same, and once more if what was out of sight turns out smaller than it was thought, until somebody scrolls.
  function holdAt(places, frames = 4) {
    const found = backTo(places)
    const set = scroller().scrollTop
    if (frames) requestAnimationFrame(() => scroller().scrollTop === set && holdAt(places, frames - 1))
    return found
  }

  // Runs change() so that what is in sight stays where it is.
  function steady(change) {
    const places = where()
    root.classList.add('is-changing') // the browser's own anchoring would do it a second time
    change()
    renumber(feed)
    backTo(places)
    root.classList.remove('is-changing')
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
    below.from(feed.lastElementChild.dataset.place)
  }

  // Far down the list is cut at its other end, out of sight: it is a window over the whole.
  function shed() {
    const extra = [...feed.children].slice(0, Math.max(0, feed.childElementCount - MOST))
    const unseen = extra.filter((card) => card.getBoundingClientRect().bottom < edge())
    if (!unseen.length) return
    if (!oldest) roof = Math.max(roof, at(unseen[0]))
    steady(() => {
      unseen.forEach((card) => card.remove())
      above.from(feed.firstElementChild.dataset.place)
    })
    count()
  }

  // More of the timeline, from further up or down.
  function join(side, cards, swap) {
    const fresh = cards.filter((card) => !document.getElementById(card.id) && !waiting.has(card.id))
    if (side === 'above') {
      const places = where()
      steady(() => { feed.prepend(...fresh); swap() })
      holdAt(places)
      if (!oldest && !above.more()) { roof = 0; reached() }
    } else {
      feed.append(...fresh)
      swap()
      renumber(feed)
    }
    apply([...meanwhile.values()]) // what was asked for may be older than these
    if (!above.busy() && !below.busy()) meanwhile.clear() // else they are for what is still to come, too
    if (side === 'above') trim()
    else shed()
  }

  // Runs insert() where the reader looks at that very place.
  function flow(insert) {
    const from = scroller().scrollTop
    if (wide.matches && feed.firstElementChild) {
      // Two steps: first nothing moves, then the list scrolls up to what is new. A scroll is no layout shift.
      steady(insert)
      requestAnimationFrame(() => { scroller().scrollTop = from; trim() })
    } else {
      root.classList.add('is-changing')
      insert()
      renumber(feed)
      scroller().scrollTop = from
      trim()
      requestAnimationFrame(() => root.classList.remove('is-changing'))
    }
  }

  function enter(cards) {
    const insert = () => cards.forEach((card) => { card.classList.toggle('card--new', cards.length <= WASHED); put(card) })
    if (!oldest) { flow(insert); return }
    steady(insert)
    shed()
    trim()
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
      else if (!latest(feed) || reach(feed, change, above.more(), below.more())) fresh.push(change)
    }
    if (known.length) steady(() => known.forEach((change) => {
      const old = document.getElementById(idOf(change))
      if (change.id) replace(feed, old, change)
      else remove(old)
    }))
    arrived(fresh.filter(isCounted).length)
    for (const card of fresh) waiting.set(card.id, card)
    if (waiting.size > MOST_WAITING && !flowing()) { overflowed = true; waiting.clear() }
    if (waiting.size) settle()
    else count()
  }

  function wouldShow(card) {
    const top = slot(feed, card)?.getBoundingClientRect().top
    return top > edge() && top < foot()
  }

  // What waits goes where it belongs as soon as that moves nothing: all of it at the top, late posts out of sight.
  function settle() {
    const everything = flowing()
    const ready = [...waiting.values()].filter((card) => everything || (!isNew(card) && !wouldShow(card)))
    ready.forEach((card) => waiting.delete(card.id))
    if (everything) enter(ready)
    else if (ready.length) steady(() => ready.forEach(put))
    count()
  }

  function count() {
    const fresh = [...waiting.values()].filter(isCounted).length
    pill.hidden = !fresh && !overflowed && (oldest || !above.more())
    const name = overflowed || fresh > 99 ? 'many' : fresh ? 'new' : 'newest'
    pill.lastElementChild.textContent = name === 'new' ? words(name, { num: fresh }) : words(name)
  }

  function show() {
    seen()
    if (overflowed || (above.more() && !oldest)) { newest(); return }
    const [first = latest(feed)] = [...waiting.values()].filter(isNew).sort((one, other) => newer(other, one))
    waiting.forEach(put)
    waiting.clear()
    renumber(feed)
    if (!oldest) scroller().scrollTop = 0
    first?.focus({ preventScroll: !oldest })
    if (oldest) shed()
    trim()
    count()
  }

  function showPaused() {
    pause.hidden = false
    pause.setAttribute('aria-pressed', held)
    pause.title = words(held ? 'resume' : 'pause')
  }

  pill.onclick = show
  pause.onclick = () => {
    held = !held
    showPaused()
    say(words(held ? 'paused' : 'resumed'))
    if (!held) settle()
  }
  showPaused()
  count()

  let asked = false
  let scrolled = false
  const whenScrolled = () => {
    if (!scrolled) above.watch() // not before: what an address asks for is to be seen first
    scrolled = true
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
      if (above.busy() || below.busy()) for (const change of batch) meanwhile.set(idOf(change), change)
      else meanwhile.clear()
      apply(batch)
    },
    flow,
    // The newest post there is, where this list has it.
    newest: () => (above.more() || oldest ? '' : latest(feed)?.dataset.place),
    // For another list to be put into this one's place, and where to read it from if it would not reach down here.
    where: () => (atTop() ? [] : where()),
    from([first]) {
      const card = first && document.getElementById(first.id)
      return (card?.previousElementSibling ?? card)?.dataset.place
    },
    backTo: holdAt,
  }
}
