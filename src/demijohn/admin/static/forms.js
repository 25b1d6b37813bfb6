/* Parts of forms: tabs, fields that depend on others, previews, colours, what is left of a length. Loaded where a form has one. */
(() => {
  "use strict";
  const valueOf = (form, name) => {
    const found = [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)].filter((one) => !one.disabled);
    if (!found.length) return [];
    if (found[0].type === "checkbox" && found.length === 1) return [found[0].checked ? "on" : "off"];
    if (found[0].type === "radio" || found[0].type === "checkbox") return found.filter((one) => one.checked).map((one) => one.value);
    return found[0].multiple ? [...found[0].selectedOptions].map((one) => one.value) : [found[0].value];
  };
  const place = (field) => {
    const values = valueOf(field.closest("form"), field.dataset.dmWhen);
    const isMet = JSON.parse(field.dataset.dmIs).some((one) => values.includes(one));
    field.hidden = !isMet;
    for (const one of field.querySelectorAll("input, select, textarea, button")) one.disabled = !isMet;
  };
  const placeAll = (form) => {
    const fields = [...form.querySelectorAll("[data-dm-when]")];
    for (let round = 0; round <= fields.length; round += 1) { // one may depend on another
      const before = fields.map((one) => one.hidden).join();
      fields.forEach(place);
      if (fields.map((one) => one.hidden).join() === before) return;
    }
  };

  const memory = `demijohn-tab-${location.pathname}`;
  const remembered = () => { try { return sessionStorage.getItem(memory); } catch { return null; } };
  const remember = (name) => { try { sessionStorage.setItem(memory, name); } catch { /* for this page only */ } };
  const show = (tabs, chosen, isKept = true) => {
    for (const tab of tabs.list) {
      const isChosen = tab === chosen;
      tab.setAttribute("aria-selected", String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
      tab.panel.hidden = !isChosen;
    }
    if (isKept) remember(chosen.dataset.name);
  };
  const button = (panel, number) => {
    const tab = document.createElement("button");
    const heading = panel.querySelector(":scope > h2");
    tab.type = "button";
    tab.role = "tab";
    tab.id = `${panel.id}-tab`;
    tab.className = "dm-tab";
    tab.dataset.name = panel.dataset.dmTab;
    tab.panel = panel;
    tab.textContent = heading.textContent;
    tab.setAttribute("aria-controls", panel.id);
    const wrong = Number(panel.dataset.dmWrong);
    if (wrong) {
      tab.append(" ", window.dmKit.make("span", { class: "dm-badge dm-badge-wrong", text: wrong }));
    }
    heading.hidden = true;
    panel.role = "tabpanel";
    panel.setAttribute("aria-labelledby", tab.id);
    return tab;
  };
  const STEPS = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity };
  const move = (tabs, event) => {
    if (!(event.key in STEPS)) return;
    const isRtl = document.documentElement.dir === "rtl";
    const step = STEPS[event.key] * (isRtl && Number.isFinite(STEPS[event.key]) ? -1 : 1);
    const last = tabs.list.length - 1;
    const at = tabs.list.indexOf(event.target.closest("[role=tab]")) + step;
    const to = tabs.list[Number.isFinite(step) ? (at + last + 1) % (last + 1) : step < 0 ? 0 : last];
    event.preventDefault();
    show(tabs, to);
    to.focus();
  };
  const startTabs = (holder) => {
    const panels = [...holder.querySelectorAll(":scope > [data-dm-tab]")];
    if (!panels.length || holder.querySelector(":scope > [role=tablist]")) return;
    const bar = document.createElement("div");
    bar.className = "dm-tablist";
    bar.role = "tablist";
    const tabs = { list: panels.map(button) };
    bar.append(...tabs.list);
    holder.prepend(bar);
    bar.addEventListener("click", (event) => { const tab = event.target.closest("[role=tab]"); if (tab) show(tabs, tab); });
    bar.addEventListener("keydown", (event) => move(tabs, event));
    const wrong = tabs.list.find((tab) => Number(tab.panel.dataset.dmWrong));
    show(tabs, wrong ?? tabs.list.find((tab) => tab.dataset.name === remembered()) ?? tabs.list[0], false);
    holder.closest("form").addEventListener("click", (event) => {
      const target = event.target.closest?.("a[href^='#']");
      const field = target && document.getElementById(target.getAttribute("href").slice(1));
      const tab = field && tabs.list.find((one) => one.panel.contains(field));
      if (tab) { show(tabs, tab); field.focus(); }
    });
  };

  /* A text area's preview is made by the server; a colour has the browser's own input beside the typed one. */
  const { make, say, toast } = window.dmKit;
  const startPreview = (area) => {
    if (area.dataset.dmReady) return;
    area.dataset.dmReady = "1";
    const shown = make("div", { class: "dm-preview", hidden: true, tabindex: "-1", "aria-live": "polite" });
    const look = "btn btn-sm btn-outline-secondary dm-preview-button";
    const button = make("button", { type: "button", class: look, "aria-pressed": "false", text: area.dataset.words });
    area.after(shown, button);
    button.addEventListener("click", async () => {
      const isOpening = shown.hidden;
      if (isOpening) {
        const token = area.form.querySelector("[name=csrf_token]")?.value || "";
        const body = new URLSearchParams({ text: area.value, csrf_token: token });
        const answer = await fetch(area.dataset.dmPreview, { method: "POST", body, headers: { "X-CSRFToken": token, "X-Requested-With": "fetch" } }).catch(() => null);
        if (!answer?.ok || answer.redirected) { toast(say("Could not load. Try again."), "danger"); return; }
        shown.innerHTML = await answer.text();
      }
      shown.hidden = !isOpening;
      area.hidden = isOpening;
      button.setAttribute("aria-pressed", String(isOpening));
    });
  };
  const startColor = (input) => {
    if (input.dataset.dmReady) return;
    input.dataset.dmReady = "1";
    const label = `${input.dataset.dmColor}: ${input.labels[0]?.textContent.trim() || ""}`;
    const picker = make("input", { type: "color", class: "form-control form-control-color dm-color-input", "aria-label": label });
    const isColor = (text) => /^#[0-9a-f]{6}$/i.test(text);
    const follow = () => { if (isColor(input.value)) picker.value = input.value; };
    const row = make("div", { class: "dm-color-row" });
    input.before(row);
    row.append(input, picker);
    follow();
    input.addEventListener("input", follow);
    picker.addEventListener("input", () => { input.value = picker.value; input.dispatchEvent(new Event("input", { bubbles: true })); });
  };

  /* What is left of a text's length, once that is little. */
  const LITTLE = 0.8;
  const startCounter = (area) => {
    if (area.dataset.dmCounted) return;
    area.dataset.dmCounted = "1";
    const left = make("div", { class: "form-text dm-left", "aria-live": "polite" });
    area.after(left);
    const count = () => { left.textContent = area.value.length >= area.maxLength * LITTLE ? `${area.value.length.toLocaleString()} / ${area.maxLength.toLocaleString()}` : ""; };
    area.addEventListener("input", count);
    count();
  };

  window.dmForms = (parent) => {
    for (const area of parent.querySelectorAll("[data-dm-preview]")) startPreview(area);
    for (const input of parent.querySelectorAll("[data-dm-color]")) startColor(input);
    for (const area of parent.querySelectorAll("textarea[maxlength]")) startCounter(area);
    for (const holder of parent.querySelectorAll("[data-dm-tabs]")) startTabs(holder);
    for (const form of new Set([...parent.querySelectorAll("[data-dm-when]")].map((one) => one.closest("form")))) {
      placeAll(form);
      form.addEventListener("input", () => placeAll(form));
      form.addEventListener("change", () => placeAll(form));
    }
  };
})();
