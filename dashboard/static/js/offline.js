// The page that stands in for one that is not kept: the post, where that is what was asked for, and the events there are.
import { keptCard, keptCards, keptEvents } from './copy.js'
import { prepare } from './saved.js'
import './theme.js'
import { savedAt, words } from './words.js'

const find = (name) => document.querySelector(`[data-${name}]`)
const [, id] = location.pathname.match(/^\/p\/(\d+)$/) ?? []

const card = id && await keptCard(Number(id))
if (card) {
  find('post').innerHTML = card.html.replace(/ (src|srcset)="\/media\//g, ' data-$1="/media/')
  find('post').hidden = false
  find('absent').hidden = true
  prepare(find('post'))
}
for (const { slug, title, saved, zone } of await keptEvents()) {
  const row = find('event').content.firstElementChild.cloneNode(true)
  const count = (await keptCards(slug)).length
  row.querySelector('a').href = `/e/${slug}`
  row.querySelector('b').textContent = title
  row.querySelector('small').textContent = words('kept', { num: count, time: savedAt(saved, zone) })
  find('events').append(row)
  find('kept').hidden = false
}
find('again').href = location.href
addEventListener('online', () => location.reload())
