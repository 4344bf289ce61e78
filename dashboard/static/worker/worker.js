// Pages without a connection. SHELL ({ digest, files, offline }) and what copy.js exports stand before this.
const PATIENCE_MS = 3_500 // then a page that is kept is shown instead
const ANSWER_MS = 30_000
const DRAWN_MS = 600_000 // a page that is younger is not fetched again with its posts
const AFTER_REMOVAL_MS = 3_000 // what else quotes the post goes with the next copy
const SHELL_CACHE = `shell-${SHELL.digest}`
const AWAY = [502, 503, 504] // what stands before a server answers so while it is away
const TIMELINE = /^\/e\/([^/]+)$/
const POST = /^\/p\/(\d+)$/
const SHORT = /^\/([^/]+)$/
const LEFT_ALONE = /^\/(desk|api|media|websub|metrics|healthz|readyz|sw\.js)(\/|$)|\/(wall|embed|stream|copy)$|\.\w+$/

const told = []
let turn = Promise.resolve()
let due = null

const pause = (ms) => new Promise((done) => setTimeout(done, ms))
const inTurn = (act) => (turn = turn.then(act).catch((error) => console.warn(error))) // a full disk breaks no page

addEventListener('install', (event) => {
  skipWaiting() // a page of the version before asks for files that this one knows by name
  event.waitUntil(caches.open(SHELL_CACHE).then((shell) => shell.addAll([...SHELL.files, SHELL.offline])))
})

addEventListener('activate', (event) => {
  const old = async () => {
    for (const name of await caches.keys()) if (name.startsWith('shell-') && name !== SHELL_CACHE) await caches.delete(name)
    await clients.claim()
    await keptEvents()
  }
  event.waitUntil(old())
})

addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname, search } = new URL(request.url)
  if (request.method !== 'GET' || origin !== location.origin) return
  if (pathname.startsWith('/static/') || pathname === '/theme.css') event.respondWith(file(request, pathname))
  else if (request.mode === 'navigate' && !LEFT_ALONE.test(pathname) && !/[?&]fragment=/.test(search)) {
    event.respondWith(page(request, pathname))
  }
})

addEventListener('message', (event) => {
  const { keep, language, seq, address, ...message } = event.data
  if (keep) event.waitUntil(inTurn(() => bring(slugOf(keep), language, seq)))
  else if (slugOf(address)) {
    told.push([slugOf(address), message])
    event.waitUntil(inTurn(hear).then(() => due))
  }
})

const slugOf = (address = '') => address.match(TIMELINE)?.[1]

// Files carry the digest of their version; one of another version is better than none.
async function file(request, pathname) {
  const shell = await caches.open(SHELL_CACHE)
  if (pathname === '/theme.css') return await fetch(request).catch(() => null) ?? await shell.match(request) ?? Response.error()
  const name = pathname.replace(/^\/static\/[^/]+/, `/static/${SHELL.digest}`)
  return await shell.match(request) ?? await fetch(request).catch(() => null) ?? await shell.match(name) ?? Response.error()
}

// The network's answer first. The copy is for when there is none, or it takes too long; what is gone goes there too.
async function page(request, pathname) {
  const asked = fetch(request).catch(() => null)
  const [, slug] = pathname.match(TIMELINE) ?? []
  const [, id] = pathname.match(POST) ?? []
  const kept = slug && await keptEvent(slug).catch(() => null)
  const answer = await (kept ? Promise.race([asked, pause(PATIENCE_MS)]) : asked)
  if (answer && [404, 410].includes(answer.status)) {
    if (slug) await inTurn(() => forget(slug))
    if (id) await inTurn(() => forgetPost(Number(id)))
  }
  if (answer && !AWAY.includes(answer.status)) return answer
  if (kept) return copyOf(kept)
  const [, short] = pathname.match(SHORT) ?? []
  if (!answer && short && await keptEvent(short).catch(() => null)) return Response.redirect(`/e/${short}`)
  return answer ?? await caches.match(SHELL.offline) ?? Response.error()
}

// The page of an event with the posts that are kept. Pictures are not, so none is asked for.
async function copyOf(kept) {
  const posts = (await keptCards(kept.slug)).map(({ html }) => html).join('\n')
  const body = kept.page
    .replace('<main ', () => `<main data-saved="${kept.saved}" `)
    .replace(/data-seq="[^"]*"/, () => `data-seq="${kept.seq}"`)
    .replace('<!--cards-->', () => posts)
    .replace(/ (src|srcset)="\/media\//g, ' data-$1="/media/')
  return new Response(body, { headers: { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': kept.policy } })
}

// Brings the copy of an event up to date: what changed since the last one, and which posts are still there at all.
// Not asked for where it has reached the number already.
async function bring(slug, language, seq = Infinity, whole = false) {
  const now = Date.now()
  const kept = whole ? null : await keptEvent(slug)
  const same = kept?.digest === SHELL.digest && kept.language === language
  if (same && kept.seq >= seq) return
  const asked = { signal: AbortSignal.timeout(ANSWER_MS) }
  const young = same && kept.drawn > now - DRAWN_MS
  const how = `known=${same ? kept.seq : ''}&lang=${language}${young ? '&page=no' : ''}`
  const answer = await fetch(`/e/${slug}/copy?${how}`, asked)
  if ([404, 410].includes(answer.status)) return forget(slug)
  if (!answer.ok) return
  const { posts, order, ...event } = await answer.json()
  if (!order.length) return forget(slug) // nothing was said yet, or all of it was taken back
  const policy = answer.headers.get('Content-Security-Policy') ?? "default-src 'self'"
  const page = event.page ? { drawn: now } : { page: kept.page, drawn: kept.drawn }
  const complete = await save({ ...event, ...page, policy, language, digest: SHELL.digest, saved: now }, { posts, order })
  if (!complete && !whole) await bring(slug, language, seq, true)
}

// Takes what the stream told since the last time.
async function hear() {
  const messages = told.splice(0)
  for (const slug of new Set(messages.map(([slug]) => slug))) {
    const removed = await change(slug, messages.filter(([of]) => of === slug).map(([, message]) => message))
    if (removed) soon(slug)
  }
}

function soon(slug) {
  due ??= pause(AFTER_REMOVAL_MS).then(() => {
    due = null
    return inTurn(async () => {
      const kept = await keptEvent(slug)
      if (kept) await bring(slug, kept.language)
    })
  })
}
