// Keeps an open page of one post true: an edit replaces its words, a removal takes them away at once.
import './site.js'
import { follow } from './live.js'

const SOON_MS = 400
const AGAIN_MS = 3_000
const PREVIEW = 'meta[property], meta[name=description], [type="application/ld+json"]' // says it as it was

const main = document.querySelector('[data-post]')
const { post, follows, seq } = main.dataset
const end = new AbortController()
const nothing = () => {}
let timer = 0

function heard(kind, data) {
  if (kind === 'remove') {
    const { id } = JSON.parse(data)
    if (id !== post) { document.getElementById(`item-${id}`)?.remove(); return } // of the same thread
    main.replaceChildren()
    end.abort()
    location.reload() // which says what became of it
  }
  const named = kind === 'post' && /id="(item-\d+)"/.exec(data)?.[1]
  if (kind === 'reset' || (named && document.getElementById(named))) soon()
}

function soon(ms = SOON_MS) {
  clearTimeout(timer)
  timer = setTimeout(read, ms)
}

async function read() {
  try {
    const answer = await fetch(location.href, { signal: AbortSignal.timeout(15_000) })
    if (answer.status === 404 || answer.status === 410) return location.reload()
    if (!answer.ok) throw new Error(answer.status)
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('[data-post]')
    for (const told of document.querySelectorAll(PREVIEW)) told.remove()
    for (const part of ['[data-card]', '[data-strand]', '[data-below]']) put(part, fresh)
  } catch {
    soon(AGAIN_MS)
  }
}

// Only what is different: what the reader has opened elsewhere stays open.
function put(part, fresh) {
  const [old, now] = [main, fresh].map((one) => one.querySelector(part))
  if (old && now && old.innerHTML !== now.innerHTML) old.replaceChildren(...now.childNodes)
}

follow({ address: follows, after: Number(seq), heard, up: nothing, down: nothing, life: end.signal })
