// The embedded timeline: the newest posts, nothing held back; and its height, for the page that it stands in.
import { follow } from './live.js'
import { newer, slot, replace, renumber } from './order.js'

const main = document.querySelector('[data-embed]')
const { embed: address, seq, most, only, alone } = main.dataset
const feed = main.querySelector('[data-feed]')
const none = main.querySelector('[data-none]')

function fits(card) {
  if (alone) return card.id === `item-${alone}`
  return (!only || card.dataset.network === only) && (!('highlights' in main.dataset) || card.classList.contains('card--highlight'))
}

function put(html) {
  const part = document.createElement('template')
  part.innerHTML = html
  const card = part.content.querySelector('article')
  const old = document.getElementById(card.id)
  if (!fits(card)) old?.remove()
  else if (old) replace(feed, old, card)
  else if (feed.childElementCount < most || newer(card, feed.lastElementChild) > 0) feed.insertBefore(card, slot(feed, card))
  while (feed.childElementCount > most) feed.lastElementChild.remove()
}

function heard(kind, data) {
  if (kind === 'reset') return location.reload()
  if (kind === 'post') put(data)
  if (kind === 'remove') document.getElementById(`item-${JSON.parse(data).id}`)?.remove()
  none.hidden = feed.childElementCount > 0
  renumber(feed)
}

document.documentElement.classList.add('scripted')
if (parent !== window) new ResizeObserver(() => {
  parent.postMessage({ backchannel: address, height: Math.ceil(main.getBoundingClientRect().height) }, '*') // a number: no secret
}).observe(main)

const nothing = () => {}
follow({ address, after: Number(seq), heard, up: nothing, down: nothing, life: new AbortController().signal })
