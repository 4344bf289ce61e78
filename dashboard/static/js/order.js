// Which card stands before which: by time and then by number, the newest first or the oldest.
export const at = (card) => Number(card.dataset.at)
const number = (card) => Number(card.id.slice('item-'.length))
const oldest = (feed) => 'oldest' in feed.dataset

// Below 0 where one is older than other, above 0 where it is newer. A card that could not be drawn has no time.
export const newer = (one, other) => at(one) - at(other) || number(one) - number(other)

const higher = (feed, one, other) => newer(one, other) * (oldest(feed) ? -1 : 1)

// The card at the end where new posts come in.
export const latest = (feed) => (oldest(feed) ? feed.lastElementChild : feed.firstElementChild)

// The card that a new one goes in front of; null at the end.
export const slot = (feed, card) => [...feed.children].find((other) => higher(feed, card, other) > 0) ?? null

// Whether a card belongs here, or would only be read further on: there are more above, or below.
export function reach(feed, card, above, below) {
  if (below && higher(feed, card, feed.lastElementChild) < 0) return false
  return !(above && oldest(feed) && higher(feed, card, feed.firstElementChild) > 0)
}

// Opens in a card what the reader had opened in its older self: the same thing under the same words, no new warning.
export function keepOpen(old, card) {
  const same = (one) => one.className + one.firstElementChild.textContent
  const opened = new Set([...old.querySelectorAll('details[open]')].map(same))
  card.querySelectorAll('details').forEach((details) => { details.open = opened.has(same(details)) })
}

// An edit: the new words in the old place, opened where the reader had opened it.
export function replace(feed, old, card) {
  if (Number(card.dataset.seq) <= Number(old.dataset.seq)) return
  keepOpen(old, card)
  const focused = old.contains(document.activeElement)
  if (newer(card, old) === 0 || !card.dataset.at) old.replaceWith(card)
  else { old.remove(); feed.insertBefore(card, slot(feed, card)) }
  if (focused) card.focus({ preventScroll: true })
}

// Positions for assistive technology, the day above the first post of each but today, and which go on with a thread.
export function renumber(feed) {
  feed.role = feed.firstElementChild ? 'feed' : 'group' // a feed without articles is none
  let day = feed.dataset.today
  let position = 0
  for (const card of feed.children) {
    position += 1
    if (card.ariaPosInSet !== String(position)) card.ariaPosInSet = String(position)
    card.ariaSetSize ??= '-1' // nobody knows how many there will be
    const first = 'day' in card.dataset && card.dataset.day !== day
    if (first !== 'first' in card.dataset) card.toggleAttribute('data-first', first)
    day = card.dataset.day ?? day
    const before = oldest(feed) ? card.previousElementSibling : card.nextElementSibling // in time
    const joined = Boolean(before) && card.dataset.thread === before.id
    if (joined !== 'joined' in card.dataset) card.toggleAttribute('data-joined', joined)
  }
}
