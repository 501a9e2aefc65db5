"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const nodes = new Map(data.nodes.map((node) => [node.id, node]));
  const edges = new Map(data.edges.map((edge) => [edge.id, edge]));
  const broken = data.edges.filter((edge) => edge.verdict === "broken");
  const stage = document.getElementById("stage");
  const world = document.getElementById("world");
  const panel = document.getElementById("panel");
  const search = document.getElementById("search");
  const hits = document.getElementById("hits");
  const only = document.getElementById("only");
  const root = document.documentElement;
  const all = (selector, within = world) => [...within.querySelectorAll(selector)];
  const cards = new Map(all("[data-card]").map((card) => [card.dataset.card, card]));
  const cardOf = (id) => nodes.get(id).parent || id;

  // The elements of each node and edge.
  const shapes = new Map();
  for (const shape of all("[data-node], [data-edge]")) {
    const id = shape.dataset.node || shape.dataset.edge;
    if (!shapes.has(id)) shapes.set(id, []);
    shapes.get(id).push(shape);
  }

  // What leads to and from a node. Gateways and routes go on from each of their rows, subsets are ways of their own.
  const rows = new Map();
  for (const node of data.nodes) {
    if (node.kind === "server" || node.kind === "route") rows.set(node.parent, [...(rows.get(node.parent) || []), node.id]);
  }
  const leaving = new Map(), arriving = new Map();
  for (const edge of data.edges) {
    leaving.set(edge.source, [...(leaving.get(edge.source) || []), edge]);
    arriving.set(edge.target, [...(arriving.get(edge.target) || []), edge]);
  }
  const closure = (start, forward) => {
    const seen = new Set(), found = new Set(), front = [...start];
    while (front.length) {
      const id = front.pop();
      if (seen.has(id)) continue;
      seen.add(id);
      const node = nodes.get(id);
      if (forward) front.push(...(rows.get(id) || []));
      else if (node.kind === "server" || node.kind === "route") front.push(node.parent);
      for (const edge of (forward ? leaving : arriving).get(id) || []) {
        found.add(edge.id);
        front.push(forward ? edge.target : edge.source);
      }
    }
    return [seen, found];
  };
  const paths = (before, after, own) => {
    const [back, backEdges] = closure(before, false);
    const [on, onEdges] = closure(after, true);
    return [new Set([...back, ...on]), new Set([...backEdges, ...onEdges, ...own])];
  };

  // View: pan and zoom.
  let scale = 1, x = 0, y = 0;
  const size = () => [parseFloat(world.style.width), parseFloat(world.style.height)];
  const show = () => { world.style.transform = `translate(${x}px,${y}px) scale(${scale})`; };
  const zoom = (factor, at) => {
    const [cx, cy] = at || [stage.clientWidth / 2, stage.clientHeight / 2];
    const next = Math.min(2.5, Math.max(0.08, scale * factor));
    x = cx - (cx - x) * next / scale;
    y = cy - (cy - y) * next / scale;
    scale = next;
    show();
  };
  const fit = () => {
    const [w, h] = size();
    scale = Math.min(1.15, Math.max(0.08, Math.min(stage.clientWidth / w, stage.clientHeight / h)));
    x = Math.max(0, (stage.clientWidth - w * scale) / 2);
    y = Math.max(0, (stage.clientHeight - h * scale) / 2.6);
    show();
  };
  // The first look: everything if it can be read, else the first broken edge, else the top.
  const home = () => {
    fit();
    if (scale >= 0.45) return;
    const [w] = size();
    scale = Math.min(0.9, Math.max(0.5, stage.clientWidth / w));
    x = Math.max(12, (stage.clientWidth - w * scale) / 2);
    y = 8;
    show();
    if (broken.length) bring(broken[0].id);
  };
  const bring = (id) => {
    const shape = (shapes.get(id) || []).find((one) => one.classList.contains("pill")) || (shapes.get(id) || [])[0];
    if (!shape) return;
    const box = shape.getBoundingClientRect(), frame = stage.getBoundingClientRect();
    const cx = box.x + box.width / 2 - frame.x, cy = box.y + box.height / 2 - frame.y;
    const inside = cx > 90 && cy > 70 && cx < frame.width - 90 && cy < frame.height - 70;
    if (scale < 0.55) zoom(0.8 / scale, [cx, cy]);
    else if (inside) return;
    const again = shape.getBoundingClientRect();
    x += frame.x + frame.width / 2 - again.x - again.width / 2;
    y += frame.y + frame.height / 2 - again.y - again.height / 2;
    show();
  };

  // Building text. Nothing of the data is ever read as markup.
  const make = (tag, className, ...children) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
    return made;
  };
  // Words with `code` in them.
  const prose = (text) => text.split("`").map((part, at) => (at % 2 ? make("code", "", part) : part));
  const nameOf = (id) => {
    const node = nodes.get(id);
    if (node.parent) return `${nameOf(node.parent)} ${node.title.startsWith(node.what) ? node.title : `${node.what} ${node.title}`}`;
    return node.kind === "client" ? node.title : `${node.what} ${node.namespace ? node.namespace + "/" : ""}${node.title}`;
  };
  const whereOf = (place) => {
    if (place.line === null || place.line === undefined) return place.file;
    const from = place.grade === "call-site" ? "from " : "";
    return `${from}${place.file}${place.grade === "file" ? "" : `:${place.line}:${place.column}`}`;
  };
  const codeOf = (place) => {
    const known = data.sources[place.file];
    if (!known || !place.line || place.grade === "file") return null;
    const block = make("pre");
    for (let number = place.line - 5; number <= place.line + 6; number++) {
      if (!(number in known)) continue;
      const row = make("div", number === place.line ? "at" : "", make("i", "", String(number)));
      const text = known[number];
      const letters = Array.from(text);
      if (number === place.line && place.grade !== "call-site" && letters.length) {
        const start = Math.min(place.column - 1, letters.length);
        const end = place.end_line === place.line ? Math.max(place.end_column - 1, start) : letters.length;
        row.append(letters.slice(0, start).join(""), make("mark", "", letters.slice(start, end).join("")), letters.slice(end).join(""));
      } else row.append(text);
      block.append(row);
    }
    return block.childElementCount ? block : null;
  };
  const spotOf = (place, first) => {
    const box = make("div", first ? "spot first" : "spot", make("div", "where", whereOf(place)));
    if (place.label) box.append(make("div", "label", place.label));
    const code = codeOf(place);
    if (code) box.append(code);
    for (const call of [...(place.calls || [])].reverse()) {
      box.append(make("div", "chain", call.name ? `called here: "${call.name}" ` : "called here ", make("code", "", `${call.file}:${call.line}`)));
    }
    for (const value of place.provenance || []) {
      box.append(make("div", "chain", `value ${value.path} from `, make("code", "", value.line ? `${value.file}:${value.line}` : value.file)));
    }
    return box;
  };
  const section = (title, ...content) => (content.length ? [make("h3", "", title), ...content] : []);
  const factsOf = (facts) => {
    const list = make("dl");
    for (const [name, value] of Object.entries(facts)) list.append(make("dt", "", name), make("dd", "mono", value));
    return list;
  };
  const wayOf = (edge, out) => {
    const way = make("button", `way ${edge.verdict}`, make("span", "arrow", out ? "\u2192" : "\u2190"), make("b", "", edge.label), make("span", "", nameOf(out ? edge.target : edge.source)));
    if (edge.verdict === "broken") way.append(make("b", "", `\u2715 ${edge.break ? edge.break.code : "broken"}`));
    way.addEventListener("click", () => choose(edge.id, true));
    return way;
  };
  const VERDICTS = { ok: "works", unknown: "not certain", broken: "broken" };
  const KINDS = { exposes: "reaches", binds: "has the routes of", delegates: "delegates to", routes: "routes to", alias: "is another name of", selects: "selects" };
  const symptomOf = (found) => [found.http, found.flag, found.body ? `"${found.body}"` : ""].filter(Boolean).join(" ");
  const ofEdge = (edge) => {
    const parts = [make("span", `badge ${edge.verdict}`, edge.verdict === "broken" && edge.break ? `broken at ${edge.break.stage}` : VERDICTS[edge.verdict])];
    const title = make("h2", "", nameOf(edge.source), make("span", "to", ` ${KINDS[edge.kind]} `), nameOf(edge.target));
    const body = [];
    if (edge.break) {
      body.push(make("div", "effect", make("strong", "", symptomOf(edge.break)), make("p", "", `${edge.break.code}: ${edge.break.about}`), edge.finding && edge.finding.effect ? make("p", "", ...prose(edge.finding.effect)) : ""));
    }
    if (edge.detail) body.push(make("p", "", edge.detail));
    if (edge.finding && edge.finding.hint) body.push(make("div", "help", make("strong", "", "What to do: "), ...prose(edge.finding.hint)));
    const facts = {};
    if (edge.label) facts[edge.kind === "routes" ? "share" : edge.kind === "binds" ? "server" : "on"] = edge.label;
    if (edge.clusters.length) facts[edge.clusters.length > 1 ? "Envoy clusters" : "Envoy cluster"] = edge.clusters.join("  ");
    if (edge.confirm) facts["see it live"] = edge.confirm;
    if (edge.finding) {
      facts.finding = `${edge.finding.severity} ${edge.finding.code} ${edge.finding.name}`;
      facts.explain = `meshlint explain ${edge.finding.code}`;
    }
    if (Object.keys(facts).length) body.push(factsOf(facts));
    for (const note of edge.finding ? edge.finding.notes : []) body.push(make("p", "", ...prose(note)));
    body.push(...section("Where it is written", ...edge.places.map((place, at) => spotOf(place, at === 0 && edge.verdict === "broken"))));
    const ends = [edge.source, edge.target].map((id) => {
      const way = make("button", "way", nameOf(id));
      way.addEventListener("click", () => choose(id, true));
      return way;
    });
    body.push(...section("Between", ...ends));
    return [parts, title, body];
  };
  const ofNode = (node) => {
    const parts = [make("span", "badge", node.state === "here" ? node.what : `${node.what}, ${node.state}`)];
    const title = make("h2", "", nameOf(node.id));
    const inner = [node.id, ...data.nodes.filter((row) => row.parent === node.id).map((row) => row.id)];
    const above = node.kind === "server" || node.kind === "route" ? [node.id, node.parent] : [node.id];
    const out = (node.parent ? [node.id] : inner).flatMap((id) => leaving.get(id) || []);
    const to = (node.parent ? above : inner).flatMap((id) => arriving.get(id) || []);
    const body = [make("p", "", node.about), factsOf(node.facts)];
    body.push(...section("Leads to", ...out.map((edge) => wayOf(edge, true))));
    body.push(...section("Reached from", ...to.map((edge) => wayOf(edge, false))));
    body.push(...section("Where it is written", ...node.places.map((place) => spotOf(place, false))));
    return [parts, title, body];
  };

  // Selection.
  let chosen = "";
  const clear = (...names) => { for (const name of names) for (const shape of all(`.${name}`)) shape.classList.remove(name); };
  const light = (ids, lines) => {
    clear("lit");
    for (const id of ids) cards.get(cardOf(id)).classList.add("lit");
    for (const id of lines) for (const shape of shapes.get(id) || []) (shape.closest(".wire") || shape).classList.add("lit");
    stage.classList.add("dimmed");
  };
  const settle = () => {
    clear("lit", "hit", "chosen");
    stage.classList.remove("dimmed");
    if (only && only.getAttribute("aria-pressed") === "true") {
      const [ids, lines] = paths(broken.map((edge) => edge.source), broken.map((edge) => edge.target), broken.map((edge) => edge.id));
      light(ids, lines);
    }
  };
  const choose = (id, move) => {
    const edge = edges.get(id), node = nodes.get(id);
    if (!edge && !node) return;
    settle();
    chosen = id;
    const [ids, lines] = edge ? paths([edge.source], [edge.target], [id]) : paths([id], [id], []);
    light(ids, lines);
    for (const shape of shapes.get(id) || []) (shape.closest(".wire, .row, .card") || shape).classList.add("chosen");
    for (const shape of shapes.get(id) || []) if (shape.classList.contains("pill")) shape.classList.add("chosen");
    const [parts, title, body] = edge ? ofEdge(edge) : ofNode(node);
    const close = make("button", "close", "\u2715");
    close.setAttribute("aria-label", "Close details");
    close.addEventListener("click", shut);
    panel.replaceChildren(make("div", "top", make("div", "", ...parts, title), close), ...body);
    panel.hidden = false;
    panel.scrollTop = 0;
    if (move) bring(id);
    try { history.replaceState(null, "", `#${encodeURIComponent(id)}`); } catch { /* some viewers allow no history */ }
  };
  const shut = () => {
    const was = chosen;
    chosen = "";
    panel.hidden = true;
    settle();
    try { history.replaceState(null, "", "#"); } catch { /* some viewers allow no history */ }
    const shape = (shapes.get(was) || []).find((one) => one.tabIndex >= 0 && one.focus);
    if (shape) shape.focus({ preventScroll: true });
  };
  const next = (step) => {
    if (!broken.length) return;
    const at = broken.findIndex((edge) => edge.id === chosen);
    choose(broken[(at + step + broken.length) % broken.length].id, true);
  };
  if (only) only.addEventListener("click", () => {
    only.setAttribute("aria-pressed", String(only.getAttribute("aria-pressed") !== "true"));
    if (chosen) shut(); else settle();
  });
  document.getElementById("next").addEventListener("click", () => next(1));
  document.getElementById("in").addEventListener("click", () => zoom(1.25));
  document.getElementById("out").addEventListener("click", () => zoom(0.8));
  document.getElementById("fit").addEventListener("click", fit);

  const jump = document.getElementById("jump");
  if (jump) jump.addEventListener("change", () => {
    const band = all(".band").find((one) => one.dataset.namespace === jump.value);
    if (!band) return;
    if (scale < 0.5) scale = 0.75;
    x = Math.max(12 - parseFloat(band.style.left) * scale, (stage.clientWidth - size()[0] * scale) / 2);
    y = 12 - parseFloat(band.style.top) * scale;
    show();
    jump.value = "";
  });

  // Theme: the system's, until the button says otherwise.
  const system = matchMedia("(prefers-color-scheme: dark)");
  let theme = "";
  const paint = () => { root.dataset.theme = theme || (system.matches ? "dark" : "light"); };
  const turn = () => { theme = root.dataset.theme === "dark" ? "light" : "dark"; paint(); };
  system.addEventListener("change", paint);
  document.getElementById("theme").addEventListener("click", turn);
  paint();

  // Search: every word must be somewhere in what is known of a card, its rows or their edges.
  const texts = new Map();
  const add = (id, ...words) => texts.set(cardOf(id), `${texts.get(cardOf(id)) || ""} ${words.join(" ")}`.toLowerCase());
  for (const node of data.nodes) add(node.id, node.what, node.title, node.namespace || "", node.about, ...Object.values(node.facts));
  for (const edge of data.edges) for (const id of [edge.source, edge.target]) add(id, ...edge.clusters, edge.break ? edge.break.code : "", edge.finding ? edge.finding.code : "");
  let found = [], looked = -1;
  const look = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (chosen) shut();
    settle();
    looked = -1;
    found = words.length ? [...cards.keys()].filter((id) => words.every((word) => texts.get(id).includes(word))) : [];
    hits.textContent = words.length ? `${found.length} of ${cards.size}` : "";
    if (!words.length) return;
    stage.classList.add("dimmed");
    for (const id of found) cards.get(id).classList.add("hit");
    if (found.length) bring(found[0]);
  };
  search.addEventListener("input", look);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && found.length) {
      looked = (looked + (event.shiftKey ? -1 : 1) + found.length) % found.length;
      const kept = found, at = looked;
      choose(found[looked], true);
      found = kept;
      looked = at;
    } else if (event.key === "Escape") {
      search.value = "";
      look();
      search.blur();
    }
  });

  // Mouse, touch, wheel.
  const fingers = new Map();
  let moved = false;
  stage.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    fingers.set(event.pointerId, [event.clientX, event.clientY]);
    moved = false;
  });
  addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const dx = event.clientX - before[0], dy = event.clientY - before[1];
    if (!moved && Math.hypot(dx, dy) < 4) return;
    moved = true;
    stage.classList.add("moving");
    if (fingers.size === 2) {
      const other = [...fingers.entries()].find(([id]) => id !== event.pointerId)[1];
      const span = (point) => Math.hypot(point[0] - other[0], point[1] - other[1]);
      const frame = stage.getBoundingClientRect();
      zoom(span([event.clientX, event.clientY]) / (span(before) || 1), [(event.clientX + other[0]) / 2 - frame.x, (event.clientY + other[1]) / 2 - frame.y]);
    } else {
      x += dx;
      y += dy;
      show();
    }
    fingers.set(event.pointerId, [event.clientX, event.clientY]);
  });
  for (const kind of ["pointerup", "pointercancel"]) addEventListener(kind, (event) => {
    fingers.delete(event.pointerId);
    stage.classList.remove("moving");
  });
  stage.addEventListener("click", (event) => {
    if (moved) return;
    const shape = event.target.closest("[data-edge], [data-node]");
    if (shape) choose(shape.dataset.edge || shape.dataset.node, false);
    else if (chosen && !event.target.closest(".card")) shut();
  });
  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    const frame = stage.getBoundingClientRect();
    if (event.ctrlKey || event.metaKey) zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.06 : 0.008)), [event.clientX - frame.x, event.clientY - frame.y]);
    else {
      const unit = event.deltaMode ? 30 : 1;
      x -= (event.shiftKey ? event.deltaY : event.deltaX) * unit;
      y -= (event.shiftKey ? 0 : event.deltaY) * unit;
      show();
    }
  }, { passive: false });

  // Whatever gets the keyboard's focus comes into view.
  world.addEventListener("focusin", (event) => {
    const shape = event.target.closest("[data-node], [data-edge]");
    stage.scrollTo(0, 0);
    if (shape && event.target.matches(":focus-visible")) bring(shape.dataset.node || shape.dataset.edge);
  });
  const keys = {
    "/": () => { search.focus(); search.select(); },
    n: () => next(1), p: () => next(-1), b: () => only && only.click(), t: turn,
    "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8), 0: fit,
    Escape: () => chosen && shut(),
    ArrowLeft: () => { x += 60; show(); }, ArrowRight: () => { x -= 60; show(); },
    ArrowUp: () => { y += 60; show(); }, ArrowDown: () => { y -= 60; show(); },
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select")) return;
    if (event.key.startsWith("Arrow") && event.target.closest("#panel")) return;
    const act = keys[event.key];
    if (act) { event.preventDefault(); act(); }
  });
  let width = 0;
  addEventListener("resize", () => {
    if (!chosen && !search.value && Math.abs(innerWidth - width) > 40) home();
    width = innerWidth;
  });

  home();
  let wanted = "";
  try { wanted = decodeURIComponent(location.hash.slice(1)); } catch { /* not one of ours */ }
  if (edges.has(wanted) || nodes.has(wanted)) choose(wanted, true);
})();
