// What does not fit on a page, measured on the screen: a list of words for each of four ways not to.
async () => {
  const all = (query, from = document) => [...from.querySelectorAll(query)];
  all("details").forEach((fold) => { fold.open = true; });
  all(".panel").forEach((panel) => { panel.style.contentVisibility = "visible"; });
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  await frame();
  await frame();
  const place = (element) => element.closest("[id]")?.id ?? element.tagName;
  const width = document.documentElement.clientWidth;

  // Tables that are pushed sideways in their place, or reach beyond the screen.
  const scrolls = all(".scroll").filter((box) => box.offsetParent);
  const sideways = scrolls.filter((box) => box.scrollWidth > box.clientWidth + 1 || box.getBoundingClientRect().right > width + 1).map(place);

  // Text of a figure is turned at times: its box has four corners, and two boxes meet unless a side of one parts them.
  const corners = (text) => {
    const b = text.getBBox(), m = text.getScreenCTM(), at = (x, y) => [m.a * x + m.c * y + m.e, m.b * x + m.d * y + m.f];
    return [at(b.x, b.y), at(b.x + b.width, b.y), at(b.x + b.width, b.y + b.height), at(b.x, b.y + b.height)];
  };
  const ways = ([p, q, , s]) => [q, s].map(([x, y]) => [x - p[0], y - p[1]]).map(([x, y]) => [x / (Math.hypot(x, y) || 1), y / (Math.hypot(x, y) || 1)]);
  const span = (box, [x, y]) => { const on = box.map(([a, b]) => a * x + b * y); return [Math.min(...on), Math.max(...on)]; };
  const meet = (a, b) => [...ways(a), ...ways(b)].every((way) => {
    const [[low, high], [least, most]] = [span(a, way), span(b, way)];
    return low < most - 1 && least < high - 1;
  });
  const seen = (text) => text.textContent.trim() && text.checkVisibility({ opacityProperty: true }) && text.getBoundingClientRect().width && !text.closest(".hoverlayer");
  const meeting = new Set(), outside = new Set();
  for (const plot of all(".plot").filter((one) => one.checkVisibility())) {
    const texts = all("svg text", plot).filter(seen).map((text) => [text.textContent, corners(text), text]);
    const frame = plot.querySelector("svg.main-svg")?.getBoundingClientRect();
    texts.forEach(([word, box, text], i) => {
      texts.slice(i + 1).forEach(([other, its]) => { if (meet(box, its)) meeting.add(`${place(plot)}: ${word} | ${other}`); });
      const { left, right, top, bottom } = text.getBoundingClientRect();
      if (left < frame.left - 1 || right > frame.right + 1 || top < frame.top - 1 || bottom > frame.bottom + 1) outside.add(`${place(plot)}: ${word}`);
    });
  }

  // Neighbours on the page itself: headings, sentences, buttons, cards.  Words within a line are not boxes of their own.
  const apart = (a, b) => a.right <= b.left + 1 || b.right <= a.left + 1 || a.bottom <= b.top + 1 || b.bottom <= a.top + 1;
  const isBox = (element) => element.offsetParent && getComputedStyle(element).display !== "inline" && getComputedStyle(element).position === "static";
  for (const parent of all(".top, main, main :not(table *, .plot *, .plot)")) {
    const boxes = [...parent.children].filter(isBox);
    boxes.slice(1).forEach((box, i) => {
      if (!apart(boxes[i].getBoundingClientRect(), box.getBoundingClientRect())) meeting.add(`${place(parent)}: ${boxes[i].textContent.slice(0, 40)} | ${box.textContent.slice(0, 40)}`);
    });
  }
  const beyond = all("main p, main li, main dd, main dt, main h2, main caption, main button, main table, .plot svg").filter((one) => one.checkVisibility());
  const wide = beyond.filter((one) => one.getBoundingClientRect().width && one.getBoundingClientRect().right > width + 1 && !one.closest(".scroll, nav")).map((one) => `${place(one)}: ${one.tagName}`);
  if (document.documentElement.scrollWidth > width) wide.push("the page");
  return { sideways, meeting: [...meeting], outside: [...outside], wide };
}
