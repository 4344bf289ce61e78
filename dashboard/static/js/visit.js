// What this browser remembers of an event: the newest post that was here when the reader left, and what they put away.
// Cookies for its pages alone, as the server draws the first paint by them: nothing flashes, nothing moves.
const DAYS = 60

const keep = (main, name, value) => {
  document.cookie = `${name}=${value}; path=${main.dataset.live}; max-age=${DAYS * 86_400}; samesite=lax`
}
const left = (main, place) => {
  const newest = place.newest()
  if (newest) keep(main, 'seen', `${newest}.${Math.floor(Date.now() / 1000)}`)
}

export function keepVisit({ main, place, life }) {
  const leaving = () => left(main, place)
  addEventListener('pagehide', leaving, { signal: life })
  document.addEventListener('visibilitychange', () => document.hidden && leaving(), { signal: life })
  main.addEventListener('click', (event) => {
    const told = event.target.closest('[data-dismiss]')?.closest('[data-put-away]')
    if (!told) return
    const { putAway, key } = told.dataset
    if (key) keep(main, putAway, key)
    else left(main, place)
    told.remove()
    main.querySelector('[data-feed] > article')?.focus({ preventScroll: true })
  })
}
