// For readers who save data: a picture is its description, its size and a button, a face its initials.
import { words } from './words.js'

const slot = document.querySelector('[data-slot]')?.content.firstElementChild
const known = (bytes) => (bytes ? words('picture', { size: `${Math.max(1, Math.round(bytes / 1000))} KB` }) : words('picture-of-no-size'))

// The same cards without the pictures that have not come yet; in a template none has been asked for.
export function lean(part) {
  faces(part)
  for (const picture of part.querySelectorAll('.linkcard img')) if (!picture.naturalWidth) picture.remove()
  for (const picture of part.querySelectorAll('.media img')) {
    if (picture.naturalWidth) continue
    const link = picture.closest('a')
    const made = inPlaceOf(picture, known(picture.dataset.bytes))
    const show = made.querySelector('[data-show]')
    show.href = link.href
    Object.assign(show.dataset, { src: picture.getAttribute('src'), width: picture.width, height: picture.height })
    if (link.querySelector('.media__play')) { // a film is seen where it is
      made.querySelector('[data-size]').remove()
      show.removeAttribute('data-show')
    }
  }
  return part
}

// Its description, which then stands there only once, and something more.
export function inPlaceOf(picture, more) {
  const made = slot.cloneNode(true)
  const all = picture.closest('.media')
  made.querySelector('[data-what]').textContent = picture.alt
  made.querySelector('[data-size]').textContent = more
  picture.closest('a').replaceWith(made)
  all.classList.add('media--asked')
  all.parentElement.querySelector('.alt')?.remove()
  return made
}

export function faces(part) {
  for (const picture of part.querySelectorAll('img.avatar')) {
    const face = document.createElement('span')
    face.className = `${picture.className} avatar--${picture.dataset.tint}`
    face.textContent = picture.dataset.initials
    face.ariaHidden = 'true'
    picture.replaceWith(face)
  }
}

// A picture that is asked for comes into its place, and the focus with it.
document.addEventListener('click', (event) => {
  const show = event.target.closest('[data-show]')
  if (!show || event.metaKey || event.ctrlKey) return
  event.preventDefault()
  const made = show.closest('.slot')
  const link = document.createElement('a')
  const picture = new Image(show.dataset.width || 640, show.dataset.height || 360)
  picture.alt = made.querySelector('[data-what]').textContent
  picture.src = show.dataset.src
  link.href = show.href
  link.append(picture)
  made.replaceWith(link)
  link.focus({ preventScroll: true })
})
