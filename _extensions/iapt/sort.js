/* Lets the rows of tables of areas be put in order by any column, with buttons in the header; without it, a table is as it was written. */
(() => {
  "use strict";
  const NUMBER = /^[\u2212-]?\d[\d,]*(\.\d+)?(?=$|[,;(%\u2020\u2013])/;
  const plain = (cell) => (cell.dataset.order ?? cell.textContent).replace(/[\s\u00a0\u202f]+/g, " ").trim();
  // What is not known stands for itself, after all that is.
  const lacking = (text) => text === "" || text === "\u2013" || text === "\u2014";
  const number = (text) => {
    const found = NUMBER.exec(text.replace(/ /g, ""));
    return found && Number(found[0].replace("\u2212", "-").replace(/,/g, ""));
  };
  const words = new Intl.Collator("en-GB", { numeric: true, sensitivity: "base" });

  const order = (rows, at) => {
    const texts = new Map(rows.map((row) => [row, plain(row.cells[at])]));
    const known = rows.filter((row) => !lacking(texts.get(row)));
    const asNumbers = known.every((row) => number(texts.get(row)) !== null);
    const compare = asNumbers
      ? (a, b) => number(texts.get(a)) - number(texts.get(b))
      : (a, b) => words.compare(texts.get(a), texts.get(b));
    return { known, rest: rows.filter((row) => lacking(texts.get(row))), compare };
  };

  for (const table of document.querySelectorAll("table.iapt-areas, .iapt-areas table, #tbl-ds1 table")) {
    const body = table.tBodies[0];
    const headers = Array.from(table.tHead?.rows[0]?.cells ?? []);
    if (!body || body.rows.length < 2) continue;
    headers.forEach((header, at) => {
      if (header.classList.contains("iapt-unsorted")) return;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "iapt-sort";
      button.append(...header.childNodes);
      header.append(button);
      button.addEventListener("click", () => {
        const upwards = header.getAttribute("aria-sort") !== "ascending";
        const { known, rest, compare } = order(Array.from(body.rows), at);
        known.sort((a, b) => (upwards ? compare(a, b) : compare(b, a)));
        body.append(...known, ...rest);
        headers.forEach((other) => other.removeAttribute("aria-sort"));
        header.setAttribute("aria-sort", upwards ? "ascending" : "descending");
      });
    });
    table.classList.add("iapt-sortable");
  }
})();
