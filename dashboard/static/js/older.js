// Older posts: the link's page, fetched as a part and put below. By itself near the end, until the list is long.
const AHEAD = '800px'
const ANSWER_MS = 15_000
const BY_ITSELF = 200 // cards; after that the reader asks

// append(cards) takes what was read.
export function readOlder({ column, feed, append, life }) {
  const box = () => column.querySelector('[data-older]')
  const link = () => box()?.querySelector('a')
  let busy = false
  let cuts = 0

  const wide = matchMedia('(min-width: 64rem)') // there the column scrolls, elsewhere the page
  let nearing = null

  async function read() {
    const from = link()
    if (!from || busy) return
    busy = true
    const before = cuts
    let failed = false
    feed.setAttribute('aria-busy', 'true')
    const skeleton = document.querySelector('[data-skeleton]').content.cloneNode(true)
    from.replaceWith(skeleton)
    try {
      const answer = await fetch(`${from.href}&fragment=posts`, { signal: AbortSignal.timeout(ANSWER_MS) })
      if (!answer.ok) throw new Error(answer.statusText)
      const part = document.createElement('template')
      part.innerHTML = await answer.text()
      if (cuts === before) { // else the list was cut meanwhile, and this would leave a gap
        append([...part.content.querySelectorAll('[data-feed] > article')])
        box().replaceWith(part.content.querySelector('[data-older]'))
      }
    } catch {
      failed = true
      if (cuts === before) box().replaceChildren(from) // still a link: the reader can ask again
    }
    busy = false
    feed.removeAttribute('aria-busy')
    if (!failed) watch()
  }

  function watch() {
    nearing?.disconnect()
    if (!link() || feed.childElementCount >= BY_ITSELF) return
    nearing = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && read(), {
      root: wide.matches ? column : null, rootMargin: AHEAD,
    })
    nearing.observe(box())
  }

  column.addEventListener('click', (event) => {
    if (!event.target.closest('[data-older] a') || event.metaKey || event.ctrlKey) return
    event.preventDefault()
    read()
  })
  wide.addEventListener('change', watch, { signal: life })
  life.addEventListener('abort', () => nearing?.disconnect())
  watch()

  return {
    busy: () => busy,
    more: () => Boolean(busy || link()),
    // The list was cut: what follows begins after this position.
    from(place) {
      cuts += 1
      const target = new URL(link()?.href ?? location.href)
      target.searchParams.set('before', place)
      const again = document.createElement('a')
      again.className = 'button button--large'
      again.href = target
      again.textContent = 'Older posts'
      box()?.replaceChildren(again)
      watch()
    },
  }
}
