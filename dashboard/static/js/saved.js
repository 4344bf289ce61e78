// A page or a post that was kept: its pictures were not, and say so.
import { faces, inPlaceOf } from './lean.js'
import { renumber } from './order.js'
import { words } from './words.js'

export function prepare(part) {
  const feed = part.querySelector('[data-feed]')
  if (feed) renumber(feed)
  faces(part)
  for (const picture of part.querySelectorAll('img[data-src]')) {
    if (picture.closest('.media')) {
      inPlaceOf(picture, words('not-kept')).querySelector('[data-show]').remove()
    } else picture.remove()
  }
}
