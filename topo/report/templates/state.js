  // The address keeps what the reader chose: #place?key=value&...  A copied link opens the same view, and going back undoes.
  const RUN = [".filter", ".prices"]; // typed or dragged: one step back undoes the whole run
  let latest = "";
  const address = (place) => {
    const query = new URLSearchParams();
    choices.forEach((choice, key) => { if (choice.read()) query.set(key, choice.read()); });
    return "#" + place + (query.size ? "?" + query : "");
  };
  const note = (key, place) => {
    const fresh = address(document.getElementById(place).closest("section.panel")?.id ?? "");
    if (fresh === location.hash) return;
    const run = key === latest && RUN.some((end) => key.endsWith(end));
    history[run ? "replaceState" : "pushState"]({ planewise: true }, "", fresh);
    latest = key;
  };
  const restore = () => {
    const [place, query = ""] = location.hash.slice(1).split("?");
    const kept = new URLSearchParams(query);
    choices.forEach((choice, key) => { const text = kept.get(key) ?? ""; if (text !== choice.read()) choice.write(text); });
    latest = "";
    return place;
  };
  // What is folded opens for whoever is sent there.
  const enter = (place) => {
    const target = place && document.getElementById(place);
    if (!target) return;
    reveal(target);
    all(":scope > details", target).forEach((fold) => { fold.open = true; });
    target.scrollIntoView();
    current(target.closest("section.panel")?.id);
  };
  const go = (place) => {
    const fresh = address(place);
    if (fresh !== location.hash) history.pushState({ planewise: true }, "", fresh);
    enter(place);
    const heading = document.getElementById(place + "-title");
    if (heading) { heading.tabIndex = -1; heading.focus({ preventScroll: true }); }
  };
  all('main a[href^="#"], nav a[href^="#"]').forEach((a) => a.addEventListener("click", async (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(a.hash.slice(1));
    if (!a.classList.contains("here")) return;
    const status = a.parentElement.querySelector(".said");
    status.textContent = (await copy(location.href)) ? "link copied" : REFUSED;
    setTimeout(() => { status.textContent = ""; }, 3000);
  }));

  // The list of panels follows the reader.
  const links = new Map(all("nav a").map((a) => [a.hash.slice(1), a]));
  const current = (id) => {
    const follow = links.get(id);
    if (!follow || follow.hasAttribute("aria-current")) return;
    links.forEach((a) => a.removeAttribute("aria-current"));
    follow.setAttribute("aria-current", "true");
    // On a narrow page the list is a strip that scrolls sideways, and goes along.
    const strip = follow.closest("nav");
    strip.scrollTo({ left: strip.scrollLeft + follow.getBoundingClientRect().left - (strip.clientWidth - follow.offsetWidth) / 2 });
  };
  const sections = all("section.panel");
  const where = () => {
    const place = location.hash.slice(1).split("?")[0], line = innerHeight / 4;
    const asked = document.getElementById(place)?.closest("section.panel");
    const end = root.scrollHeight - innerHeight - scrollY < 2;
    // The last panels are short: none but the one that was asked for, else the last, can be the current one.
    if (end && asked && asked.getBoundingClientRect().top < innerHeight) return asked;
    if (end) return sections.at(-1);
    return sections.filter((section) => section.getBoundingClientRect().top <= line).at(-1) ?? sections[0];
  };
  let waits = false;
  addEventListener("scroll", () => {
    if (waits) return;
    waits = true;
    requestAnimationFrame(() => { waits = false; current(where()?.id); });
  }, { passive: true });

  addEventListener("popstate", (event) => { const place = restore(); if (!event.state) enter(place); });
  const start = restore();
  if (start) enter(start);
  else current(sections[0]?.id);
