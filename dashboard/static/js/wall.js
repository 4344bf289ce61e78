// The projector wall: cards come and go by themselves, for a week, before people who cannot touch it.
import { follow } from './live.js'
import { makeGuard } from './wall-guard.js'
import { makeLink } from './wall-link.js'
import { keepReporting } from './wall-report.js'
import { keepScreen } from './wall-screen.js'
import { makePool } from './wall-pool.js'
import { apply, makePanel, read } from './wall-settings.js'
import { makeShow } from './wall-show.js'
import { makeStage } from './wall-stage.js'

const OUTDATED_MS = 15_000 // others who noticed, too, do not all come at once
const guard = makeGuard()
const wall = document.querySelector('[data-wall]')
const { zone, wall: address, seq } = wall.dataset
const language = document.documentElement.lang
const day = new Intl.DateTimeFormat('en-CA', { timeZone: zone })
const weekday = new Intl.DateTimeFormat(language, { weekday: 'short', timeZone: zone })

let settings = read(location)
let known = ''
let cleared = Math.floor(Number(wall.dataset.cleared ?? 0))
let report = () => {}
let stream = null
let link = null
apply(wall, settings)

// A time of another day says of which.
function dated(slip) {
  const at = Number(slip.dataset.at)
  const time = slip.querySelector('time')
  if (time && day.format(at) !== day.format(Date.now())) time.prepend(`${weekday.format(at)} `)
}

const pool = makePool()
const stage = makeStage({
  wall, dated, current: pool.get, layout: () => settings.transparent ? 'overlay' : settings.layout, changed: () => report(),
})
const sponsors = [...wall.querySelector('[data-sponsors]').content.children]
const show = makeShow({ stage, pool, sponsors, settings: () => settings })
const panel = makePanel({
  wall,
  changed() {
    const { gate } = settings
    settings = read(location)
    if (settings.gate !== gate) { location.reload(); return } // the page came with other cards
    apply(wall, settings)
    show.again()
  },
})
const parsed = (html) => {
  const part = document.createElement('template')
  part.innerHTML = html
  return part.content.firstElementChild
}

// The page came with the cards; from here they are shown in turn.
const begun = wall.querySelector('[data-cards]')
const lying = document.createElement('template').content
lying.append(...begun.children)
show.seed(lying.children)

report = keepReporting({
  address,
  answered: () => link?.sure(),
  silent: () => stream?.open(),
  told: () => ({ name: settings.name, layout: settings.layout, mode: show.mode(), showing: stage.showing() }),
})
keepScreen({ wall, panel, resized: show.refit })

link = makeLink({
  wall, zone, language,
  cutOff: show.cutOff,
  gone: () => show.forget(),
  outdated: () => guard.reload(OUTDATED_MS * Math.random()),
  recover: guard.recover,
})
const hearing = {
  post: (html) => show.heard(parsed(html)),
  remove: (data) => show.removed(`item-${JSON.parse(data).id}`),
  clear: (data) => show.cleared(JSON.parse(data).before),
  // What stands beside the posts is drawn by the server.
  event(data) {
    const { title, hashtags, starts, ends, walls_cleared_at: emptied } = JSON.parse(data)
    const now = JSON.stringify([title, hashtags, starts, ends])
    if (known && known !== now) guard.reload(OUTDATED_MS)
    if (Date.parse(emptied ?? 0) < cleared) guard.reload(0) // a clearing was taken back
    known = now
    cleared = Date.parse(emptied ?? 0)
  },
  reset: () => guard.reload(0), // what had to go meanwhile is not told any more
}
stream = follow({
  address, after: Number(seq), own: true, life: new AbortController().signal,
  heard: (kind, data) => hearing[kind]?.(data),
  up: link.up, down: link.down,
})

// A picture that is not there any more takes no room; a card that was nothing else, no place.
begun.addEventListener('error', ({ target }) => {
  const slip = target.closest('.slip')
  target.closest('.slip__picture')?.remove()
  if (slip && !slip.querySelector('.slip__words, .slip__picture')) show.removed(slip.id)
  else if (target.matches('.slip__face')) target.remove()
}, true)
