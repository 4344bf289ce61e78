// Older posts: the link's page, fetched as a part and put below. By itself near the end, until the list is long.
const AHEAD = '800px'
const BY_ITSELF = 200 // cards; after that the reader asks

// append(cards) takes what was read.
export function readOlder({ column, feed, append, life }) {
  const box = () => column.querySelector('[data-older]')
  const link = () => box()?.querySelector('a')
  let busy = false

  const nearing = new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting) && feed.childElementCount < BY_ITSELF) read()
  }, { root: column.scrollHeight > column.clientHeight ? column : null, rootMargin: AHEAD })

  async function read() {
    const from = link()
    if (!from || busy) return
    busy = true
    feed.setAttribute('aria-busy', 'true')
    const skeleton = document.querySelector('[data-skeleton]').content.cloneNode(true)
    from.replaceWith(skeleton)
    try {
      const answer = await fetch(`${from.href}&fragment=posts`)
      if (!answer.ok) throw new Error(answer.statusText)
      const part = document.createElement('template')
      part.innerHTML = await answer.text()
      append([...part.content.querySelectorAll('[data-feed] > article')])
      box().replaceWith(part.content.querySelector('[data-older]'))
    } catch {
      box().replaceChildren(from) // still a link: the reader can ask again
    }
    busy = false
    feed.removeAttribute('aria-busy')
    watch()
  }

  function watch() {
    nearing.disconnect()
    if (box() && link() && navigator.onLine) nearing.observe(box())
  }

  column.addEventListener('click', (event) => {
    if (!event.target.closest('[data-older] a') || event.metaKey || event.ctrlKey) return
    event.preventDefault()
    read()
  })
  life.addEventListener('abort', () => nearing.disconnect())
  watch()

  return {
    more: () => Boolean(busy || link()),
    // The list was cut: what follows begins after this position.
    from(place) {
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
