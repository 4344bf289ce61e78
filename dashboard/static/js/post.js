// Keeps an open page of one post true: an edit replaces its words, a removal takes them away at once.
import './site.js'
import { readAgain } from './again.js'
import { follow } from './live.js'

const PREVIEW = 'meta[property], meta[name=description], [type="application/ld+json"]' // says it as it was

const main = document.querySelector('[data-post]')
const { post, follows, seq } = main.dataset
const end = new AbortController()
const nothing = () => {}
const { soon, hear } = readAgain({ address: location.href, take, heard })

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

function take(html) {
  const fresh = new DOMParser().parseFromString(html, 'text/html').querySelector('[data-post]')
  for (const told of document.querySelectorAll(PREVIEW)) told.remove()
  for (const part of ['[data-card]', '[data-strand]', '[data-below]']) put(part, fresh)
}

// Only what is different: what the reader has opened elsewhere stays open.
function put(part, fresh) {
  const [old, now] = [main, fresh].map((one) => one.querySelector(part))
  if (old && now && old.innerHTML !== now.innerHTML) old.replaceChildren(...now.childNodes)
}

follow({ address: follows, after: Number(seq), heard: hear, up: nothing, down: nothing, life: end.signal })
