// The last day before an event, counted down. Until then what the server wrote stands: it is as true all day.
const DAY_MS = 86_400_000
const calm = matchMedia('(prefers-reduced-motion: reduce)')

function tick() {
  const place = document.querySelector('[data-countdown]')
  if (!place) return
  const left = new Date(place.dataset.countdown) - Date.now()
  if (left <= 0) {
    place.textContent = place.dataset.over
    return
  }
  if (left < DAY_MS) {
    const seconds = Math.ceil(left / 1000)
    const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
    const shown = calm.matches ? parts.slice(0, 2) : parts // by the minute for who wants less to move
    const words = place.dataset.left.replace('{left}', shown.map((part) => String(part).padStart(2, '0')).join(':'))
    if (place.textContent !== words) place.textContent = words
  }
  setTimeout(tick, left < DAY_MS ? left % 1000 || 1000 : Math.min(left - DAY_MS, DAY_MS))
}

tick()
