
"use strict";
(() => {
  // All data is hostile: it enters the document as text only, and nothing in it becomes an address, a style or markup
  // without a check.

  const byId = (id) => document.getElementById(id);
  const parse = (element) => JSON.parse(element.textContent);
  const block = (name) => document.querySelector("script." + name);
  const job = parse(block("job"));
  const names = parse(block("concepts"));
  const rows = Array.from(document.querySelectorAll("script.rows")).flatMap(parse);

  // Characters without a shape of their own, and those that change the direction of what follows, are shown by number.
  const INVISIBLE =
    /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;
  const escaped = (character) => "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0");
  const visible = (text) => String(text).replace(INVISIBLE, escaped);
  // Keeps line breaks and tabs, for text that may have several lines.
  const visibleLines = (text) => String(text).replace(INVISIBLE, (one) => (one === "\n" || one === "\t" ? one : escaped(one)));

  const whole = new Intl.NumberFormat("en");
  const count = (number, one, many) => whole.format(number) + " " + (number === 1 ? one : many);
  const percent = (value) => (100 * value).toFixed(1) + " %";
  const fraction = (value) => Math.min(1, Math.max(0, Number(value) || 0));
  const isColor = (hex) => /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.test(hex);
  const isThumbnail = (url) => typeof url === "string" && /^data:image\/jpeg;base64,[A-Za-z0-9+/=]+$/.test(url);

  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const SVG = "http://www.w3.org/2000/svg";
  const draw = (tag, attributes) => {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };
  const isolate = (element) => {
    element.dir = "auto";
    return element;
  };

  const bar = (value) => {
    const track = make("span", "track");
    const fill = make("span", "fill");
    fill.style.setProperty("width", (100 * fraction(value)).toFixed(1) + "%");
    track.append(fill);
    track.setAttribute("aria-hidden", "true");
    return track;
  };

  const nameOf = (number) => visible(names[number] || "(no name)");
  const fold = (name) => visible(name).trim().toLowerCase();
  const folded = names.map(fold);

  for (const row of rows) {
    row.concepts = row.concepts || [];
    row.regions = row.regions || [];
    row.colors = row.colors || [];
    row.texts = row.texts || [];
    const isOpen = row.state === "pending" || row.state === "sending";
    row.group = isOpen ? "open" : row.state;
    row.name = row.source.replace(/^.*[/\\](?=[^/\\])/, "") || row.source;
    row.cause = row.state === "failed" ? row.error || row.outcome || "unknown" : "";
    row.all = new Map(row.concepts);
    for (const region of row.regions) {
      for (const [name, value] of region.concepts) row.all.set(name, Math.max(value, row.all.get(name) || 0));
    }
    row.words = [row.source, row.id, row.error, row.outcome, row.code, ...row.texts, ...row.regions.map((one) => one.text)]
      .filter((word) => word !== undefined && word !== null)
      .join("\n")
      .toLowerCase();
  }

  // ---- Filters ----

  const DEFAULTS = { text: "", concept: "", min: 0, state: "all", sort: "position", cause: "" };
  const filters = { ...DEFAULTS };
  let shown = [];
  let wanted = null;

  // A name that is a concept selects exactly this one; other text selects all concepts that contain it.
  const wantedConcepts = () => {
    const text = fold(filters.concept);
    if (!text) return null;
    const exact = folded.flatMap((name, number) => (name === text ? [number] : []));
    return new Set(exact.length ? exact : folded.flatMap((name, number) => (name.includes(text) ? [number] : [])));
  };

  const strongest = (row) => {
    let highest = -1;
    for (const [name, value] of row.all) if ((!wanted || wanted.has(name)) && value > highest) highest = value;
    return highest;
  };

  const matchesOthers = (row, text) =>
    (filters.state === "all" || row.group === filters.state) &&
    (!filters.cause || row.cause === filters.cause) &&
    (!text || row.words.includes(text));

  const orders = {
    position: (one, other) => one.position - other.position,
    name: (one, other) => (one.source < other.source ? -1 : one.source > other.source ? 1 : one.position - other.position),
    high: (one, other) => strongest(other) - strongest(one) || one.position - other.position,
    low: (one, other) => strongest(one) - strongest(other) || one.position - other.position,
  };

  const apply = () => {
    wanted = wantedConcepts();
    const text = filters.text.trim().toLowerCase();
    const candidates = rows.filter((row) => matchesOthers(row, text));
    const needsConcept = wanted !== null || filters.min > 0;
    shown = needsConcept
      ? candidates.filter((row) => {
          const highest = strongest(row);
          return highest >= 0 && highest >= filters.min;
        })
      : candidates;
    shown.sort(orders[filters.sort]);
    current = 0;
    showHistogram(candidates);
    showCauses();
    const total = count(rows.length, "input", "inputs");
    byId("count").textContent =
      shown.length === rows.length ? total : whole.format(shown.length) + " of " + total;
    byId("empty").hidden = shown.length > 0;
    byId("reset").disabled = Object.entries(DEFAULTS).every(([name, value]) => filters[name] === value);
    render(true);
  };

  const changed = () => {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(filters)) if (value !== DEFAULTS[name]) parameters.set(name, value);
    const fragment = parameters.toString();
    try {
      history.replaceState(null, "", fragment ? "#" + fragment : location.pathname + location.search);
    } catch {
      // Some browsers forbid it for files; then the address stays as it is.
    }
    apply();
  };

  // Reads the filters from the address, so that a view can be shared as a link.
  const readAddress = () => {
    const parameters = new URLSearchParams(location.hash.slice(1));
    for (const name of Object.keys(DEFAULTS)) filters[name] = parameters.has(name) ? parameters.get(name) : DEFAULTS[name];
    filters.min = fraction(filters.min);
    if (!Object.hasOwn(orders, filters.sort)) filters.sort = DEFAULTS.sort;
    if (!["all", "done", "failed", "open"].includes(filters.state)) filters.state = DEFAULTS.state;
    showFilters();
    apply();
    if (parameters.has("open")) {
      const index = shown.findIndex((row) => String(row.position) === parameters.get("open"));
      if (index >= 0) open(index);
    }
  };

  const showFilters = () => {
    byId("text").value = filters.text;
    byId("concept").value = filters.concept;
    byId("min").value = filters.min;
    byId("sort").value = filters.sort;
    showThreshold();
    for (const input of document.querySelectorAll("#states input")) input.checked = input.value === filters.state;
  };

  const showThreshold = () => {
    const text = Math.round(100 * filters.min) + " %";
    byId("min-shown").textContent = text;
    byId("min").setAttribute("aria-valuetext", text);
  };

  const reset = () => {
    Object.assign(filters, DEFAULTS);
    showFilters();
    changed();
  };

  // ---- Statistics ----

  const HISTOGRAM = 30;

  const showHistogram = (candidates) => {
    const counts = new Map();
    for (const row of candidates) {
      for (const [name, value] of row.all) if (value >= filters.min) counts.set(name, (counts.get(name) || 0) + 1);
    }
    const sorted = Array.from(counts).sort((one, other) => other[1] - one[1] || one[0] - other[0]);
    const most = sorted.length ? sorted[0][1] : 1;
    byId("histogram-panel").hidden = sorted.length === 0;
    byId("histogram-note").textContent =
      sorted.length > HISTOGRAM
        ? "The " + HISTOGRAM + " most frequent of " + whole.format(sorted.length) + ", by number of inputs"
        : count(sorted.length, "concept", "concepts") + ", by number of inputs";
    byId("histogram").replaceChildren(
      ...sorted.slice(0, HISTOGRAM).map(([name, inputs]) => {
        const button = make("button");
        button.type = "button";
        const isPressed = filters.concept !== "" && folded[name] === fold(filters.concept);
        button.setAttribute("aria-pressed", String(isPressed));
        button.append(isolate(make("span", "name", nameOf(name))), make("span", "number", whole.format(inputs)), bar(inputs / most));
        button.addEventListener("click", () => {
          filters.concept = isPressed ? "" : nameOf(name);
          showFilters();
          changed();
          focusAgain("histogram", nameOf(name));
        });
        const item = make("li");
        item.append(button);
        return item;
      }),
    );
  };

  // The lists are built again after each change; the focus stays on the same entry.
  const focusAgain = (list, name) => {
    for (const button of byId(list).querySelectorAll("button")) {
      if (button.querySelector(".name").textContent === name) button.focus();
    }
  };

  const causes = new Map();
  for (const row of rows) if (row.cause) causes.set(row.cause, (causes.get(row.cause) || 0) + 1);
  const sortedCauses = Array.from(causes).sort((one, other) => other[1] - one[1]).slice(0, HISTOGRAM);

  const showCauses = () => {
    byId("causes-panel").hidden = causes.size === 0;
    byId("causes").replaceChildren(
      ...sortedCauses.map(([cause, inputs]) => {
        const button = make("button");
        button.type = "button";
        button.setAttribute("aria-pressed", String(filters.cause === cause));
        button.append(make("span", "number", whole.format(inputs)), isolate(make("span", "name", visible(cause))));
        button.addEventListener("click", () => {
          filters.cause = filters.cause === cause ? "" : cause;
          changed();
          focusAgain("causes", visible(cause));
        });
        const item = make("li");
        item.append(button);
        return item;
      }),
    );
  };

  const showStates = () => {
    const groups = { all: rows.length, done: 0, failed: 0, open: 0 };
    for (const row of rows) groups[row.group] += 1;
    const labels = { all: "All", done: "Done", failed: "Failed", open: "To be sent" };
    for (const [state, label] of Object.entries(labels)) {
      if (state === "open" && groups.open === 0) continue;
      const option = make("label", "state");
      const input = make("input");
      Object.assign(input, { type: "radio", name: "state", value: state });
      input.addEventListener("change", () => {
        filters.state = state;
        changed();
      });
      const box = make("span", "box");
      const caption = make("span", "label");
      caption.append(make("span", "dot " + state), label);
      box.append(make("strong", "", whole.format(groups[state])), caption);
      option.append(input, box);
      byId("states").append(option);
    }
  };

  const addFacts = (list, facts) => {
    for (const [name, value] of facts) {
      if (value === undefined || value === null || value === "") continue;
      list.append(make("dt", "", name), isolate(make("dd", "", visible(value))));
    }
  };

  const showJob = () => {
    const created = new Date(Number(job.created_at));
    const date = Number.isNaN(created.getTime()) ? "" : created.toISOString().slice(0, 16).replace("T", " ") + " UTC";
    byId("title").textContent = visible(job.file);
    byId("subtitle").textContent = [
      "clarifai " + visible(job.command),
      count(job.runs, "run", "runs"),
      count(job.requests, "request", "requests"),
      date,
      job.complete ? "" : "not all sources were read",
    ]
      .filter((part) => part)
      .join("  ·  ");
    const option = ([name, value]) => [visible(name), typeof value === "string" ? value : JSON.stringify(value)];
    addFacts(byId("facts"), [["Job", job.id], ["Program", "clarifai " + job.version], ...job.options.map(option)]);
    const most = new Map();
    for (const row of rows) for (const name of row.all.keys()) most.set(name, (most.get(name) || 0) + 1);
    const offered = Array.from(most).sort((one, other) => other[1] - one[1]).slice(0, 500);
    byId("names").append(
      ...offered.map(([name]) => {
        const choice = make("option");
        choice.value = nameOf(name);
        return choice;
      }),
    );
  };

  // ---- Images ----

  const ICONS = {
    address: ["M12 3a9 9 0 1 0 0 18 9 9 0 1 0 0-18z", "M3 12h18", "M12 3c3 3 3 15 0 18", "M12 3c-3 3-3 15 0 18"],
    video: ["M3 6h12v12H3z", "M15 10l6-3v10l-6-3z"],
    image: ["M3 5h18v14H3z", "M3 16l5-5 5 5 3-3 5 4", "M16 9h.01"],
    file: ["M6 3h8l5 5v13H6z", "M14 3v5h5"],
  };

  const placeholderOf = (row) => {
    if (row.media === "video") return ["video", "Video"];
    if (row.kind === "url") {
      const host = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(row.source);
      return ["address", host ? host[1] : "Address"];
    }
    if (row.problem === "missing") return ["file", "File not found"];
    if (row.problem === "unreadable") return ["file", "No image"];
    if (row.kind === "record") return ["file", "Record of a list"];
    return ["image", row.kind === "stdin" ? "From standard input" : ""];
  };

  const addImage = (parent, row, fit) => {
    if (!isThumbnail(row.thumbnail)) {
      const [icon, text] = placeholderOf(row);
      const place = make("div", "placeholder");
      const image = draw("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" });
      for (const d of ICONS[icon]) image.append(draw("path", { d }));
      place.append(image);
      if (text) place.append(make("span", "", visible(text)));
      parent.append(place);
      return null;
    }
    const image = make("img");
    image.alt = "";
    image.decoding = "async";
    image.src = row.thumbnail;
    const align = alignment(row);
    if (fit === "cover") image.style.setProperty("object-position", "50% " + { Min: "0%", Mid: "50%", Max: "100%" }[align]);
    parent.append(image);
    return addBoxes(parent, row, fit === "cover" ? "xMidY" + align + " slice" : "xMidYMid meet");
  };

  // Which part of an image that is cut shows its boxes: the upper, middle or lower one.
  const alignment = (row) => {
    const boxes = row.regions.filter((region) => region.box).map((region) => region.box.map(fraction));
    if (!boxes.length) return "Mid";
    const top = Math.min(...boxes.map(([, y]) => y));
    const bottom = Math.max(...boxes.map(([, y, , height]) => y + height));
    const middle = (top + bottom) / 2;
    return middle < 0.42 ? "Min" : middle > 0.58 ? "Max" : "Mid";
  };

  const regionValue = (region) => (region.concepts.length ? region.concepts[0][1] : region.value);
  const isVisible = (region) => region.box && !(regionValue(region) < filters.min);

  // The drawing has the shape of the image, so that boxes are where the browser shows the image, also when it is cut.
  const addBoxes = (parent, row, fit) => {
    if (!row.size || !row.regions.some(isVisible)) return null;
    const [width, height] = row.size;
    const scale = Math.min(640 / width, 520 / height);
    const [right, bottom] = [width * scale, height * scale];
    const drawing = draw("svg", {
      class: "boxes",
      viewBox: "0 0 " + right + " " + bottom,
      preserveAspectRatio: fit,
      "aria-hidden": "true",
    });
    row.regions.forEach((region, number) => {
      if (!isVisible(region)) return;
      const [x, y, w, h] = region.box.map(fraction);
      const group = draw("g", { "data-region": number });
      const shape = { x: x * right, y: y * bottom, width: w * right, height: h * bottom, rx: 3 };
      group.append(draw("rect", { ...shape, class: "halo" }), draw("rect", { ...shape, class: "edge" }));
      if (fit.endsWith("meet")) {
        const label = draw("text", { x: x * right + 6, y: y * bottom + 16 });
        label.textContent = String(number + 1);
        group.append(label);
      }
      drawing.append(group);
    });
    parent.append(drawing);
    return drawing;
  };

  const regionName = (region) => {
    if (region.concepts.length) return nameOf(region.concepts[0][0]);
    return region.text ? visible(region.text) : "Region";
  };

  // ---- Cards: only those on the screen are in the document ----

  const grid = byId("grid");
  const cards = new Map();
  let current = 0;
  let geometry = { columns: 1, width: 0, pitch: 1 };

  const meter = (name, value) => {
    const line = make("div", "meter" + (wanted && wanted.has(name) ? " wanted" : ""));
    line.append(isolate(make("span", "name", nameOf(name))), make("span", "number", percent(value)), bar(value));
    return line;
  };

  const conceptsToShow = (row, limit) => {
    const all = Array.from(row.all).filter(([, value]) => value >= filters.min);
    const rank = ([name]) => (wanted && wanted.has(name) ? 0 : 1);
    return all.sort((one, other) => rank(one) - rank(other) || other[1] - one[1]).slice(0, limit);
  };

  const makeCard = (row, index) => {
    const card = make("li", "card " + row.group);
    card.dataset.position = row.position;
    card.setAttribute("aria-setsize", shown.length);
    card.setAttribute("aria-posinset", index + 1);
    const image = make("div", "image");
    addImage(image, row, "cover");
    if (row.group !== "done") {
      const state = row.group === "failed" ? row.outcome || "failed" : "to be sent";
      image.append(make("span", "chip " + row.group, visible(state)));
    } else if (row.regions.length) {
      image.append(make("span", "chip", count(row.regions.length, "region", "regions")));
    } else if (row.frames) {
      image.append(make("span", "chip", count(row.frames, "frame", "frames")));
    }
    const swatches = make("div", "swatches");
    swatches.setAttribute("aria-hidden", "true");
    for (const [hex, , share] of row.colors) {
      if (!isColor(hex)) continue;
      const swatch = make("span");
      swatch.style.setProperty("background-color", hex);
      swatch.style.setProperty("flex-grow", String(Math.max(0.01, fraction(share))));
      swatches.append(swatch);
    }
    if (swatches.childElementCount) image.append(swatches);
    const body = make("div", "body");
    const heading = make("h3");
    const button = isolate(make("button", "open", visible(row.name)));
    button.type = "button";
    button.title = visible(row.source);
    button.tabIndex = index === current ? 0 : -1;
    button.addEventListener("click", () => open(index));
    button.addEventListener("focus", () => setCurrent(index));
    heading.append(button);
    body.append(heading);
    if (row.cause) body.append(isolate(make("p", "cause", visible(row.cause))));
    const meters = make("div", "meters");
    meters.append(...conceptsToShow(row, row.cause ? 1 : 3).map(([name, value]) => meter(name, value)));
    if (meters.childElementCount) body.append(meters);
    else if (row.texts.length) body.append(isolate(make("p", "excerpt", visible(row.texts[0].slice(0, 300)))));
    else if (row.colors.length) {
      const colors = row.colors.slice(0, 3).map(([hex, name]) => visible(name || hex)).join(", ");
      body.append(isolate(make("p", "excerpt", colors)));
    }
    card.append(image, body);
    return card;
  };

  const measure = () => {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
    const gap = rem;
    const available = grid.clientWidth || 320;
    const columns = Math.max(1, Math.floor((available + gap) / (14.5 * rem + gap)));
    const width = (available - gap * (columns - 1)) / columns;
    geometry = { columns, width, gap, pitch: 20.5 * rem + gap };
  };

  const place = (card, index) => {
    const column = index % geometry.columns;
    const line = Math.floor(index / geometry.columns);
    card.style.setProperty("width", geometry.width + "px");
    card.style.setProperty("transform", "translate(" + column * (geometry.width + geometry.gap) + "px, " + line * geometry.pitch + "px)");
  };

  const render = (isNew) => {
    measure();
    const lines = Math.ceil(shown.length / geometry.columns);
    grid.style.setProperty("height", Math.max(0, lines * geometry.pitch) + "px");
    if (isNew) {
      cards.clear();
      grid.replaceChildren();
    }
    const top = -grid.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor(top / geometry.pitch) - 1);
    const last = Math.ceil((top + window.innerHeight) / geometry.pitch) + 1;
    const needed = new Set();
    for (let index = first * geometry.columns; index < Math.min(shown.length, last * geometry.columns); index += 1) needed.add(index);
    // The card that has, or would get, the focus stays in the document.
    if (current < shown.length) needed.add(current);
    for (const [index, card] of cards) {
      if (!needed.has(index)) {
        card.remove();
        cards.delete(index);
      }
    }
    for (const index of Array.from(needed).sort((one, other) => one - other)) {
      let card = cards.get(index);
      if (!card) {
        card = makeCard(shown[index], index);
        cards.set(index, card);
        // In the order of the inputs, for screen readers and the Tab key.
        const later = Array.from(grid.children).find((other) => Number(other.getAttribute("aria-posinset")) > index + 1);
        grid.insertBefore(card, later || null);
      }
      place(card, index);
    }
  };

  const buttonOf = (index) => cards.get(index) && cards.get(index).querySelector("button.open");

  const setCurrent = (index) => {
    const before = buttonOf(current);
    if (before) before.tabIndex = -1;
    current = index;
    const now = buttonOf(current);
    if (now) now.tabIndex = 0;
  };

  const moveTo = (index) => {
    setCurrent(Math.min(shown.length - 1, Math.max(0, index)));
    render(false);
    const card = cards.get(current);
    if (!card) return;
    card.scrollIntoView({ block: "nearest" });
    render(false);
    setCurrent(current);
    buttonOf(current).focus({ preventScroll: true });
  };

  grid.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const screen = Math.max(1, Math.floor(window.innerHeight / geometry.pitch)) * geometry.columns;
    const steps = {
      ArrowLeft: current - 1, ArrowRight: current + 1, ArrowUp: current - geometry.columns,
      ArrowDown: current + geometry.columns, Home: 0, End: shown.length - 1, PageUp: current - screen,
      PageDown: current + screen,
    };
    if (!Object.hasOwn(steps, event.key)) return;
    event.preventDefault();
    moveTo(steps[event.key]);
  });

  // ---- Details ----

  const detail = byId("detail");
  let opened = 0;

  const section = (title, ...children) => {
    const part = make("section");
    part.append(make("h3", "", title), ...children);
    return part;
  };

  const open = (index) => {
    opened = index;
    const row = shown[index];
    byId("detail-title").textContent = visible(row.source);
    byId("detail-title").title = visible(row.source);
    byId("previous").disabled = index === 0;
    byId("next").disabled = index === shown.length - 1;
    byId("detail-image").replaceChildren();
    const drawing = addImage(byId("detail-image"), row, "contain");
    const parts = [];
    if (row.cause) {
      const code = row.code === undefined ? "" : " (" + row.code + ")";
      parts.push(section(visible(row.outcome || "Failed") + code, isolate(make("p", "error", visibleLines(row.cause)))));
    }
    if (row.texts.length) {
      parts.push(section("Text", ...row.texts.map((text) => isolate(make("p", "words", visibleLines(text))))));
    }
    const concepts = conceptsToShow({ all: new Map(row.concepts) }, Infinity);
    if (concepts.length) {
      const meters = make("div", "meters");
      meters.append(...concepts.map(([name, value]) => meter(name, value)));
      parts.push(section(row.frames ? "Concepts, highest of " + count(row.frames, "frame", "frames") : "Concepts", meters));
    }
    if (row.regions.length) parts.push(section("Regions", regionList(row, drawing)));
    if (row.colors.length) parts.push(section("Colors", palette(row)));
    const facts = make("dl", "facts");
    addFacts(facts, [
      ["State", row.state + (row.outcome ? ", " + row.outcome : "")],
      ["Size", row.size ? row.size[0] + " × " + row.size[1] + " pixels" : ""],
      ["File", row.changed ? "has changed since it was sent; boxes may not fit" : ""],
      ["Input ID", row.id],
      ["Request ID", row.request],
      ["Attempts", row.attempts],
      ["Also returned", (row.others || []).join(", ")],
    ]);
    parts.push(section("Input", facts));
    byId("detail-facts").replaceChildren(...parts);
    if (!detail.open) detail.showModal();
    for (const part of detail.querySelectorAll(".detail-body, .detail-facts")) part.scrollTop = 0;
  };

  const regionList = (row, drawing) => {
    const list = make("ul", "regions");
    list.setAttribute("role", "list");
    row.regions.forEach((region, number) => {
      if (regionValue(region) < filters.min) return;
      const item = make("li");
      item.tabIndex = 0;
      const text = make("span");
      const value = regionValue(region);
      text.append(isolate(make("span", "", regionName(region))), " ");
      if (value !== undefined) text.append(make("span", "muted number", percent(value)));
      item.append(make("span", "place", String(number + 1)), text);
      const mark = (isMarked) => () => {
        const group = drawing && drawing.querySelector('[data-region="' + number + '"]');
        if (group) group.classList.toggle("marked", isMarked);
      };
      item.addEventListener("mouseenter", mark(true));
      item.addEventListener("mouseleave", mark(false));
      item.addEventListener("focus", mark(true));
      item.addEventListener("blur", mark(false));
      list.append(item);
    });
    return list;
  };

  const palette = (row) => {
    const list = make("ul", "palette");
    list.setAttribute("role", "list");
    for (const [hex, name, share] of row.colors) {
      const swatch = make("span", "swatch");
      if (isColor(hex)) swatch.style.setProperty("background-color", hex);
      const item = make("li");
      item.append(swatch, make("span", "number", visible(hex)), make("span", "", visible(name)), make("span", "muted number", percent(share)));
      list.append(item);
    }
    return list;
  };

  const step = (by) => {
    const index = opened + by;
    if (index >= 0 && index < shown.length) open(index);
  };
  byId("previous").addEventListener("click", () => step(-1));
  byId("next").addEventListener("click", () => step(1));
  byId("close").addEventListener("click", () => detail.close());
  detail.addEventListener("click", (event) => {
    if (event.target === detail) detail.close();
  });
  detail.addEventListener("close", () => moveTo(opened));
  detail.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") step(-1);
    else if (event.key === "ArrowRight") step(1);
    else return;
    event.preventDefault();
  });

  // ---- Start ----

  let timer = 0;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(changed, 120);
  };
  byId("text").addEventListener("input", () => {
    filters.text = byId("text").value;
    later();
  });
  byId("concept").addEventListener("input", () => {
    filters.concept = byId("concept").value;
    later();
  });
  byId("min").addEventListener("input", () => {
    filters.min = fraction(byId("min").value);
    showThreshold();
    later();
  });
  byId("sort").addEventListener("change", () => {
    filters.sort = byId("sort").value;
    changed();
  });
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("filters").addEventListener("reset", (event) => {
    event.preventDefault();
    reset();
  });
  byId("empty-reset").addEventListener("click", reset);

  let isScheduled = false;
  const schedule = () => {
    if (isScheduled) return;
    isScheduled = true;
    requestAnimationFrame(() => {
      isScheduled = false;
      render(false);
    });
  };
  window.addEventListener("scroll", schedule, { passive: true });
  window.addEventListener("resize", schedule);
  window.addEventListener("hashchange", readAddress);
  // Not by its address, which contains the filters.
  document.querySelector("a.skip").addEventListener("click", (event) => {
    event.preventDefault();
    byId("results").focus();
  });

  showStates();
  showJob();
  readAddress();
})();
