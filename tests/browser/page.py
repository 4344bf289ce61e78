"""How tests look at an open timeline."""

import asyncio
from contextlib import asynccontextmanager

PHONE = (390, 844)
DESKTOP = (1440, 900)

WORDS = "() => [...document.querySelectorAll('[data-feed] > article .words')].map((words) => words.textContent.trim())"
TOPMOST = """() => {
  const edge = document.querySelector('.filters').getBoundingClientRect().bottom
  const card = [...document.querySelectorAll('.card')].find((one) => one.getBoundingClientRect().bottom > edge + 1)
  return [card.id, Math.round(card.getBoundingClientRect().top)]
}"""
TURN = """(hidden) => {
  Object.defineProperty(document, 'hidden', { value: hidden, configurable: true })
  document.dispatchEvent(new Event('visibilitychange'))
}"""
_TELL = """(messages) => messages.forEach(([kind, data, number]) =>
  streams.at(-1).dispatchEvent(new MessageEvent(kind, { data, lastEventId: String(number) })))"""
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


async def open_streams(page):
    """How many connections the page has that are open, or opening."""
    return await page.evaluate("streams.filter((stream) => stream.readyState < 2).length")


async def tell(page, *messages):
    """Messages of the stream, as if the server had sent them at once: kind, data, number."""
    await page.evaluate(_TELL, [list(message) for message in messages])


@asynccontextmanager
async def slow_answers(page, address):
    """What is asked for at this address is answered as it is then, and arrives at the end."""
    answered, gate, arrived = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slowly(route):
        answer = await route.fetch()
        answered.set()
        await gate.wait()
        await route.fulfill(response=answer)
        arrived.set()

    await page.route(address, slowly)
    yield answered
    gate.set()
    await arrived.wait()
