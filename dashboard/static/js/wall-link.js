// The wall's link to the server: what it says when it is lost, the pace at the foot, and whether the page is of today.
import { fitLines } from './wall-fit.js'

const SAY_MS = 3_000
const CUT_OFF_MS = 30_000
const CATCH_UP_MS = 1_500 // what has to go is told first of all
const FOOT_MS = 60_000
const ANSWER_MS = 15_000
const MOST_FAILURES = 3

// cutOff(yes): only highlights while it is lost; gone(): the event is not public any more; outdated(): another version
// runs there; recover(): something that should answer does not.
export function makeLink({ wall, zone, language, cutOff, gone, outdated, recover }) {
  const note = wall.querySelector('[data-link]')
  const foot = wall.querySelector('[data-foot]')
  const clock = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: zone })
  let timers = []
  let known = Date.now() // when somebody answered for the last time
  let lost = 0
  let failures = 0

  const up = () => {
    timers.forEach(clearTimeout)
    known = Date.now()
    lost = 0
    note.hidden = true
    timers = [setTimeout(cutOff, CATCH_UP_MS, false)]
  }
  const down = () => {
    if (lost) return
    lost = known
    timers.forEach(clearTimeout)
    timers = [setTimeout(say, SAY_MS), setTimeout(check, SAY_MS), setTimeout(cutOff, Math.max(0, lost + CUT_OFF_MS - Date.now()), true)]
  }
  function say() {
    note.querySelector('span').textContent = note.dataset.words.replace('{time}', clock.format(lost))
    note.hidden = false
  }
  function look() {
    setTimeout(look, FOOT_MS * (0.9 + Math.random() / 5))
    check()
  }
  async function check() {
    try {
      const answer = await fetch(`${wall.dataset.wall}?fragment=foot&lang=${language}`, { signal: AbortSignal.timeout(ANSWER_MS) })
      if (answer.status === 404 || answer.status === 410) { gone(); return }
      if (!answer.ok) throw new Error(answer.status)
      const part = document.createElement('template')
      part.innerHTML = await answer.text()
      const next = part.content.querySelector('[data-version]')
      failures = 0
      if (next.dataset.version !== wall.dataset.version) outdated()
      foot.querySelector('[data-pace]').replaceChildren(...next.childNodes)
      fitLines(foot)
    } catch {
      if (++failures >= MOST_FAILURES && !lost) recover()
    }
  }
  setTimeout(look, FOOT_MS)
  return { up, down, sure: () => { known = Date.now() } }
}
