from __future__ import annotations

import asyncio

from regbulk.api.line import Line, Place


def test_a_request_whose_event_loop_is_gone_holds_nobody_up() -> None:
    line, gone = Line(1), asyncio.new_event_loop()

    async def go() -> bool:
        first, second = Place(), Place()
        await line.front(first)
        forgotten = line.front(Place(gone))
        forgotten.send(None)
        gone.close()
        waiting = asyncio.create_task(line.front(second))
        await asyncio.sleep(0)
        line.leave(first)
        async with asyncio.timeout(5):
            await waiting
        forgotten.close()
        return second.taken

    assert asyncio.run(go())


def test_one_that_gives_up_while_it_is_called_lets_the_next_in() -> None:
    line = Line(1)

    async def go() -> bool:
        first, second, third = Place(), Place(), Place()
        await line.front(first)
        called, behind = (asyncio.create_task(line.front(place)) for place in (second, third))
        await asyncio.sleep(0)
        line.leave(first)
        called.cancel()
        async with asyncio.timeout(5):
            await behind
        return third.taken and not second.taken

    assert asyncio.run(go())


def test_a_place_that_no_longer_fits_stands_first_and_comes_in_again() -> None:
    line = Line(2)

    async def go() -> list[str]:
        order, inside, front, behind = [], Place(), Place(), Place()
        await line.front(inside)
        line.passed(inside)
        await line.front(front)
        line.widen(1)
        assert line.crowded

        async def again(place: Place, name: str) -> None:
            await line.front(place)
            order.append(name)
            line.leave(place)

        tasks = [asyncio.create_task(again(behind, "behind")), asyncio.create_task(again(front, "front"))]
        await asyncio.sleep(0.01)
        assert order == []
        line.leave(inside)
        await asyncio.gather(*tasks)
        return order

    assert asyncio.run(go()) == ["front", "behind"]
