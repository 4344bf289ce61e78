// Single keys, outside text fields only, and only while the reader has not turned them off.
const STORED = 'keys'
const dialog = document.querySelector('[data-keys-dialog]')
const button = () => document.querySelector('[data-keys]')
const box = dialog.querySelector('[data-keys-on]')

const stored = () => { try { return localStorage.getItem(STORED) } catch { return null } }
box.checked = stored() !== 'off'
box.onchange = () => { try { localStorage.setItem(STORED, box.checked ? 'on' : 'off') } catch { /* kept for this page */ } }

// show() brings the new posts in.
export function listen(main, show) {
  if (!button()) return
  button().hidden = false
  button().onclick = () => dialog.showModal()
  document.onkeydown = (event) => {
    const busy = dialog.open || event.target.closest('input, textarea, select, [contenteditable]')
    if (busy || !box.checked || event.ctrlKey || event.metaKey || event.altKey) return
    const links = main.querySelectorAll('.segment a')
    const click = (name) => document.querySelector(name)?.click()
    const act = {
      j: () => step(main, 1),
      k: () => step(main, -1),
      '.': () => !main.querySelector('[data-pill]').hidden && show(),
      p: () => click('[data-pause]'),
      t: () => click('[data-theme-switch]'),
      '/': () => click('.tabs [href$="/search"]'),
      '?': () => dialog.showModal(),
    }[event.key.toLowerCase()] ?? (links[event.key - 1] && (() => links[event.key - 1].click()))
    if (!act) return
    event.preventDefault()
    act()
  }
}

function step(main, by) {
  const cards = [...main.querySelectorAll('[data-feed] > article')]
  const here = cards.indexOf(document.activeElement?.closest('article'))
  const top = main.querySelector('.filters').getBoundingClientRect().bottom
  const start = cards.findIndex((card) => card.getBoundingClientRect().top >= top - 1)
  cards[here < 0 ? start : here + by]?.focus()
}
