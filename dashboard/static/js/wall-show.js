// The rhythm of a wall: one card at a time, and by turns the timeline, its highlights and the sponsors' pictures.
const HIGHLIGHT_BEATS = 3
const STIR_BEATS = 5 // everything is on screen and nothing arrives: the cards change places
const FEWEST = 2 // highlights that are worth a turn of their own

// settings() are the present ones; stage is where the cards of the pool go.
export function makeShow({ stage, pool, settings, sponsors }) {
  let mode = 'timeline'
  let beats = 0 // since the mode began, or the cards last moved
  let turned = Date.now()
  let cutOff = false
  let timer = 0

  const everything = () => settings().gate !== 'highlights' && settings().show.includes('timeline')
  const picked = () => cutOff || mode === 'highlights' || !everything()
  const shown = () => new Set(stage.showing())
  // In the order in which they should be seen.
  function candidates() {
    const cards = pool.list(picked())
    const fresh = cards.filter((card) => !card.shown)
    const seen = cards.filter((card) => card.shown).sort((a, b) => a.shown - b.shown)
    const first = cards.find((card) => card.picked)
    return [...new Set([...(first && !cutOff ? [first] : []), ...fresh, ...seen])]
  }
  function refill() {
    beats = 0
    if (mode === 'sponsors') stage.slide(sponsors[0])
    else stage.fill(candidates())
  }

  const turns = {
    timeline: () => pool.list().length > 0,
    highlights: () => pool.list(true).length >= (everything() ? FEWEST : 1),
    sponsors: () => sponsors.length > 0 && !settings().transparent,
  }
  const due = () => {
    if (!settings().show.includes(mode)) return true
    if (mode === 'timeline') return Date.now() - turned >= settings().turn * 1000
    return beats >= (mode === 'highlights' ? HIGHLIGHT_BEATS : sponsors.length)
  }
  // The next in the round that has something to show; false where there is no other.
  function turn() {
    const round = settings().show.filter((name) => turns[name]())
    const next = round[(round.indexOf(mode) + 1) % round.length]
    if (cutOff || !next || next === mode) return false
    mode = next
    turned = Date.now()
    refill()
    return true
  }

  function beat() {
    timer = setTimeout(beat, settings().every * 1000)
    if (due() && turn()) return
    beats++
    if (mode === 'sponsors') { stage.slide(sponsors[beats % sponsors.length]); return }
    const all = candidates()
    const next = pool.next(shown(), picked())
    if (!stage.suits(all.length)) refill()
    else if (next) { if (mode === 'timeline') beats = 0; stage.swap(next, all) }
    else if (beats >= STIR_BEATS && all.length > 1) refill()
  }

  function start() {
    clearTimeout(timer)
    timer = setTimeout(beat, settings().every * 1000)
    refill()
  }
  // The round from its beginning.
  function again() {
    mode = settings().show.find((name) => turns[name]()) ?? 'timeline'
    turned = Date.now()
    start()
  }
  return {
    // The room has changed: the same cards again, as far as they have a place.
    refit() {
      if (mode === 'sponsors') return
      const here = stage.showing().map(pool.get).filter(Boolean)
      stage.fill([...new Set([...here, ...candidates()])])
    },
    mode: () => mode,
    // What the page came with, newest first.
    seed(nodes) {
      for (const node of [...nodes].reverse()) pool.put(node)
      again()
    },
    again,
    heard(node) {
      if (settings().gate === 'highlights' && !node.dataset.highlight) { this.removed(node.id); return }
      if (!pool.put(node)) { this.removed(node.id); return }
      if (stage.has(node.id)) stage.replace(pool.get(node.id))
      else if (!stage.showing().length && mode !== 'sponsors') start()
    },
    removed(...ids) {
      ids.forEach(pool.drop)
      if (stage.remove(ids) && !stage.showing().length) again()
    },
    cleared(moment) { this.removed(...pool.before(moment), ...stage.before(moment)) },
    // Nobody can tell us any more what has to go: only what staff picked stays.
    cutOff(yes) {
      if (cutOff === yes) return
      cutOff = yes
      if (yes && mode !== 'sponsors') mode = 'timeline'
      refill()
    },
    forget() { pool.clear(); stage.remove(stage.showing()); refill() },
  }
}
