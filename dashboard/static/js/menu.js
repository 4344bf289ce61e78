// The "Post with" menus: they close like menus, and show what needs a script.
const SERVER = 'mastodon-server'

document.querySelectorAll('[data-menu]').forEach((menu) => {
  const copy = menu.querySelector('[data-copy]')
  const share = menu.querySelector('[data-share]')

  document.addEventListener('click', (event) => { if (!menu.contains(event.target)) menu.open = false })
  menu.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return
    menu.open = false
    menu.querySelector('summary').focus()
  })

  if (navigator.clipboard) {
    copy.hidden = false
    copy.onclick = async () => {
      await navigator.clipboard.writeText(copy.dataset.copy)
      copy.querySelector('span').textContent = copy.dataset.copied
    }
  }
  if (share) {
    const server = share.elements.server
    share.hidden = false
    try { server.value = localStorage.getItem(SERVER) ?? '' } catch { /* asked again */ }
    share.onsubmit = (event) => {
      event.preventDefault()
      const host = server.value.trim().replace(/^https?:\/\//, '').replace(/^@?.*@/, '').replace(/\/.*$/, '')
      if (!host) return
      try { localStorage.setItem(SERVER, host) } catch { /* asked again */ }
      open(`https://${host}/share?text=${encodeURIComponent(share.dataset.share)}`, '_blank', 'noopener')
    }
  }
})
