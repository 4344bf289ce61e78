// What is kept on this device of the events that were read here, for when there is no connection: a page and the last
// posts of each. Pages read it; the worker, which writes it, has it in its own script (dashboard/views/worker.py).
const MOST_POSTS = 180
const MOST_EVENTS = 12
const KEPT_MS = 7 * 86_400_000
const of = (slug) => IDBKeyRange.bound([slug], [slug, []])
const newestFirst = (one, other) => other.at - one.at || other.id - one.id

function opened() {
  return new Promise((done, failed) => {
    const asked = indexedDB.open('backchannel', 1)
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore('events', { keyPath: 'slug' })
      asked.result.createObjectStore('cards', { keyPath: ['slug', 'id'] })
    }
    asked.onsuccess = () => done(asked.result)
    asked.onerror = () => failed(asked.error)
  })
}

// Runs act(events, cards) in one transaction: all of it is kept, or nothing. What the last request found.
async function within(mode, act) {
  const base = await opened()
  try {
    return await new Promise((done, failed) => {
      const transaction = base.transaction(['events', 'cards'], mode)
      const asked = act(transaction.objectStore('events'), transaction.objectStore('cards'))
      transaction.oncomplete = () => done(asked?.result)
      transaction.onabort = () => failed(transaction.error)
    })
  } finally {
    base.close()
  }
}

// The events that are kept, latest first. What was not confirmed for seven days, and what is too many, goes first.
export async function keptEvents(now = Date.now()) {
  const all = (await within('readonly', (events) => events.getAll())).sort((one, other) => other.saved - one.saved)
  const good = all.filter((event, place) => place < MOST_EVENTS && event.saved > now - KEPT_MS && event.saved <= now + KEPT_MS)
  for (const { slug } of all) if (!good.some((event) => event.slug === slug)) await forget(slug)
  return good
}

export async function keptEvent(slug) {
  return (await keptEvents()).find((event) => event.slug === slug)
}

// Its posts, newest first.
export async function keptCards(slug) {
  return (await within('readonly', (_, cards) => cards.getAll(of(slug)))).sort(newestFirst)
}

export async function keptCard(id) {
  await keptEvents()
  return (await within('readonly', (_, cards) => cards.getAll())).find((card) => card.id === id)
}

export function forget(slug) {
  return within('readwrite', (events, cards) => {
    events.delete(slug)
    cards.delete(of(slug))
  })
}

export async function forgetPost(id) {
  const card = await keptCard(id)
  if (card) await within('readwrite', (_, cards) => { cards.delete([card.slug, id]) })
}

// Takes what the server says: order is all that may stay, posts are those that changed since the last time. False where
// posts are missing afterwards.
export async function save(event, { order, posts }) {
  await within('readwrite', (events, cards) => {
    const there = new Set(order)
    const asked = cards.getAll(of(event.slug))
    asked.onsuccess = () => {
      const known = new Map(asked.result.map((card) => [card.id, card]))
      for (const id of known.keys()) if (!there.has(id)) cards.delete([event.slug, id])
      for (const post of posts) if (!(known.get(post.id)?.seq > post.seq)) cards.put({ slug: event.slug, ...post })
      events.put(event)
    }
  })
  return (await keptCards(event.slug)).length >= order.length
}

// Takes messages of the live stream: a number counts only where none is missing before it. Whether posts were removed.
export async function change(slug, messages, now = Date.now()) {
  await within('readwrite', (events, cards) => {
    const asked = events.get(slug)
    asked.onsuccess = () => {
      const event = asked.result
      if (!event) return
      for (const { kind, data, from, number } of messages) {
        if (kind === 'remove') cards.delete([slug, Number(JSON.parse(data).id)])
        if (kind === 'post' && number > event.seq) take(cards, slug, data) // else a tab that is behind tells what was
        if (from <= event.seq) event.seq = Math.max(event.seq, number)
      }
      events.put({ ...event, saved: now })
      const kept = cards.getAll(of(slug))
      kept.onsuccess = () => kept.result.sort(newestFirst).slice(MOST_POSTS).forEach(({ id }) => cards.delete([slug, id]))
    }
  })
  return messages.some(({ kind }) => kind === 'remove')
}

// A post as it is on the stream. What its network lets nobody keep is not kept.
function take(cards, slug, html) {
  const said = (name) => html.match(new RegExp(` ${name}="([^"]*)"`))?.[1]
  const [id, at, seq] = [Number(said('id')?.slice('item-'.length)), Number(said('data-at')), Number(said('data-seq'))]
  if (!id || !at || !seq) return
  if (/^\s*<article class="[^"]*\bcard--guarded\b/.test(html)) cards.delete([slug, id])
  else cards.put({ slug, id, at, seq, html })
}
