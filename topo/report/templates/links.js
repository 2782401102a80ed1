  // A hot link shows itself in the drawing, and a line of the drawing its row: both carry the case and both ends.
  const said = (text) => all("#hot .said").forEach((status) => { status.textContent = text; });
  const topology = document.getElementById("fig-topology-plot");
  let link = null; // the chosen one: its case, and its ends in the drawing of that case
  const chooseRow = (row) => {
    all("tr.picked").forEach((other) => other.classList.remove("picked"));
    row?.classList.add("picked");
  };
  const mark = (key) => {
    const [variant, x0, y0, x1, y1] = key.split(" ").map(Number), row = all("tr[data-key]").find((one) => one.dataset.key === key);
    link = { key, variant, x: [x0, x1], y: [y0, y1] };
    chooseRow(row);
    said(row ? "" : "the chosen line is none of the links listed");
    topology.dataset.chosen = key;
    pick("fig-topology", variant);
  };
  const unmark = () => {
    link = null;
    chooseRow();
    said("");
    delete topology.dataset.chosen;
    if (topology.dataset.drawn) draw("fig-topology");
  };
  leaves.set("fig-topology", (variant) => { if (link && link.variant !== variant) unmark(); });
  marks.set("fig-topology", (spec) => {
    const look = { type: "scatter", mode: "lines+markers", name: "chosen link", hoverinfo: "skip", line: { color: "$c5", width: 6 }, marker: { color: "$c5", size: 14, symbol: "square-open", line: { width: 3 } } };
    if (link) spec.data.push(painted({ ...look, x: link.x, y: link.y }));
  });
  if (topology) choices.set("link", {
    read: () => link?.key ?? "",
    write: (text) => (/^\d{1,4}( -?\d+(\.\d+)?){4}$/.test(text) && parseInt(text, 10) < drawings("fig-topology") ? mark(text) : unmark()),
  });
  const show = async (key, stay = false) => {
    mark(key);
    note("link", "fig-topology");
    await draw("fig-topology");
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
    show(row ? row.dataset.key : `${variant} ${near[0][1]}`, true);
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
    row.addEventListener("click", () => show(row.dataset.key));
  });

