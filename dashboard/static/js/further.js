// The rest of the timeline, above the list or below it: the link's page, fetched as a part. By itself near that end.
const AHEAD = '800px'
const ANSWER_MS = 15_000
const wide = matchMedia('(min-width: 64rem)') // there the column scrolls, elsewhere the page

// join(side, cards, swap) takes what was read; swap() puts the way on from there in this one's place.
export function further({ column, feed, side, join, life }) {
  const box = () => column.querySelector(`[data-end=${side}]`)
  let link = box().querySelector('[data-further]')
  let kept = null // what the skeleton stands for
  let busy = false
  let cuts = 0
  let nearing = null

  function back() {
    if (kept) box().replaceChildren(...kept)
    kept = null
  }

  async function read() {
    if (busy || link.hidden) return
    busy = true
    const before = cuts
    const focused = document.activeElement === link
    feed.setAttribute('aria-busy', 'true')
    if (side === 'below') {
      kept = [...box().childNodes]
      box().replaceChildren(document.querySelector('[data-skeleton]').content.cloneNode(true))
    }
    let part = null
    try {
      const answer = await fetch(`${link.href}&fragment=posts&lang=${document.documentElement.lang}`, { signal: AbortSignal.timeout(ANSWER_MS) })
      if (answer.ok) {
        part = document.createElement('template')
        part.innerHTML = await answer.text()
      }
    } catch { /* still a link: the reader can ask again */ }
    busy = false
    feed.removeAttribute('aria-busy')
    if (life.aborted) return
    if (part && cuts === before) { // else the list was cut meanwhile, and this would leave a gap
      const cards = [...part.content.querySelectorAll('[data-feed] > article')]
      join(side, cards, () => {
        kept = null
        box().replaceWith(part.content.querySelector(`[data-end=${side}]`))
        link = box().querySelector('[data-further]')
      })
      if (focused) cards.at(side === 'below' ? 0 : -1)?.focus({ preventScroll: side === 'above' })
      watch()
    } else back()
  }

  function watch() {
    nearing?.disconnect()
    if (link.hidden) return
    nearing = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && read(), {
      root: wide.matches ? column : null, rootMargin: AHEAD,
    })
    nearing.observe(box())
  }

  column.addEventListener('click', (event) => {
    if (event.target.closest('a') !== link || event.metaKey || event.ctrlKey) return
    event.preventDefault()
    read()
  })
  wide.addEventListener('change', watch, { signal: life })
  life.addEventListener('abort', () => nearing?.disconnect())
  if (side === 'below') watch()

  return {
    busy: () => busy,
    more: () => busy || !link.hidden,
    watch,
    // The list was cut: what follows begins at this place.
    from(place) {
      cuts += 1
      back()
      const target = new URL(link.href)
      target.searchParams.set(link.dataset.further, place)
      link.href = target
      link.hidden = false
      watch()
    },
  }
}
