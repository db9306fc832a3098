/** Looks of the page, on a screen and on a phone. */
export const pageStyle = `
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2937; background: #fff; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem } h3 { font-size: 1rem; margin: 1.4rem 0 .4rem }
.summary { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1.2rem; margin: 1rem 0 }
.summary dt { color: #6b7280 } .summary dd { margin: 0 }
.notes, .gaps { background: #fef3c7; padding: .6rem 1rem } .notes { padding-left: 2rem }
.findings { padding-left: 1.2rem } .findings li { margin: .2rem 0 }
.table { overflow-x: auto } table { border-collapse: collapse; font-variant-numeric: tabular-nums; white-space: nowrap }
td, th { padding: .2rem .5rem; border-bottom: 1px solid #e5e7eb; text-align: left; font-size: 14px } th.right, td.right { text-align: right }
td:first-child, th:first-child { padding-left: 0 } #missing td:last-child, #left-out td:last-child { white-space: normal; min-width: 12rem }
button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer } th button { font-weight: 600 }
th button::after { content: "\\2195"; color: #9ca3af; padding-left: .2rem; font-weight: 400 }
th[aria-sort=ascending] button::after { content: "\\2191"; color: inherit } th[aria-sort=descending] button::after { content: "\\2193"; color: inherit }
.views { margin: .2rem 0; color: #6b7280 } .views button { padding: .1rem .5rem; margin-left: .3rem; border: 1px solid #d1d5db; border-radius: .3rem }
.views button[aria-pressed=true] { background: #1f2937; color: #fff; border-color: #1f2937 }
figure { margin: 1.2rem 0 2rem } figcaption, .note { color: #4b5563; font-size: 14px; margin: .3rem 0; max-width: 45rem }
svg { max-width: 100%; height: auto; display: block } .phone { display: none }
.examples { display: flex; flex-wrap: wrap; gap: .8rem } .example { width: 160px; font-size: 13px } .example img { width: 100%; display: block; border: 1px solid #e5e7eb }
.lost { background: #fee2e2; padding: .5rem }
code { font-size: .92em; background: #f3f4f6; padding: 0 .2em }
@media (max-width: 759px) { body { margin: 1rem auto } .page { display: none } .phone { display: block } }
`;

/** Sorts tables by a column, and shows one of the views of a figure. */
export const pageScript = `
for (const table of document.querySelectorAll("table")) {
  const titles = [...table.querySelectorAll("th")];
  titles.forEach((title, at) => title.querySelector("button").addEventListener("click", () => {
    const down = title.getAttribute("aria-sort") === "ascending";
    titles.forEach((other) => other.removeAttribute("aria-sort"));
    title.setAttribute("aria-sort", down ? "descending" : "ascending");
    const placeOf = (row) => row.cells[at].dataset.sort;
    const order = (a, b) => {
      const [x, y] = [placeOf(a), placeOf(b)];
      if (x === undefined || y === undefined) return (x === undefined) - (y === undefined);
      const found = isNaN(x) || isNaN(y) ? x.localeCompare(y) : x - y;
      return down ? -found : found;
    };
    table.tBodies[0].append(...[...table.tBodies[0].rows].sort(order));
  }));
}
for (const figure of document.querySelectorAll("figure")) {
  const buttons = [...figure.querySelectorAll(".views button")];
  const views = [...figure.querySelectorAll(".view")];
  buttons.forEach((button, at) => button.addEventListener("click", () => {
    buttons.forEach((other, n) => other.setAttribute("aria-pressed", n === at));
    views.forEach((view, n) => { view.hidden = n !== at; });
  }));
}
`;
