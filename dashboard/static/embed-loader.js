// For other sites' pages: <script async src="https://LIVE/embed.js" data-event="SLUG"></script> puts the timeline there.
// data-theme, data-accent, data-posts, data-network, data-highlights, data-title and data-post go into its address;
// data-height is its height in pixels, or "auto" for as high as what is in it.
(() => {
  const script = document.currentScript
  const { event, height = '640', label, ...settings } = script.dataset
  const home = new URL(script.src).origin
  const address = new URL(`/e/${encodeURIComponent(event)}/embed`, home)
  for (const [name, value] of Object.entries(settings)) address.searchParams.set(name, value)

  const frame = document.createElement('iframe')
  const most = height === 'auto' || settings.post ? Infinity : Math.max(160, Number(height) || 640)
  frame.src = address
  frame.title = label || 'Live timeline'
  frame.loading = 'lazy'
  frame.style.cssText = `display:block;box-sizing:content-box;width:calc(100% - 2px);border:1px solid #8884;border-radius:8px;height:${most === Infinity ? 320 : most}px`
  script.after(frame)

  addEventListener('message', ({ origin, source, data }) => {
    if (origin !== home || source !== frame.contentWindow || typeof data?.height !== 'number') return
    frame.style.height = `${Math.min(most, data.height)}px`
  })
})()
