// How this wall looks: said by its address, changed in a small panel, which writes the address.
const CHOICES = { layout: ['columns', 'masonry', 'single'], theme: ['dark', 'light', 'auto'], gate: ['checked', 'highlights'] }
const SHOWS = ['timeline', 'highlights', 'sponsors']
const NUMBERS = { scale: [0.5, 4, 1], every: [12, 600, 12], turn: [24, 3600, 120] } // least, most, usual

// What the address says; what it cannot mean is as usual, as on the server.
export function read(address) {
  const asked = new URL(address).searchParams
  const found = { name: (asked.get('name') ?? '').slice(0, 40), transparent: ['1', 'true'].includes(asked.get('transparent')) }
  found.side = asked.get('side') !== '0'
  for (const [name, choices] of Object.entries(CHOICES)) {
    found[name] = choices.includes(asked.get(name)) ? asked.get(name) : choices[0]
  }
  for (const [name, [least, most, usual]] of Object.entries(NUMBERS)) {
    const number = Number(asked.get(name))
    found[name] = number >= least && number <= most ? number : usual
  }
  const shows = (asked.get('show') ?? '').split(',').filter((name) => SHOWS.includes(name))
  found.show = shows.length ? SHOWS.filter((name) => shows.includes(name)) : SHOWS
  return found
}

// One setting into the address; what is usual is not written.
function write(name, value) {
  const address = new URL(location)
  if (value) address.searchParams.set(name, value)
  else address.searchParams.delete(name)
  history.replaceState(null, '', address)
}

export function apply(wall, settings) {
  const root = document.documentElement
  if (settings.theme === 'auto') delete root.dataset.theme
  else root.dataset.theme = settings.theme
  root.style.setProperty('--wall-scale', settings.scale)
  wall.toggleAttribute('data-bare', !settings.side)
  wall.toggleAttribute('data-transparent', settings.transparent)
}

// changed() after each change.
export function makePanel({ wall, changed }) {
  const dialog = wall.querySelector('[data-settings]')
  const form = dialog.querySelector('form')
  const show = () => [...form.querySelectorAll('[name=show]:checked')].map((box) => box.value)

  function fill() {
    const settings = read(location)
    for (const field of form.elements) {
      if (field.name === 'show') field.checked = settings.show.includes(field.value)
      else if (field.type === 'checkbox') field.checked = settings[field.name] === (field.value === '1')
      else if (field.name) field.value = settings[field.name]
    }
  }
  form.onchange = ({ target }) => {
    if (target.name === 'show') write('show', show().length < SHOWS.length ? show().join() : '')
    else if (target.type === 'checkbox') write(target.name, target.checked ? target.value : '')
    else write(target.name, target.value === target.dataset.usual ? '' : target.value)
    changed()
  }
  const open = () => { if (!dialog.open) { fill(); dialog.showModal() } }
  wall.querySelector('[data-gear]').onclick = open
  return { open, isOpen: () => dialog.open }
}
