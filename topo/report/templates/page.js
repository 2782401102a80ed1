  const root = document.documentElement;
  const all = (query, from = document) => [...from.querySelectorAll(query)];
  const json = (id) => JSON.parse(document.getElementById(id).textContent);
  const palette = json("palette");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  root.classList.add("script");
  // What the reader chooses, by the key under which the address keeps it; state.js reads and writes them.
  const choices = new Map();

  // Colours in a figure are tokens, so that one drawing serves the light and the dark page.
  const PAPER = 680; // [px] width of a figure on paper, A4 within its margins
  const PHONE_FIGURE = 560; // [px] below which names go above the marks
  const PAPER_ROWS = 20;
  let printing = false;
  const painted = (value) => {
    if (typeof value === "string") return value in palette ? palette[value][dark.matches && !printing ? 1 : 0] : value;
    if (Array.isArray(value)) return value.map(painted);
    if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, painted(v)]));
    return value;
  };

  // plotly.js and the drawings lie in the page compressed: a drawing is a tenth of its numbers.
  const unpacked = async (id) => {
    const text = atob(document.getElementById(id).textContent), packed = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i += 1) packed[i] = text.charCodeAt(i);
    return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  };
  let library = null;
  const plotly = () => (library ??= (async () => {
    const script = document.createElement("script");
    script.textContent = await unpacked("plotly");
    document.head.append(script);
    return window.Plotly;
  })());

  // toLocaleString would load the language data of the browser first, which takes longer than the page's own script.
  const thousands = (value) => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
  const figures = new Map();
  const chosen = new Map();
  const marks = new Map(); // figure -> what marks the reader's choice in its drawing
  const leaves = new Map(); // figure -> what is to be done when another drawing is chosen
  const config = { responsive: true, displaylogo: false, showSendToCloud: false, modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "sendChartToCloud"] };
  const variants = async (id) => {
    if (!figures.has(id)) figures.set(id, JSON.parse(await unpacked(id + "-data")));
    return figures.get(id);
  };
  // A price slider scales the bars of its part; the printed marks and the tables stay as they are.
  const scale = (id, spec) => all(`[data-sliders="${id}"] input`).forEach((input) => {
    const trace = spec.data[Number(input.dataset.trace)], factor = Number(input.value) / Number(input.dataset.base);
    if (factor === 1) return;
    trace.x = trace.x.map((v) => v * factor);
    trace.customdata = trace.x.map((v) => "$" + thousands(v) + " (what if)");
  });
  const forms = new Map(); // what a figure was painted for
  const formOf = (box, least) => {
    if (printing) return "paper";
    if (box.clientWidth < least) return "pushed";
    return box.clientWidth < PHONE_FIGURE ? "narrow" : "wide";
  };
  const paint = (id) => {
    const box = document.getElementById(id + "-plot");
    const spec = painted(figures.get(id)[chosen.get(id) ?? 0]);
    scale(id, spec);
    marks.get(id)?.(spec);
    const least = spec.layout.meta?.least ?? 0, form = formOf(box, least);
    if (form === "paper") spec.layout.width = PAPER;
    if (form === "pushed") spec.layout.width = least;
    if (form === "narrow") narrow(spec);
    box.style.overflowX = form === "pushed" ? "auto" : "";
    if (form === "pushed") box.tabIndex = 0; else box.removeAttribute("tabindex");
    // Drawn anew: of another form plotly.js would keep the room that it had made for the legend.
    if (box.dataset.drawn && forms.get(box).form !== form) { window.Plotly.purge(box); delete box.dataset.drawn; }
    forms.set(box, { form, least });
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
      await Promise.all([plotly(), variants(id)]);
      await paint(id);
    } catch (error) {
      document.getElementById(id + "-plot").innerHTML = "<p>This browser cannot draw the figure; the table below has its numbers.</p>";
      throw error;
    }
  };
  // A phone has no room for a legend beside long names: names go on their own lines above the marks.
  const narrow = ({ data, layout }) => {
    layout.margin = { ...layout.margin, l: 4, r: 8 };
    if (layout.legend) layout.legend.font = { size: 11 };
    Object.assign(layout, layout.meta?.narrow ?? {});
    // Long names beside rows would leave no room for the rows.
    if (layout.yaxis?.ticktext) layout.yaxis.ticktext = layout.yaxis.ticktext.map((t) => (t.length > 22 && !t.includes("&") ? t.slice(0, 21) + "…" : t));
    for (const [key, axis] of Object.entries(layout)) if (/^[xy]axis/.test(key) && axis.title) axis.title.text = wrapped(axis.title.text, 28);
    for (const trace of data) if (trace.colorbar?.title) trace.colorbar.title.text = wrapped(trace.colorbar.title.text, 28);
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
  // Unpacked ahead of need, once the first figure is there: paper cannot wait for it.
  const ahead = async () => {
    if (document.getElementById("plotly")) await plotly();
    for (const box of all("[data-plot]")) await variants(box.dataset.plot);
    root.dataset.ready = "yes";
  };
  addEventListener("load", () => setTimeout(() => ahead().catch(() => {}), 1000));
  const redraw = () => all("[data-drawn]").forEach((box) => draw(box.dataset.plot));
  dark.addEventListener("change", redraw);
  // A phone that is turned has room for another form of a figure; plotly.js itself stretches the one that is there.
  addEventListener("resize", () => all("[data-drawn]").filter((box) => box.clientWidth && !printing)
    .filter((box) => formOf(box, forms.get(box).least) !== forms.get(box).form).forEach((box) => draw(box.dataset.plot)));
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
    if (window.Plotly) all("[data-plot]").filter((box) => figures.has(box.dataset.plot)).forEach((box) => paint(box.dataset.plot));
  });
  addEventListener("afterprint", () => {
    printing = false;
    all(".unprinted").forEach((row) => row.classList.remove("unprinted"));
    redraw();
  });

  const pick = (id, variant) => {
    chosen.set(id, variant);
    leaves.get(id)?.(variant);
    all(`button[data-figure="${id}"]`).forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.variant === String(variant))));
    all(`select[data-figure="${id}"]`).forEach((s) => { s.value = String(variant); });
    // What is not near yet is drawn when it comes near.
    if (document.getElementById(id + "-plot").dataset.drawn) draw(id);
  };
  // A network beside others leads to the same case further down, in the first figure that has it: its map, else its drawing.
  const lead = async (name) => {
    for (const id of ["fig-map-links", "fig-topology"]) {
      const at = document.getElementById(id + "-data") ? (await variants(id)).findIndex((spec) => spec.layout.meta?.case === name) : -1;
      if (name === undefined || at < 0) continue;
      pick(id, at);
      note(id, id);
      document.getElementById(id).scrollIntoView();
      return;
    }
  };
  all(".picker [data-figure]").forEach((control) => {
    const id = control.dataset.figure, kind = control.tagName === "SELECT" ? "change" : "click";
    control.addEventListener(kind, () => { pick(id, Number(control.dataset.variant ?? control.value)); note(id, id); });
    choices.set(id, { read: () => String(chosen.get(id) || ""), write: (text) => pick(id, whole(text, drawings(id))) });
  });
  const drawings = (id) => Math.max(1, all(`button[data-figure="${id}"], select[data-figure="${id}"] option`).length);
  // A number below ``most`` as an address has it; 0, which is what a page shows first, where it is none.
  const whole = (text, most) => (/^\d{1,4}$/.test(text) && Number(text) < most ? Number(text) : 0);

  // Tables of the same rows read in several ways: one is seen at a time; without script all of them are.
  const choose = (id, variant) => {
    all(`button[data-choice="${id}"]`).forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.variant === String(variant))));
    all(`#${id} > [data-option]`).forEach((box) => { box.hidden = box.dataset.option !== String(variant); });
  };
  all(".choice").forEach((box) => {
    const options = all(":scope > [data-option]", box);
    choose(box.id, 0);
    all("button[data-choice]", box).forEach((b) => b.addEventListener("click", () => { choose(box.id, b.dataset.variant); note(box.id, box.id); }));
    choices.set(box.id, {
      read: () => String(options.findIndex((option) => !option.hidden) || ""),
      write: (text) => choose(box.id, whole(text, options.length)),
    });
  });

  all("[data-sliders]").forEach((set) => {
    const id = set.dataset.sliders, inputs = all("input", set), key = id + ".prices";
    const told = (input) => { input.previousElementSibling.textContent = thousands(Number(input.value)); };
    const redrawn = () => { inputs.forEach(told); if (document.getElementById(id + "-plot").dataset.drawn) draw(id); };
    const back = () => { inputs.forEach((input) => { input.value = input.dataset.base; }); redrawn(); };
    const prices = () => inputs.map((input) => input.value).join(" "), book = prices();
    inputs.forEach((input) => { told(input); input.addEventListener("input", () => { redrawn(); note(key, id); }); });
    set.querySelector("button").addEventListener("click", () => { back(); note(key, id); });
    choices.set(key, {
      read: () => (prices() === book ? "" : prices()),
      write: (text) => {
        const values = text.split(" ");
        if (values.length !== inputs.length || !values.every((v) => /^\d+(\.\d+)?$/.test(v))) return back();
        inputs.forEach((input, i) => { input.value = values[i]; });
        return redrawn();
      },
    });
  });
