"use strict";
(() => {
  const words = JSON.parse(document.getElementById("words").textContent);
  const root = document.documentElement;
  const status = document.getElementById("status");
  root.classList.add("js");

  const language = () => (document.getElementById("lang-zh").checked ? "zh-CN" : "en");
  const say = (key) => words[key][language()];

  // ---- language: style decides what shows; the script tells the browser which it is
  const settle = () => {
    root.lang = language();
    document.title = words.titles[language()];
    count();
  };
  for (const radio of document.getElementsByName("language")) radio.addEventListener("change", settle);

  // ---- copying
  const shown = (node) => {
    const here = [...node.childNodes].filter((n) => !(n.lang && n.lang !== language()));
    return here.map((n) => n.textContent).join("");
  };
  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      area.className = "hidden";
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      return done;
    }
  };
  const tell = (button, text) => {
    status.textContent = text;
    button.dataset.told = text;
    setTimeout(() => delete button.dataset.told, 1600);
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button.copy");
    if (!button) return;
    const key = button.dataset.copy;
    const exact = Object.hasOwn(words.exact, key) ? words.exact[key] : null;
    const done = await copy(exact ?? shown(document.getElementById(key)));
    button.focus();
    tell(button, say(done ? "copied" : "failed"));
  });

  // ---- links to a sentence or a column open it
  const reveal = () => {
    let id = "";
    try {
      id = decodeURIComponent(location.hash.slice(1));
    } catch {
      return;
    }
    const target = id && document.getElementById(id);
    if (!target) return;
    if (target.localName === "details") target.open = true;
    if (target.closest("li[hidden]")) {
      search.value = "";
      filter();
    }
    target.scrollIntoView({ block: "start" });
  };
  addEventListener("hashchange", reveal);
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (link && link.getAttribute("href") === location.hash) reveal();
  });

  // ---- columns: search, order, open
  const list = document.getElementById("cols");
  const search = document.getElementById("search");
  const found = document.getElementById("found");
  const items = list ? [...list.children] : [];
  const texts = items.map((item) => item.querySelector("summary").textContent.normalize("NFKC").toLowerCase());
  function count() {
    if (!found) return;
    const left = items.filter((item) => !item.hidden).length;
    found.textContent = left === items.length
      ? ""
      : say("found").replace("{n}", left.toLocaleString("en")).replace("{all}", items.length.toLocaleString("en"));
  }
  function filter() {
    const parts = search.value.normalize("NFKC").toLowerCase().split(/\s+/).filter(Boolean);
    items.forEach((item, k) => { item.hidden = !parts.every((part) => texts[k].includes(part)); });
    count();
  }
  if (search) search.addEventListener("input", filter);

  const numeric = new Set(["place", "missing", "distinct"]);
  const largestFirst = new Set(["missing", "distinct"]);
  const sorters = [...document.querySelectorAll("button.sort")];
  const order = (button) => {
    const key = button.dataset.sort;
    const again = button.getAttribute("aria-pressed") === "true" && key !== "place";
    const down = again ? button.dataset.way !== "down" : largestFirst.has(key);
    const compare = numeric.has(key)
      ? (a, b) => Number(a.dataset[key]) - Number(b.dataset[key])
      : (a, b) => a.dataset[key].localeCompare(b.dataset[key], "zh-CN", { numeric: true });
    const place = (a, b) => Number(a.dataset.place) - Number(b.dataset.place);
    const sorted = [...items].sort((a, b) => (down ? compare(b, a) : compare(a, b)) || place(a, b));
    list.append(...sorted);
    for (const other of sorters) {
      other.setAttribute("aria-pressed", String(other === button));
      delete other.dataset.way;
    }
    if (key !== "place") button.dataset.way = down ? "down" : "up";
  };
  for (const button of sorters) button.addEventListener("click", () => order(button));

  const each = (open) => () => items.forEach((item) => {
    if (!item.hidden) item.firstElementChild.open = open;
  });
  document.getElementById("unfold")?.addEventListener("click", each(true));
  document.getElementById("fold")?.addEventListener("click", each(false));

  settle();
  if (location.hash) reveal();
})();
