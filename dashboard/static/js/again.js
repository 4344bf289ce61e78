// Reads a page, or a part of it, again soon after something changed: one answer at a time. An answer may be older than
// what was said while it was on its way, so that is heard once more after it.
const SOON_MS = 400
const SPREAD_MS = 1_200 // a hall of open pages does not ask in the same moment
const AGAIN_MS = 3_000
const ANSWER_MS = 15_000

// take(html) puts the answer into the page; heard(kind, data) does what a message asks for, however often it is told.
export function readAgain({ address, take, heard }) {
  let timer = 0
  let meanwhile = null // messages, while an answer is on its way

  function soon(ms = SOON_MS) {
    clearTimeout(timer)
    timer = setTimeout(read, ms + Math.random() * SPREAD_MS)
  }

  async function read() {
    if (meanwhile) return soon()
    const late = meanwhile = []
    try {
      const answer = await fetch(address, { signal: AbortSignal.timeout(ANSWER_MS) })
      if ([404, 410].includes(answer.status)) return location.reload() // which says what became of it
      if (!answer.ok) throw new Error(answer.status)
      take(await answer.text())
    } catch {
      soon(AGAIN_MS)
    } finally {
      meanwhile = null
    }
    late.forEach(([kind, data]) => heard(kind, data))
  }

  return {
    soon,
    hear(kind, data) {
      meanwhile?.push([kind, data])
      heard(kind, data)
    },
  }
}
