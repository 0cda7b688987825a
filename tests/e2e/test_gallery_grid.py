"""The grid of a long list: few elements, rows that are filled, nothing that moves by itself, keys that reach every picture."""

from playwright.sync_api import expect

from tests.e2e.conftest import Visit

COUNT_SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => shifts.push(...list.getEntries().map((entry) => entry.value)))
    .observe({ type: 'layout-shift', buffered: true });
"""
ROWS = """
() => Object.values(Object.groupBy(document.querySelectorAll('#grid .card'), (card) => card.style.top))
    .map((row) => [row[0].offsetLeft, row.at(-1).offsetLeft + row.at(-1).offsetWidth - document.querySelector('#grid').clientWidth])
"""
LAST = "0619.jpg"


def test_a_long_list_has_few_elements_and_full_rows_and_never_moves(visit: Visit, album: str) -> None:
    gallery = visit()
    asked = gallery.list_many(620, like=album)
    gallery.page.add_init_script(COUNT_SHIFTS)
    gallery.open()
    most, page = 0, gallery.page

    while not gallery.card(LAST).count():
        gallery.quiet()
        most = max(most, page.evaluate("document.querySelectorAll('*').length"))
        assert all(row == [0, 0] for row in page.evaluate(ROWS)[1:-1])
        page.mouse.wheel(0, 3_000)

    assert most <= 400
    assert page.evaluate("shifts") == []
    assert page.evaluate(ROWS)[-1][0] == 0
    assert len(asked) == 7  # a page of 40, and six of 100 or less


def test_keys_move_the_focus_to_any_picture(visit: Visit, album: str) -> None:
    gallery = visit()
    gallery.list_many(620, like=album)
    gallery.open()
    keys = gallery.page.keyboard
    gallery.card("0000.jpg").locator("a").focus()

    while not gallery.card(LAST).count():
        keys.press("End")
        gallery.quiet()
    keys.press("End")
    expect(gallery.card(LAST).locator("a")).to_be_focused()
    expect(gallery.card(LAST)).to_be_in_viewport(ratio=1)
    keys.press("ArrowLeft")
    keys.press("Home")
    expect(gallery.card("0000.jpg").locator("a")).to_be_focused()
    expect(gallery.card("0000.jpg")).to_be_in_viewport(ratio=1)
    keys.press("ArrowDown")
    below = gallery.page.locator("#grid a:focus").locator("..")
    assert below.evaluate("(card) => [card.offsetLeft, card.offsetTop > 0]") == [0, True]
    keys.press("ArrowUp")
    keys.press("ArrowRight")
    expect(gallery.card("0001.jpg").locator("a")).to_be_focused()
    expect(gallery.page.locator("#grid a[tabindex='0']")).to_have_count(1)
