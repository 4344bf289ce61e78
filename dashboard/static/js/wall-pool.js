// What a wall may show, as the gate let it through: bounded, whatever arrives in a week. Cards lie here inert, so that
// their pictures load only when they are shown.
const NEWEST = 60
const HIGHLIGHTS = 24

export function makePool() {
  const known = new Map()
  const drop = (id) => known.delete(id)
  const list = (picked = false) => [...known.values()].filter((card) => card.picked || !picked).sort((a, b) => b.at - a.at)

  return {
    list,
    drop,
    get: (id) => known.get(id),
    clear: () => known.clear(),
    // A card, new or in the place of its former self; false where it is too old to be kept.
    put(node) {
      const { at, since, highlight } = node.dataset
      const { shown = 0 } = known.get(node.id) ?? {}
      known.set(node.id, { id: node.id, node, shown, at: Number(at), since: Number(since), picked: Boolean(highlight) })
      if (known.size > NEWEST) {
        const kept = new Set([...list().slice(0, NEWEST), ...list(true).slice(0, HIGHLIGHTS)])
        for (const card of known.values()) if (!kept.has(card)) drop(card.id)
      }
      return known.has(node.id)
    },
    // The ids of what may have stood here up to a moment of clearing.
    before: (moment) => [...known.values()].filter((card) => card.since <= moment).map((card) => card.id),
    // What to show next, beside what is shown: highlights and the newest that nobody has seen; else, when it is quiet,
    // one of those not seen for longest, so that the wall never looks frozen.
    next(shown, picked) {
      const rest = list(picked).filter((card) => !shown.has(card.id))
      const fresh = rest.filter((card) => !card.shown)
      if (fresh.length) return fresh.find((card) => card.picked) ?? fresh[0]
      const seen = rest.sort((a, b) => a.shown - b.shown)
      return seen[Math.floor(Math.random() * Math.ceil(seen.length / 2))]
    },
  }
}
