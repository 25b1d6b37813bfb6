/* The palette (Ctrl-K): pages, records, things to do. Loaded on first use. A combobox by ARIA 1.2: the input keeps the focus,
   the arrows choose. */
(() => {
  "use strict";
  const root = document.querySelector("[data-dm-palette]");
  const { palette: base, words } = root.dataset;
  const say = JSON.parse(words);
  const icon = (name) => `<svg class="icon" aria-hidden="true"><use href="${document.documentElement.dataset.icons}#${name}"></use></svg>`;
  const element = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };
  const load = async (path) => {
    const answer = await fetch(base + path, { headers: { Accept: "application/json" } });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    return answer.json();
  };

  const input = element("input", {
    type: "text", role: "combobox", "aria-expanded": "true", "aria-controls": "dm-palette-list", "aria-autocomplete": "list",
    "aria-label": say.search, placeholder: say.search, autocomplete: "off", spellcheck: "false", maxlength: "100",
  });
  const list = element("div", { id: "dm-palette-list", role: "listbox", "aria-label": say.results });
  const status = element("p", { class: "visually-hidden", role: "status" });
  const head = element("div", { class: "dm-palette-head" }, input);
  head.insertAdjacentHTML("afterbegin", icon("search"));
  const dialog = element("dialog", { class: "dm-palette", "aria-label": say.search }, head, list, status);
  document.body.append(dialog);

  let places = null;
  let seen = [];
  let active = -1;
  let asked = "";
  let timer;

  const options = () => [...list.querySelectorAll("[role=option]")];
  const choose = (index) => {
    const all = options();
    active = all.length ? (index + all.length) % all.length : -1;
    all.forEach((option, position) => option.setAttribute("aria-selected", String(position === active)));
    if (active < 0) { input.removeAttribute("aria-activedescendant"); return; }
    input.setAttribute("aria-activedescendant", all[active].id);
    all[active].scrollIntoView({ block: "nearest" });
  };
  const option = (item, number) => {
    const name = element("span", { class: "dm-palette-name" });
    name.textContent = item.name;
    const about = element("span", { class: "dm-palette-about" });
    about.textContent = item.about || "";
    const made = element("div", { role: "option", id: `dm-palette-${number}`, "aria-selected": "false" }, name, about);
    made.insertAdjacentHTML("afterbegin", icon(item.icon));
    made.addEventListener("click", (event) => { dialog.close(); item.run ? item.run() : go(item.url, event); });
    return made;
  };
  const go = (url, event) => { if (event?.ctrlKey || event?.metaKey) window.open(url, "_blank", "noopener"); else location.assign(url); };
  const draw = (groups) => {
    let number = 0;
    const drawn = groups.filter((group) => group.items.length).map((group) => {
      const title = element("div", { class: "dm-palette-group", id: `dm-palette-group-${number}` });
      title.textContent = group.name;
      const items = group.items.map((item) => option(item, number++));
      return element("div", { role: "group", "aria-labelledby": title.id }, title, ...items);
    });
    list.replaceChildren(...drawn);
    if (!drawn.length) {
      const note = element("p", { class: "dm-palette-note" });
      note.textContent = say.nothing;
      list.append(note);
    }
    status.textContent = number ? `${number} ${say.results}` : say.nothing;
    choose(number ? 0 : -1);
  };

  const matches = (item, text) => {
    const whole = `${item.name} ${item.about || ""}`.toLocaleLowerCase();
    return text.toLocaleLowerCase().split(/\s+/).every((word) => whole.includes(word));
  };
  const doings = () => {
    const found = [...document.querySelectorAll("#dm-user-menu .dm-item")].map((entry) => ({ name: entry.textContent.trim(), icon: "chevron-right", run: () => entry.click() }));
    for (const choice of document.querySelectorAll("[data-theme-choice]")) found.push({ name: `${say.appearance}: ${choice.textContent.trim()}`, icon: "monitor", run: () => choice.click() });
    if (document.querySelector("#dm-keys")) found.push({ name: say.keys, icon: "terminal", run: () => document.querySelector("#dm-keys").showModal() });
    return found;
  };
  const known = (text) => {
    const icons = { page: "list", new: "plus" };
    const all = (places || []).map((place) => ({ ...place, icon: icons[place.kind] || "list" }));
    const of = (kind) => all.filter((place) => place.kind === kind && matches(place, text));
    return [
      { name: say.seen, items: text ? [] : seen.map((one) => ({ ...one, icon: "history" })) },
      { name: say.pages, items: of("page").slice(0, text ? 8 : 30) },
      { name: say.doings, items: [...of("new"), ...doings().filter((item) => matches(item, text))].slice(0, 8) },
    ];
  };
  const ask = async () => {
    const text = input.value.trim();
    if (text === asked && list.childElementCount) return;
    asked = text;
    draw(known(text));
    if (text.length < 2) return;
    dialog.setAttribute("aria-busy", "true");
    let answer = { groups: [] };
    try { answer = await load(`?q=${encodeURIComponent(text)}`); } catch { status.textContent = say.failed; }
    dialog.removeAttribute("aria-busy");
    if (text !== asked) return;
    const records = answer.groups.map((group) => ({
      name: group.name,
      items: [...group.records.map((one) => ({ name: one.title, url: one.url, icon: "file" })),
        ...(group.has_more ? [{ name: `${say.all}: ${group.name}`, url: group.list_url, icon: "search" }] : [])],
    }));
    const kept = active > 0 ? active : 0;
    draw([...known(text), ...records]);
    choose(kept);
  };
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 150); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); choose(active + (event.key === "ArrowDown" ? 1 : -1)); }
    else if (event.key === "Home" && event.ctrlKey) choose(0);
    else if (event.key === "Enter") {
      event.preventDefault();
      clearTimeout(timer);
      const { ctrlKey, metaKey } = event;
      ask().then(() => options()[active]?.dispatchEvent(new MouseEvent("click", { ctrlKey, metaKey, bubbles: true })));
    }
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });

  const open = async () => {
    if (dialog.open) { dialog.close(); return; }
    input.value = "";
    asked = "";
    dialog.showModal();
    draw(known(""));
    const at = (window.dmSeen?.() || []).map((place) => `at=${encodeURIComponent(place)}`).join("&");
    try { [places, seen] = await Promise.all([places || load("places/"), at ? load(`seen/?${at}`) : []]); } catch { status.textContent = say.failed; }
    if (!input.value) draw(known(""));
  };
  window.dmPalette = open;
  open();
})();
