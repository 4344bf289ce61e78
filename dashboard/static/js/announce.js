// What is said aloud: a count of new posts now and then, never their words, never while somebody types.
import { words } from './words.js'

const EVERY_MS = 30_000
const TYPING_MS = 5_000

const region = document.querySelector('[data-announce]')
let waiting = 0
let last = -EVERY_MS
let timer = 0

const typing = () => document.activeElement?.matches('input:not([type=checkbox]), textarea, select, [contenteditable]')

export function say(said) {
  if (region) region.textContent = said
}

export function arrived(count) {
  waiting += count
  if (count && !timer) timer = setTimeout(tell, Math.max(0, last + EVERY_MS - performance.now()))
}

export function seen() {
  waiting = 0
}

function tell() {
  timer = 0
  if (!waiting) return
  if (typing()) { timer = setTimeout(tell, TYPING_MS); return }
  say(words('new', { num: waiting }))
  last = performance.now()
  waiting = 0
}
