// What scripts say to people, in the language of the page: its <template data-says> has an element for each.
const { lang } = document.documentElement
const says = document.querySelector('[data-says]')?.content
const kinds = new Intl.PluralRules(lang)
const numbers = new Intl.NumberFormat(lang)

// words('offline') or words('new-posts', { num: 3 }): every {name} is filled in, and num chooses the form.
export function words(name, values = {}) {
  const found = says?.querySelector(`[data-name="${name}"]`)
  const text = 'num' in values ? found?.dataset[kinds.select(values.num)] ?? found?.dataset.other : found?.textContent
  return (text ?? '').replace(/\{(\w+)\}/g, (_, key) => (key === 'num' ? numbers.format(values.num) : values[key]))
}

// 14:31, in a zone; more asks for seconds and the like.
export const clock = (timeZone, more = {}) =>
  new Intl.DateTimeFormat(lang, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone, ...more })

// 14:31, and which day that was unless it is today.
export function savedAt(saved, timeZone) {
  const day = new Intl.DateTimeFormat(lang, { day: 'numeric', month: 'long', timeZone })
  const time = clock(timeZone).format(saved)
  return day.format(saved) === day.format(Date.now()) ? time : `${time}, ${day.format(saved)}`
}
