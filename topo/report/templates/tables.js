  // Tables: sort by a heading, filter by text, copy or save what is shown.
  const raw = (cell) => cell.dataset.v ?? cell.querySelector("span").textContent;
  const number = (text) => (text.trim() === "" || Number.isNaN(Number(text)) ? null : Number(text));
  const rank = (a, b) => {
    const [x, y] = [number(a), number(b)];
    if (x !== null && y !== null) return x - y;
    if (x === null && y === null) return a.localeCompare(b);
    return x === null ? 1 : -1;
  };
  const headings = (table) => all("thead th", table);
  const sorted = (table) => headings(table).findIndex((th) => th.hasAttribute("aria-sort"));
  const sort = (table, column, up) => {
    const body = table.tBodies[0];
    table.rowsAsWritten ??= [...body.rows];
    headings(table).forEach((th, i) => (i === column ? th.setAttribute("aria-sort", up ? "ascending" : "descending") : th.removeAttribute("aria-sort")));
    const rows = [...table.rowsAsWritten];
    if (column >= 0) rows.sort((a, b) => (up ? 1 : -1) * rank(raw(a.cells[column]), raw(b.cells[column])));
    body.append(...rows);
  };
  const order = (table) => {
    const column = sorted(table);
    if (column < 0) return "";
    return (headings(table)[column].getAttribute("aria-sort") === "ascending" ? "" : "-") + String(column + 1);
  };
  // What an address says of a table is to be seen, though the table be folded.
  const reveal = (element) => { for (let at = element.closest("details"); at; at = at.parentElement.closest("details")) at.open = true; };
  all(".tablebox").forEach((box) => {
    const table = box.querySelector("table"), key = box.id + ".sort";
    headings(table).forEach((heading, column) => {
      const label = heading.querySelector(".sort"), button = document.createElement("button");
      button.type = "button";
      button.textContent = label.textContent;
      label.replaceChildren(button);
      button.addEventListener("click", () => { sort(table, column, heading.getAttribute("aria-sort") !== "ascending"); note(key, box.id); });
    });
    choices.set(key, {
      read: () => order(table),
      write: (text) => {
        const column = whole(text.replace(/^-/, ""), headings(table).length + 1) - 1;
        sort(table, column, !text.startsWith("-"));
        if (column >= 0) reveal(box);
      },
    });
  });
  const filter = (box, text) => {
    const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    all("tbody tr", box).forEach((row) => {
      const words = row.textContent.toLowerCase();
      row.hidden = !wanted.every((word) => words.includes(word));
      shown += row.hidden ? 0 : 1;
    });
    box.querySelector(".said").textContent = wanted.length ? `${shown} row${shown === 1 ? "" : "s"}` : "";
  };
  all("[data-filter]").forEach((input) => {
    const box = document.getElementById(input.dataset.filter), key = box.id + ".filter";
    input.addEventListener("input", () => { filter(box, input.value); note(key, box.id); });
    choices.set(key, {
      read: () => input.value.trim(),
      write: (text) => { input.value = text.slice(0, 200); filter(box, input.value); if (text) reveal(box); },
    });
  });

  // Numbers go out as they are, in the unit that their heading states; what is absent is empty, or null.
  const titles = (table) => headings(table).map((th) => th.querySelector(".sort").textContent + (th.dataset.unit ? ` [${th.dataset.unit}]` : ""));
  const shown = (table) => all("tbody tr", table).filter((row) => !row.hidden).map((row) => [...row.cells].map((c) => (raw(c) === "–" ? "" : raw(c))));
  // A leading = + - @ would be run as a formula by a spreadsheet.
  const quoted = (text) => {
    const safe = /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? "'" + text : text;
    return /[",\n\r]/.test(safe) ? '"' + safe.replaceAll('"', '""') + '"' : safe;
  };
  const csv = (box) => {
    const table = box.querySelector("table");
    return [titles(table), ...shown(table)].map((row) => row.map(quoted).join(",")).join("\r\n") + "\r\n";
  };
  const typed = (text, cell) => (text === "" ? null : cell.classList.contains("n") ? number(text) ?? text : text);
  const asJson = (box) => {
    const table = box.querySelector("table"), names = titles(table), heads = headings(table);
    const rows = shown(table).map((row) => Object.fromEntries(row.map((text, i) => [names[i], typed(text, heads[i])])));
    return JSON.stringify({ study: document.querySelector("h1").textContent, table: table.caption.textContent, rows }, null, 1) + "\n";
  };
  const copy = async (text) => {
    try { await navigator.clipboard.writeText(text); return true; } catch { /* no clipboard here: the old way below */ }
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  };
  const REFUSED = "this browser refused the clipboard";
  all("[data-copy]").forEach((button) => button.addEventListener("click", async () => {
    const box = document.getElementById(button.dataset.copy);
    box.querySelector(".said").textContent = (await copy(csv(box))) ? "copied" : REFUSED;
  }));
  const save = (text, name, type) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  all("[data-save]").forEach((button) => button.addEventListener("click", () => {
    const box = document.getElementById(button.dataset.table), kind = button.dataset.save;
    if (kind === "csv") save(csv(box), box.id + ".csv", "text/csv;charset=utf-8");
    else save(asJson(box), box.id + ".json", "application/json");
  }));

  // A table that its place is too narrow for is set closer, then leaves the columns that say least to a button, then
  // becomes a list of cards, one a row, whose headings go on to sort it: no table is pushed sideways.
  const SPARE = 5; // columns that a table may leave out; where it would be more, cards show all of them
  const PHONE = 480; // [px] below which cards come first: there they are read as easily
  const NAMES = 3; // columns at its head that say what a row is about
  const ROLES = { THEAD: "rowgroup", TBODY: "rowgroup", TR: "row", TD: "cell" };
  const labelled = (table) => {
    const names = headings(table).map((th) => all(".sort, small", th).map((part) => part.textContent).join(", "));
    table.setAttribute("role", "table");
    all("thead, tbody, tr, td, th", table).forEach((part) => part.setAttribute("role", ROLES[part.tagName] ?? (part.scope === "col" ? "columnheader" : "rowheader")));
    all("tbody tr", table).forEach((row) => [...row.cells].forEach((cell, i) => { cell.dataset.label = names[i]; cell.classList.toggle("none", raw(cell) === "–"); }));
  };
  const column = (table, i) => [...table.rows].map((row) => row.cells[i]);
  const emptiest = (table) => {
    const rows = [...table.tBodies[0].rows];
    const there = (i) => rows.filter((row) => raw(row.cells[i]) !== "–").length;
    const ranks = headings(table).map((th, i) => [i, th.classList.contains("alike") ? -1 : there(i)]).slice(NAMES);
    return ranks.filter(([, count]) => count >= 0).sort((a, b) => a[1] - b[1] || b[0] - a[0]).map(([i]) => i);
  };
  const more = (box, text) => { const button = box.closest(".tablebox").querySelector(".more"); button.textContent = text; button.hidden = !text; };
  const fit = (box) => {
    const table = box.querySelector("table"), wide = () => box.scrollWidth > box.clientWidth + 1;
    table.classList.remove("cards-list", "dense");
    all(".spare", table).forEach((cell) => cell.classList.remove("spare"));
    more(box, "");
    if (!wide()) return;
    table.classList.add("dense");
    if (!wide()) return;
    const spare = emptiest(table).slice(0, SPARE);
    const left = table.entire || box.clientWidth < PHONE ? [] : spare.filter((i) => wide() && column(table, i).every((cell) => (cell.classList.add("spare"), true)));
    if (left.length) more(box, left.length === 1 ? "Show 1 more column" : `Show ${left.length} more columns`);
    if (!wide()) return;
    table.classList.remove("dense");
    all(".spare", table).forEach((cell) => cell.classList.remove("spare"));
    more(box, table.entire ? "Show fewer columns" : "");
    if (!table.hasAttribute("role")) labelled(table);
    table.classList.add("cards-list");
  };
  all(".more").forEach((button) => button.addEventListener("click", () => {
    const box = button.closest(".tablebox").querySelector(".scroll"), table = box.querySelector("table");
    table.entire = !table.entire;
    fit(box);
  }));
  const widths = new Map();
  const watch = new ResizeObserver((entries) => entries.forEach(({ target, contentRect }) => {
    if (printing || !contentRect.width || widths.get(target) === contentRect.width) return;
    widths.set(target, contentRect.width);
    fit(target);
  }));
  all(".scroll").forEach((box) => watch.observe(box));

