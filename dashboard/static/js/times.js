// Times as clocks show them where the event is, or, on demand, where the reader is: kept on this device. Only loaded
// where that makes a difference.
import { clock, words } from './words.js'

const STORED = 'times'
const OWN = 'own'
const here = Intl.DateTimeFormat().resolvedOptions().timeZone
const day = { weekday: 'short' }
const city = (zone) => zone.split('/').at(-1).replaceAll('_', ' ')

export function keepTimes({ main, feed, life }) {
  const button = main.querySelector('[data-times]')
  const there = main.dataset.zone
  let own = false
  try { own = localStorage.getItem(STORED) === OWN } catch { /* asked again */ }

  function write(card) {
    const link = card.querySelector('.card__time')
    const time = link?.firstElementChild
    if (!time || (!own && !time.dataset.there)) return
    const at = new Date(time.dateTime)
    const theirs = time.dataset.there ??= time.textContent
    const same = clock(here, day).format(at).slice(0, 2) === clock(there, day).format(at).slice(0, 2)
    const mine = clock(here, same ? {} : day).format(at)
    const both = words('both', { mine, here: city(here), theirs, there: city(there) })
    time.textContent = own ? mine : theirs
    link.title = both
    link.ariaLabel = both
  }

  const watch = new MutationObserver((seen) => seen.forEach(({ addedNodes }) => addedNodes.forEach((card) => card.matches?.('.card') && write(card))))
  function show() {
    button.ariaPressed = String(own)
    feed.querySelectorAll('.card').forEach(write)
    if (own) watch.observe(feed, { childList: true })
    else watch.disconnect()
  }

  button.hidden = false
  button.title = words('own', { here: city(here) })
  button.onclick = () => {
    own = !own
    try { localStorage.setItem(STORED, own ? OWN : '') } catch { /* for this page */ }
    show()
  }
  life.addEventListener('abort', () => watch.disconnect())
  show()
}
