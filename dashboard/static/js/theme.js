// Light or dark. The choice is a cookie, so that the server draws the first paint in it and nothing flashes.
const button = document.querySelector('[data-theme-switch]')
const root = document.documentElement

button.disabled = false
button.onclick = () => {
  const dark = (root.dataset.theme || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark'
  root.dataset.theme = dark ? 'light' : 'dark'
  document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`
}
