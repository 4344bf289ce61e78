// Which of a browser's tabs holds the connection: the one that has the lock. It tells the others on a channel.

// told(message): what another tab says. lead(): from now on this tab leads. lost(): another took that over, as this one hung.
export function among(name, { told, lead, lost }) {
  const channel = new BroadcastChannel(name)
  const end = new AbortController()
  let free = null
  const ask = (how) => navigator.locks.request(name, how, () => !end.signal.aborted && new Promise((done) => {
    free = done
    lead()
  })).catch(({ name }) => {
    if (end.signal.aborted) return
    if (name === 'AbortError') lost()
    else lead() // no locks in the frame of another site's page: each has a connection of its own
  })

  channel.onmessage = ({ data }) => end.signal.aborted || told(data)
  ask({ signal: end.signal })
  return {
    tell: (message) => channel.postMessage(message),
    steal: () => ask({ steal: true }),
    leave() {
      end.abort()
      free?.()
      channel.close()
    },
  }
}
