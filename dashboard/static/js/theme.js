// Light or dark. The choice is a cookie, so that the server draws the first paint in it and nothing flashes.
const root = document.documentElement

root.classList.add('scripted')
document.addEventListener('click', ({ target }) => {
  if (!target.closest('[data-theme-switch]')) return
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches
  root.dataset.theme = dark ? 'light' : 'dark'
  document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`
})
