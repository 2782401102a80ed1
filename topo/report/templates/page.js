"use strict";
(() => {
  const root = document.documentElement;
  const all = (query, from = document) => [...from.querySelectorAll(query)];
  const json = (id) => JSON.parse(document.getElementById(id).textContent);
  const palette = json("palette");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  root.classList.add("script");

  // Colours in a figure are tokens, so that one drawing serves the light and the dark page.
  const PAPER = 680; // [px] width of a figure on paper, A4 within its margins
  const PAPER_ROWS = 20;
  let printing = false;
  const painted = (value) => {
    if (typeof value === "string") return value in palette ? palette[value][dark.matches && !printing ? 1 : 0] : value;
    if (Array.isArray(value)) return value.map(painted);
    if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, painted(v)]));
    return value;
  };

  // plotly.js lies in the page compressed; it is unpacked once, as soon as the text is there.
  let unpacked = null;
  const plotly = () => (unpacked ??= (async () => {
    const text = atob(document.getElementById("plotly").textContent);
    const packed = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i += 1) packed[i] = text.charCodeAt(i);
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(stream).text();
    document.head.append(script);
    return window.Plotly;
  })());

  // toLocaleString would load the language data of the browser first, which takes longer than the page's own script.
  const thousands = (value) => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
  const figures = new Map();
  const chosen = new Map();
  const config = { responsive: true, displaylogo: false, showSendToCloud: false, modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "sendChartToCloud"] };
  const variants = (id) => {
    if (!figures.has(id)) figures.set(id, json(id + "-data"));
    return figures.get(id);
  };
  // A price slider scales the bars of its part; the printed marks and the tables stay as they are.
  const scale = (id, spec) => all(`[data-sliders="${id}"] input`).forEach((input) => {
    const trace = spec.data[Number(input.dataset.trace)], factor = Number(input.value) / Number(input.dataset.base);
    if (factor === 1) return;
    trace.x = trace.x.map((v) => v * factor);
    trace.customdata = trace.x.map((v) => "$" + thousands(v) + " (what if)");
  });
  const paint = (id) => {
    const box = document.getElementById(id + "-plot");
    const spec = painted(variants(id)[chosen.get(id) ?? 0]);
    scale(id, spec);
    const least = spec.layout.meta?.least ?? 0;
    if (printing) spec.layout.width = PAPER;
    else if (box.clientWidth < least) { spec.layout.width = least; box.style.overflowX = "auto"; box.tabIndex = 0; }
    else if (box.clientWidth < 560) narrow(spec.layout);
    box.style.minHeight = spec.layout.height + "px";
    const done = window.Plotly.react(box, spec.data, spec.layout, config);
    box.classList.remove("waiting");
    if (id === "fig-topology" && !box.dataset.drawn) done.then(() => answer(box));
    if (id === "fig-networks" && !box.dataset.drawn) done.then(() => box.on("plotly_click", (event) => lead(event.points[0].data.meta?.case)));
    if (!document.querySelector("[data-drawn]")) performance.mark("first-figure");
    box.dataset.drawn = "yes";
    return done;
  };
  const draw = async (id) => {
    try {
      await plotly();
      await paint(id);
    } catch (error) {
      document.getElementById(id + "-plot").innerHTML = "<p>This browser cannot draw the figure; the table below has its numbers.</p>";
      throw error;
    }
  };
  // A phone has no room for a legend beside long names: names go on their own lines above the marks.
  const narrow = (layout) => {
    layout.margin = { ...layout.margin, l: 4, r: 8 };
    if (layout.legend) layout.legend.font = { size: 11 };
    Object.assign(layout, layout.meta?.narrow ?? {});
    // Long names beside rows would leave no room for the rows.
    if (layout.yaxis?.ticktext) layout.yaxis.ticktext = layout.yaxis.ticktext.map((t) => (t.length > 22 && !t.includes("&") ? t.slice(0, 21) + "…" : t));
    for (const [key, axis] of Object.entries(layout)) if (/^[xy]axis/.test(key) && axis.title) axis.title.text = wrapped(axis.title.text, 38);
  };
  const wrapped = (text, most) => text.split(" ").reduce((lines, word) => {
    const last = lines[lines.length - 1];
    if (last && (last + " " + word).length <= most) lines[lines.length - 1] = last + " " + word; else lines.push(word);
    return lines;
  }, []).join("<br>");

  const near = new IntersectionObserver((entries) => entries.forEach((entry) => {
    if (!entry.isIntersecting) return;
    near.unobserve(entry.target);
    draw(entry.target.dataset.plot);
  }), { rootMargin: "400px" });
  all("[data-plot]").forEach((box) => { box.classList.add("waiting"); near.observe(box); });
  // Unpacked ahead of need, once the text is there and the reader reads.
  if (document.getElementById("plotly")) addEventListener("load", () => setTimeout(() => plotly().catch(() => {}), 300));
  const redraw = () => all("[data-drawn]").forEach((box) => draw(box.dataset.plot));
  dark.addEventListener("change", redraw);
  // On paper a table ends after some rows and says so; what is folded stays folded, for paper has no use for its length.
  const cut = (body) => {
    const rows = [...body.rows].filter((row) => !row.hidden), more = rows.slice(PAPER_ROWS);
    more.forEach((row) => row.classList.add("unprinted"));
    const box = body.closest(".tablebox");
    if (more.length) box.dataset.cut = `The first ${PAPER_ROWS} of ${rows.length} rows; the page has them all.`;
    else delete box.dataset.cut;
  };
  addEventListener("beforeprint", () => {
    printing = true;
    all("tbody").forEach(cut);
    // Printing waits for nobody: figures are painted here and now, or not at all.
    if (window.Plotly) all("[data-plot]").forEach((box) => paint(box.dataset.plot));
  });
  addEventListener("afterprint", () => {
    printing = false;
    all(".unprinted").forEach((row) => row.classList.remove("unprinted"));
    redraw();
  });

  const pick = (id, variant) => {
    chosen.set(id, Number(variant));
    all(`button[data-figure="${id}"]`).forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.variant === String(variant))));
    document.getElementById(id).dispatchEvent(new CustomEvent("picked", { detail: Number(variant) }));
    draw(id);
  };
  // A network beside others leads to the same case further down, in the first figure that has it: its map, else its drawing.
  const lead = (name) => {
    for (const id of ["fig-map-links", "fig-topology"]) {
      const at = document.getElementById(id + "-data") ? variants(id).findIndex((spec) => spec.layout.meta?.case === name) : -1;
      if (name === undefined || at < 0) continue;
      all(`select[data-figure="${id}"]`).forEach((s) => { s.value = String(at); });
      pick(id, at);
      document.getElementById(id).scrollIntoView();
      return;
    }
  };
  all("button[data-figure]").forEach((b) => b.addEventListener("click", () => pick(b.dataset.figure, b.dataset.variant)));
  all("select[data-figure]").forEach((s) => s.addEventListener("change", () => pick(s.dataset.figure, s.value)));

  // Tables of the same rows read in several ways: one is seen at a time; without script all of them are.
  const choose = (id, variant) => {
    all(`button[data-choice="${id}"]`).forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.variant === String(variant))));
    all(`#${id} > [data-option]`).forEach((box) => { box.hidden = box.dataset.option !== String(variant); });
  };
  all(".choice").forEach((box) => choose(box.id, 0));
  all("button[data-choice]").forEach((b) => b.addEventListener("click", () => choose(b.dataset.choice, b.dataset.variant)));

  all("[data-sliders]").forEach((set) => {
    const id = set.dataset.sliders;
    const said = (input) => { input.previousElementSibling.textContent = thousands(Number(input.value)); };
    all("input", set).forEach((input) => { said(input); input.addEventListener("input", () => { said(input); draw(id); }); });
    set.querySelector("button").addEventListener("click", () => {
      all("input", set).forEach((input) => { input.value = input.dataset.base; said(input); });
      draw(id);
    });
  });

  // Tables: sort by a heading, filter by text, copy as CSV.
  const raw = (cell) => cell.dataset.v ?? cell.textContent;
  const sort = (table, column, heading) => {
    const up = heading.getAttribute("aria-sort") !== "ascending";
    all("th", table.tHead).forEach((th) => th.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", up ? "ascending" : "descending");
    const value = (row) => { const text = raw(row.cells[column]); const n = Number(text); return text.trim() !== "" && !Number.isNaN(n) ? n : text; };
    const rank = (a, b) => (typeof a === typeof b ? (typeof a === "number" ? a - b : a.localeCompare(b)) : typeof a === "number" ? -1 : 1);
    table.tBodies[0].append(...[...table.tBodies[0].rows].sort((a, b) => (up ? 1 : -1) * rank(value(a), value(b))));
  };
  all("table").forEach((table) => all("thead th", table).forEach((heading, column) => {
    const label = heading.querySelector(".sort");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label.textContent;
    label.replaceChildren(button);
    button.addEventListener("click", () => sort(table, column, heading));
  }));
  all("[data-filter]").forEach((input) => input.addEventListener("input", () => {
    const wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const box = document.getElementById(input.dataset.filter);
    let shown = 0;
    all("tbody tr", box).forEach((row) => {
      const text = row.textContent.toLowerCase();
      row.hidden = !wanted.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    });
    box.querySelector(".said").textContent = wanted.length ? `${shown} row${shown === 1 ? "" : "s"}` : "";
  }));
  // A leading = + - @ would be run as a formula by a spreadsheet.
  const quoted = (text) => {
    const safe = /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? "'" + text : text;
    return /[",\n\r]/.test(safe) ? '"' + safe.replaceAll('"', '""') + '"' : safe;
  };
  const csv = (box) => {
    const table = box.querySelector("table");
    const heads = all("thead th", table).map((th) => all(".sort, small", th).map((part) => part.textContent).join(" / "));
    const rows = all("tbody tr", table).filter((row) => !row.hidden).map((row) => [...row.cells].map((c) => (raw(c) === "–" ? "" : raw(c))));
    return [heads, ...rows].map((row) => row.map(quoted).join(",")).join("\r\n") + "\r\n";
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
  all("[data-copy]").forEach((button) => button.addEventListener("click", async () => {
    const box = document.getElementById(button.dataset.copy);
    box.querySelector(".said").textContent = (await copy(csv(box))) ? "copied" : "this browser refused the clipboard";
  }));

  // A hot link shows itself in the drawing, and a line of the drawing its row: both carry the case and both ends.
  const said = (text) => all("#hot .said").forEach((status) => { status.textContent = text; });
  const show = async (key, row, stay = false) => {
    const [variant, x0, y0, x1, y1] = key.split(" ").map(Number);
    all("tr.picked").forEach((other) => other.classList.remove("picked"));
    row?.classList.add("picked");
    said(row ? "" : "the chosen line is none of the links listed");
    const select = document.querySelector('select[data-figure="fig-topology"]');
    if (select) select.value = String(variant);
    chosen.set("fig-topology", variant);
    all('button[data-figure="fig-topology"]').forEach((b) => b.setAttribute("aria-pressed", String(Number(b.dataset.variant) === variant)));
    await draw("fig-topology");
    const box = document.getElementById("fig-topology-plot");
    const mark = { type: "scatter", mode: "lines+markers", x: [x0, x1], y: [y0, y1], name: "chosen link", hoverinfo: "skip", line: { color: "$c5", width: 6 }, marker: { color: "$c5", size: 14, symbol: "square-open", line: { width: 3 } } };
    await window.Plotly.addTraces(box, painted(mark));
    box.dataset.chosen = key;
    if (!stay) document.getElementById("fig-topology").scrollIntoView({ block: "nearest" });
  };
  const rowOf = (variant, place) => {
    const [x0, y0, x1, y1] = place.split(" ");
    const both = [`${variant} ${x0} ${y0} ${x1} ${y1}`, `${variant} ${x1} ${y1} ${x0} ${y0}`];
    return all("tr[data-key]").find((row) => both.includes(row.dataset.key));
  };
  // Lines lie close: of those under the pointer, the nearest that the table lists answers.
  const answer = (box) => box.on("plotly_click", (event) => {
    const { xaxis, yaxis } = box._fullLayout, at = box.getBoundingClientRect();
    const target = box.data.find((trace) => trace.customdata);
    const away = (i) => Math.hypot(
      at.left + xaxis._offset + xaxis.d2p(target.x[i]) - event.event.clientX,
      at.top + yaxis._offset + yaxis.d2p(target.y[i]) - event.event.clientY);
    const near = target.customdata.map((place, i) => [away(i), place]).filter(([d]) => d < 16).sort((a, b) => a[0] - b[0]);
    if (!near.length) return;
    const variant = chosen.get("fig-topology") ?? 0;
    const row = near.map(([, place]) => rowOf(variant, place)).find(Boolean);
    show(row ? row.dataset.key : `${variant} ${near[0][1]}`, row, true);
    if (!row) return;
    row.hidden = false;
    row.scrollIntoView({ block: "center" });
    row.querySelector("button").focus({ preventScroll: true });
  });
  all("tr[data-key]").forEach((row) => {
    const cell = row.cells[0].querySelector("span");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "plainly";
    button.textContent = cell.textContent;
    cell.replaceChildren(button);
    row.addEventListener("click", () => show(row.dataset.key, row));
  });

  // The list of panels follows the reader.
  const links = new Map(all("nav a").map((a) => [a.hash.slice(1), a]));
  const here = new IntersectionObserver((entries) => entries.forEach((entry) => {
    if (!entry.isIntersecting) return;
    links.forEach((a) => a.removeAttribute("aria-current"));
    const link = links.get(entry.target.id);
    if (!link) return;
    link.setAttribute("aria-current", "true");
    // On a narrow page the list is a strip that scrolls sideways, and goes along.
    const strip = link.closest("nav");
    strip.scrollTo({ left: strip.scrollLeft + link.getBoundingClientRect().left - (strip.clientWidth - link.offsetWidth) / 2 });
  }), { rootMargin: "-15% 0px -75% 0px" });
  all("section.panel").forEach((section) => here.observe(section));
})();
