// A page or a post that was kept: its pictures were not, and say so.
import { renumber } from './order.js'
import { words } from './words.js'

export function prepare(part) {
  const feed = part.querySelector('[data-feed]')
  if (feed) renumber(feed)
  for (const picture of part.querySelectorAll('img[data-src]')) {
    if (picture.matches('.avatar')) {
      const face = document.createElement('span')
      face.className = picture.className
      face.textContent = picture.dataset.initials ?? ''
      face.ariaHidden = 'true'
      picture.replaceWith(face)
    } else if (picture.closest('.media')) {
      const slot = document.createElement('div')
      slot.className = 'slot'
      slot.append(picture.alt, document.createElement('br'), words('not-kept'))
      picture.closest('a').replaceWith(slot)
    } else picture.remove()
  }
}
