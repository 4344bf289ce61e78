"""How tests look at an open timeline."""

PHONE = (390, 844)
DESKTOP = (1440, 900)

WORDS = "() => [...document.querySelectorAll('[data-feed] > article .words')].map((words) => words.textContent.trim())"
TOPMOST = """() => {
  const edge = document.querySelector('.filters').getBoundingClientRect().bottom
  const card = [...document.querySelectorAll('.card')].find((one) => one.getBoundingClientRect().bottom > edge + 1)
  return [card.id, Math.round(card.getBoundingClientRect().top)]
}"""
_SCROLL = """(by) => {
  const column = document.querySelector('.column')
  const scroller = getComputedStyle(column).overflowY === 'auto' ? column : document.scrollingElement
  scroller.scrollTop = by
}"""
_TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def some(count, start=0):
    """The words of so many posts, some of several lines."""
    numbers = range(start, start + count)
    return [f"Post {number} " + "says something about the harbour " * (number % 4) for number in numbers]


async def shifts(page):
    """What has moved since the last time this was asked: how much, and what."""
    await settle(page)
    return await page.evaluate("shifts.splice(0)")


async def settle(page):
    """Until everything asked for has been drawn."""
    await page.evaluate(_TWO_FRAMES)
    await page.evaluate(_TWO_FRAMES)


async def scroll(page, by):
    await page.evaluate(_SCROLL, by)
    await settle(page)


async def words(page):
    """What the posts say, from the top."""
    return [said.removesuffix(" #harbour26") for said in await page.evaluate(WORDS)]
