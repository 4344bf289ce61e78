// The screen a wall stands on: it stays awake, shows no pointer, fills the glass, and answers to two keys.
import { fitLines } from './wall-fit.js'

const IDLE_MS = 3_000
const RESIZE_MS = 200

// panel is that of the settings; resized() once the size has come to rest.
export function keepScreen({ wall, panel, resized }) {
  let idle = 0
  let resizing = 0
  let awake = null
  const rest = () => { wall.dataset.idle = '' }
  const stir = () => {
    delete wall.dataset.idle
    clearTimeout(idle)
    idle = setTimeout(rest, IDLE_MS)
  }
  // Let go by the browser whenever the page is hidden; asked for again when it is seen.
  async function wake() {
    if (document.hidden || (awake && !awake.released)) return
    awake = await navigator.wakeLock?.request('screen').catch(() => null)
  }
  const size = () => { fitLines(wall); resized() }

  document.addEventListener('pointermove', stir)
  document.addEventListener('visibilitychange', wake)
  document.addEventListener('keydown', (event) => {
    if (panel.isOpen() || event.ctrlKey || event.metaKey || event.altKey) return
    const key = event.key.toLowerCase()
    if (key === 's') { event.preventDefault(); panel.open() }
    if (key === 'f') {
      const asked = document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen?.()
      asked?.catch(() => {}) // where the browser is in kiosk mode, or does not let us
    }
  })
  addEventListener('resize', () => { clearTimeout(resizing); resizing = setTimeout(size, RESIZE_MS) })
  document.fonts.ready.then(size)
  fitLines(wall)
  rest()
  wake()
}
