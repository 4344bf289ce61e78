// Nothing on a wall scrolls: what is too long gives way in size, and what has no room is not there.
const STEPS = 3 // of ever smaller type; the last also cuts lines

export const spills = (box) => box.scrollHeight > box.clientHeight + 1

// A card that is higher than its column, made to fit it.
export function tighten(slip) {
  delete slip.dataset.tight
  for (let step = 1; step <= STEPS && spills(slip); step++) slip.dataset.tight = step
  if (!spills(slip)) return
  const words = slip.querySelector('.slip__words')
  const line = words ? parseFloat(getComputedStyle(words).lineHeight) : 1
  const room = (words?.clientHeight ?? 0) - (slip.scrollHeight - slip.clientHeight)
  words?.style.setProperty('--lines', Math.max(1, Math.floor(room / line)))
}

// One line of words, as large as its box lets it be.
export function fitLines(within) {
  for (const line of within.querySelectorAll('[data-fit]')) {
    line.style.setProperty('--fit', 1)
    const most = line.clientWidth / line.scrollWidth
    if (most < 1) line.style.setProperty('--fit', Math.floor(most * 98) / 100)
  }
}
