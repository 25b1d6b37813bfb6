/* The admin's behaviour: widgets by `data-role` (Flask-Admin's contract), the list, forms, dialogs.
   Kept for code written for Flask-Admin: window.faForm, modelActions, faHelpers. No library, nothing inline. */
(() => {
  "use strict";
  const $ = (selector, parent = document) => parent.querySelector(selector);
  const $$ = (selector, parent = document) => [...parent.querySelectorAll(selector)];
  const plain = (element) => (element && element.jquery ? element[0] : element);
  const data = (id) => JSON.parse($(`#${id}`)?.textContent || "null");
  const icon = (name) => `<svg class="icon" aria-hidden="true"><use href="${document.documentElement.dataset.icons}#${name}"></use></svg>`;
  let counter = 0;

  /* An element from a tag, its properties and attributes; text never becomes markup. */
  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === undefined || value === null || value === false) continue;
      if (name === "html") element.innerHTML = value;
      else if (name === "text") element.textContent = value;
      else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children);
    return element;
  };
  const changed = (element) => element.dispatchEvent(new Event("change", { bubbles: true }));

  /* What is said here in the language of the page; the English words are for pages without that list. */
  const words = JSON.parse($("#dm-toasts")?.dataset.words || "{}");
  const say = (text) => words[text] || text;

  /* ---- Toasts: good news goes by itself, bad news stays; both follow to the next page ---- */
  const TOAST_MS = 6000;
  const KEPT = "dm-toasts";
  const toast = (text, kind = "info", left = TOAST_MS) => {
    const dismiss = make("button", { type: "button", class: "dm-plain", "data-dm-dismiss": true, "aria-label": say("Dismiss"), html: icon("close") });
    const box = make("div", { class: `alert alert-${kind}`, "data-kind": kind }, make("div", { text }), dismiss);
    $("#dm-toasts")?.append(box);
    if (["danger", "warning"].includes(kind)) return;
    box.dataset.until = Date.now() + left;
    const go = () => { if (box.matches(":hover, :focus-within")) setTimeout(go, 1000); else box.remove(); };
    setTimeout(go, left);
  };
  addEventListener("pagehide", () => {
    const boxes = $$("#dm-toasts > .alert").map((box) => [$("div", box).textContent, box.dataset.kind, box.dataset.until]);
    try { if (boxes.length) sessionStorage.setItem(KEPT, JSON.stringify(boxes)); } catch { /* then they are gone */ }
  });
  const bringToasts = () => {
    let kept = [];
    try { kept = JSON.parse(sessionStorage.getItem(KEPT) || "[]"); sessionStorage.removeItem(KEPT); } catch { /* none */ }
    for (const [text, kind, until] of kept) if (!until || until > Date.now()) toast(text, kind, until ? until - Date.now() : TOAST_MS);
  };

  /* ---- Waiting: a line on top while the next page is on its way, after a moment, and never for a download ---- */
  const busy = (isBusy) => { document.documentElement.toggleAttribute("data-dm-busy", isBusy); };
  let leaving = 0;
  const leave = () => { clearTimeout(leaving); leaving = setTimeout(() => { busy(true); leaving = setTimeout(() => busy(false), 15000); }, 250); };
  const isDownload = (link) => link.hasAttribute("download") || link.target === "_blank" || /\/export\/|\/download\//.test(link.pathname);
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    if (link.origin !== location.origin || isDownload(link) || (link.hash && link.pathname === location.pathname && link.search === location.search)) return;
    setTimeout(() => { if (!event.defaultPrevented) leave(); });
  });
  document.addEventListener("submit", (event) => setTimeout(() => { if (!event.defaultPrevented && event.target.target !== "_blank" && !/\/export\//.test(event.target.action)) leave(); }));
  addEventListener("pageshow", () => { clearTimeout(leaving); busy(false); });

  /* ---- Placing popovers ---- */
  const place = (pop, anchor, { align = "start", width } = {}) => {
    const box = anchor.getBoundingClientRect();
    if (width) pop.style.width = `${box.width}px`;
    Object.assign(pop.style, { inset: "auto", margin: "0" });
    const own = pop.getBoundingClientRect();
    const rtl = document.documentElement.dir === "rtl";
    const left = (align === "end") !== rtl ? box.right - own.width : box.left;
    const below = box.bottom + 4;
    const above = box.top - own.height - 4;
    pop.style.left = `${Math.max(8, Math.min(left, innerWidth - own.width - 8))}px`;
    pop.style.top = `${below + own.height > innerHeight - 8 && above > 8 ? above : Math.max(8, Math.min(below, innerHeight - own.height - 8))}px`;
  };
  document.addEventListener("toggle", (event) => {
    const pop = event.target;
    if (!pop.classList?.contains("dm-pop") || event.newState !== "open") return;
    place(pop, $(`[popovertarget="${CSS.escape(pop.id)}"]`), { align: pop.dataset.align });
    $("a, button", pop)?.focus({ focusVisible: false });
  }, true);
  document.addEventListener("scroll", (event) => {
    for (const pop of $$(".dm-pop:popover-open")) if (!pop.contains(event.target)) pop.hidePopover();
  }, true);
  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest?.(".dm-pop");
    if (!menu || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
    const items = $$("a, button", menu);
    const next = items.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    event.preventDefault();
    items.at(next % items.length)?.focus();
  });
  const side = $("#dm-side");
  side?.addEventListener("focusout", (event) => {
    if (side.matches(":popover-open") && event.relatedTarget && !side.contains(event.relatedTarget)) side.hidePopover();
  });

  /* ---- Asking ---- */
  const ask = (title, { text = "", yes, danger = true } = {}) => new Promise((answer) => {
    const dialog = $("#dm-confirm");
    if (!dialog?.showModal) { answer(confirm([title, text].filter(Boolean).join("\n"))); return; }
    $("#dm-confirm-title").textContent = title;
    $("#dm-confirm-text").textContent = text;
    $("#dm-confirm-text").hidden = !text;
    const button = $("[data-yes]", dialog);
    button.dataset.default ??= button.textContent;
    button.textContent = yes || button.dataset.default;
    button.className = danger ? "btn btn-danger" : "btn btn-primary";
    dialog.returnValue = "no";
    dialog.onclose = () => answer(dialog.returnValue === "yes");
    dialog.showModal();
  });

  /* ---- Combobox: one or many values, from a list or from the server (ARIA 1.2 pattern) ---- */
  const PAGE = 20;
  class Combobox {
    constructor(source, options) {
      Object.assign(this, { source, many: false, blank: true, create: false, minimum: 0, separator: ",", placeholder: "" }, options);
      this.items = [];
      this.active = -1;
      this.id = `dm-combo-${++counter}`;
      this.build();
      this.listen();
      this.show();
    }

    /* The pages where such a record is made or changed, as buttons beside the box; related.js shows them. */
    buildRelated() {
      const { newUrl, newLabel, editUrl, editLabel } = this.source.dataset;
      const ask = (url, prefill) => this.source.dispatchEvent(new CustomEvent("dm:related", { bubbles: true, detail: { url, prefill, back: this.input } }));
      const button = (label, name, run) => make("button", { type: "button", class: "btn btn-outline-secondary dm-related", "aria-label": label, title: label, html: icon(name), onclick: run });
      if (newUrl) this.newButton = button(newLabel, "plus", () => ask(newUrl, this.sought));
      if (editUrl) this.editButton = button(editLabel, "pencil", () => ask(`${editUrl}&id=${encodeURIComponent(this.chosen[0].value)}`));
      const buttons = [this.editButton, this.newButton].filter(Boolean);
      if (!buttons.length || this.off) return;
      const row = make("div", { class: "dm-combo-row" });
      this.box.replaceWith(row);
      row.append(this.box, ...buttons);
      this.source.addEventListener("dm:chosen", ({ detail }) => {
        this.set(this.many ? [...this.chosen.filter((item) => item.value !== detail.value), detail] : [detail]);
      });
    }

    build() {
      const { source } = this;
      const named = (name) => source.getAttribute(name);
      const inputId = source.id || `${this.id}-input`;
      source.removeAttribute("id");
      this.input = make("input", {
        id: inputId, type: "text", role: "combobox", autocomplete: "off", autocapitalize: "off", spellcheck: "false",
        "aria-expanded": "false", "aria-controls": `${this.id}-list`, "aria-autocomplete": "list", placeholder: this.placeholder,
        "aria-describedby": named("aria-describedby"), "aria-invalid": named("aria-invalid"), "aria-label": named("aria-label"),
        "aria-required": source.required ? "true" : named("aria-required"), disabled: source.disabled, readonly: source.readOnly,
      });
      this.off = source.disabled || source.readOnly;
      this.tags = make("ul", { class: "dm-tags" });
      const label = $(`label[for="${CSS.escape(inputId)}"]`);
      const name = label?.firstChild?.textContent.trim() || named("aria-label") || "";
      this.clearButton = make("button", { type: "button", class: "dm-plain", "aria-label": `Clear ${name}`, html: icon("close"), hidden: true });
      this.openButton = make("button", { type: "button", class: "dm-plain", tabindex: "-1", "aria-hidden": "true", html: icon("chevron-down") });
      this.list = make("ul", { id: `${this.id}-list`, class: "dm-options", role: "listbox", "aria-label": name || "Options", popover: "manual", "aria-multiselectable": this.many ? "true" : null });
      this.status = make("span", { class: "visually-hidden", role: "status" });
      this.box = make("div", { class: `dm-combo${source.classList.contains("is-invalid") ? " is-invalid" : ""}${this.off ? " dm-off" : ""}` });
      source.after(this.box);
      if (this.many) this.box.append(this.tags);
      this.box.append(this.input);
      if (!this.off) this.box.append(...(this.many ? [] : [this.clearButton]), this.openButton, this.list, this.status);
      if (source.tagName === "SELECT") { source.hidden = true; source.setAttribute("aria-hidden", "true"); source.required = false; }
      else source.type = "hidden";
      this.buildRelated();
    }

    listen() {
      const { input } = this;
      input.addEventListener("input", () => {
        clearTimeout(this.timer);
        this.typed = true;
        this.sought = input.value.trim();
        this.timer = setTimeout(() => this.search(), this.url ? 180 : 0);
      });
      input.addEventListener("click", () => this.open());
      input.addEventListener("keydown", (event) => this.key(event));
      input.addEventListener("blur", () => setTimeout(() => { if (!this.box.contains(document.activeElement)) this.leave(); }));
      this.openButton.addEventListener("mousedown", (event) => event.preventDefault());
      this.openButton.addEventListener("click", () => { input.focus(); if (this.isOpen) this.close(); else this.open(); });
      this.clearButton.addEventListener("click", () => { this.set([]); input.focus(); });
      this.list.addEventListener("mousedown", (event) => event.preventDefault());
      this.list.addEventListener("click", (event) => {
        const option = event.target.closest("[role=option]");
        if (option) this.choose(this.items[+option.dataset.index]);
      });
      this.list.addEventListener("scroll", () => {
        if (this.list.scrollTop + this.list.clientHeight > this.list.scrollHeight - 40) this.more();
      });
      this.tags.addEventListener("click", (event) => {
        const button = event.target.closest("button");
        if (!button) return;
        this.set(this.chosen.filter((_, index) => index !== +button.dataset.index));
        input.focus();
      });
      this.box.addEventListener("click", (event) => { if (event.target === this.box && !this.off) { input.focus(); this.open(); } });
    }

    get isOpen() { return this.list.matches(":popover-open"); }

    key(event) {
      const { key } = event;
      if (key === "ArrowDown" || key === "ArrowUp") {
        event.preventDefault();
        if (!this.isOpen) { this.open(); return; }
        this.move(key === "ArrowDown" ? 1 : -1);
      } else if (key === "Enter" && this.isOpen && this.active >= 0) {
        event.preventDefault();
        this.choose(this.items[this.active]);
      } else if ((key === "Enter" || key === ",") && this.create && this.input.value.trim()) {
        event.preventDefault();
        this.choose({ value: this.input.value.trim(), text: this.input.value.trim() });
      } else if (key === "Escape" && this.isOpen) {
        event.preventDefault();
        event.stopPropagation();
        this.close();
        this.show();
      } else if (key === "Backspace" && this.many && !this.input.value && this.chosen.length) {
        this.set(this.chosen.slice(0, -1));
      } else if (key === "Tab" && this.isOpen) this.close();
    }

    async open() {
      if (this.off || this.isOpen) return;
      this.typed = false;
      if (!this.many) this.input.select();
      await this.search();
    }

    close() {
      if (this.isOpen) this.list.hidePopover();
      this.input.setAttribute("aria-expanded", "false");
      this.input.removeAttribute("aria-activedescendant");
      this.active = -1;
    }

    /* Typed text without a choice is given up, except that an emptied field means no value. */
    leave() {
      this.close();
      if (this.create && this.input.value.trim()) this.choose({ value: this.input.value.trim(), text: this.input.value.trim() });
      else if (!this.many && this.typed && !this.input.value.trim() && this.blank && this.chosen.length) this.set([]);
      else this.show();
    }

    async search() {
      const text = this.typed || this.many ? this.input.value.trim() : "";
      if (text.length < this.minimum) { this.close(); return; }
      this.query = text;
      this.items = [];
      this.ended = false;
      await this.more();
    }

    async more() {
      if (this.ended || this.loading === this.query) return;
      const { query } = this;
      this.loading = query;
      const slow = setTimeout(() => { if (this.loading === query && !this.items.length && document.activeElement === this.input) this.draw(say("Loading …")); }, 250);
      let found;
      try {
        found = this.url ? await this.fetch(query, this.items.length) : this.filter(query);
      } catch {
        clearTimeout(slow);
        this.loading = null;
        this.draw(say("Could not load. Try again."));
        return;
      }
      clearTimeout(slow);
      this.loading = null;
      if (query !== this.query) return;
      this.ended = !this.url || found.length < PAGE;
      this.items.push(...found);
      if (document.activeElement === this.input) this.draw();
    }

    async fetch(query, offset) {
      const url = new URL(this.url, location.href);
      url.searchParams.set("query", query);
      url.searchParams.set("offset", offset);
      url.searchParams.set("limit", PAGE);
      const answer = await fetch(url, { headers: { Accept: "application/json", "X-Requested-With": "fetch" } });
      if (!answer.ok) throw new Error(String(answer.status));
      return (await answer.json()).map(([value, text]) => ({ value: String(value), text: String(text) }));
    }

    filter(query) {
      const wanted = query.toLocaleLowerCase();
      return this.options.filter((option) => option.text.toLocaleLowerCase().includes(wanted));
    }

    draw(note) {
      const taken = new Set(this.chosen.map((item) => item.value));
      if (this.many) this.items = this.items.filter((item) => !taken.has(item.value));
      const top = this.list.scrollTop;
      const rows = this.items.map((item, index) => make("li", {
        role: "option", id: `${this.id}-${index}`, "data-index": index, "aria-selected": String(taken.has(item.value)), text: item.text || "—",
      }));
      if (!rows.length && !this.create) rows.push(make("li", { class: "dm-note", role: "option", "aria-disabled": "true", "aria-selected": "false", text: note || say("Nothing found") }));
      this.list.replaceChildren(...rows);
      if (!rows.length) { this.close(); return; }
      if (!this.isOpen) this.list.showPopover();
      place(this.list, this.box, { width: true });
      this.list.scrollTop = top;
      this.input.setAttribute("aria-expanded", "true");
      this.status.textContent = note || `${this.items.length}${this.ended ? "" : "+"}`;
      if (this.items.length && this.active < 0 && this.typed && this.input.value && !this.create) this.move(1);
    }

    move(step) {
      const rows = $$("[role=option]:not([aria-disabled])", this.list);
      if (!rows.length) return;
      if (step > 0 && this.active === rows.length - 1 && !this.ended) { this.more(); return; }
      this.active = (this.active + step + rows.length + (this.active < 0 && step < 0 ? 1 : 0)) % rows.length;
      rows.forEach((row, index) => row.classList.toggle("dm-active", index === this.active));
      rows[this.active].scrollIntoView({ block: "nearest" });
      this.input.setAttribute("aria-activedescendant", rows[this.active].id);
    }

    choose(item) {
      if (!item) return;
      this.typed = false;
      this.input.value = "";
      if (!this.many) { this.close(); this.set(item.value === "__None" ? [] : [item]); return; }
      this.set(this.chosen.some((one) => one.value === item.value) ? this.chosen : [...this.chosen, item]);
      if (this.isOpen) { this.active = -1; this.search(); }
    }

    set(items) {
      this.chosen = items;
      this.sought = "";
      this.write(items);
      this.show();
      changed(this.source);
    }

    write(items) {
      if (this.source.tagName !== "SELECT") { this.source.value = items.map((item) => item.value).join(this.many ? this.separator : ""); return; }
      const values = new Set(items.map((item) => item.value));
      for (const option of this.source.options) option.selected = values.has(option.value);
      if (!items.length && !this.many && [...this.source.options].some((option) => option.value === "__None")) this.source.value = "__None";
    }

    show() {
      this.typed = false;
      if (this.many) {
        this.input.value = "";
        this.tags.replaceChildren(...this.chosen.map((item, index) => make("li", {}, make("span", { text: item.text }),
          this.off ? "" : make("button", { type: "button", "data-index": index, "aria-label": `Remove ${item.text}`, html: icon("close") }))));
      } else {
        this.input.value = this.chosen[0]?.text ?? "";
        this.clearButton.hidden = !this.blank || !this.chosen.length;
      }
      if (this.editButton) {
        this.editButton.hidden = !this.chosen.length;
        this.editButton.title = `${this.source.dataset.editLabel} ${this.chosen[0]?.text ?? ""}`;
        this.editButton.setAttribute("aria-label", this.editButton.title);
      }
    }
  }

  /* ---- Widgets by data-role ---- */
  const fromSelect = (select) => {
    if (select.tagName !== "SELECT" || (!select.multiple && select.options.length <= 15)) return;
    const all = [...select.options].map((option) => ({ value: option.value, text: option.text }));
    const none = (item) => item.value === "__None" || item.value === "";
    const chosen = [...select.selectedOptions].map((option) => ({ value: option.value, text: option.text })).filter((item) => !none(item));
    new Combobox(select, { many: select.multiple, blank: all.some(none), options: all.filter((item) => !none(item)), chosen });
  };
  const fromLookup = (input) => {
    const { dataset } = input;
    const many = dataset.multiple === "1";
    const current = JSON.parse(dataset.json || "null");
    const chosen = (many ? current || [] : current ? [current] : []).map(([value, text]) => ({ value: String(value), text: String(text) }));
    new Combobox(input, {
      url: dataset.url, many, chosen, blank: Boolean(dataset.allowBlank), separator: dataset.separator || ",",
      minimum: Math.max(0, Number(dataset.minimumInputLength || 0) - 1), placeholder: dataset.placeholder || "",
    });
  };
  const fromTags = (input) => {
    const known = JSON.parse(input.dataset.tags || "[]").map((tag) => ({ value: String(tag.id ?? tag), text: String(tag.text ?? tag) }));
    const text = (value) => known.find((tag) => tag.value === value)?.text ?? value;
    const chosen = input.value.split(",").map((value) => value.trim()).filter(Boolean).map((value) => ({ value, text: text(value) }));
    new Combobox(input, { many: true, create: true, options: known, chosen });
  };

  const NATIVE = { datepicker: "date", datetimepicker: "datetime-local", timepicker: "time" };
  const toNative = (value) => (value || "").trim().replace(" ", "T");
  const fromNative = (value, type) => (type === "datetime-local" && value ? `${value.replace("T", " ")}${value.length === 16 ? ":00" : ""}` : value);
  const picker = (type) => (input) => {
    if (["date", "time", "datetime-local", "hidden"].includes(input.type)) return;
    const { value } = input;
    input.type = type;
    if (type !== "date") input.step = "1";
    input.value = toNative(value);
    if (value && !input.value) { input.type = "text"; input.value = value; return; }
    input.form?.addEventListener("formdata", ({ formData }) => {
      if (input.name && formData.has(input.name)) formData.set(input.name, fromNative(input.value, type));
    });
  };
  const range = (type) => (input) => {
    const [from, to] = (input.value || "").split(" to ");
    const field = (label, value) => {
      const element = make("input", { class: "form-control", type, "aria-label": label, step: type === "date" ? null : "1" });
      element.value = toNative(value);
      element.addEventListener("change", () => {
        input.value = first.value && last.value ? `${fromNative(first.value, type)} to ${fromNative(last.value, type)}` : "";
        changed(input);
      });
      return element;
    };
    const first = field("From", from);
    const last = field("To", to);
    input.type = "hidden";
    input.after(make("span", { class: "dm-pair" }, first, last));
  };

  /* ---- Editing a cell of the list ---- */
  const cellEditor = (link) => {
    const { dataset } = link;
    const choices = dataset.source ? JSON.parse(dataset.source) : null;
    const many = dataset.role.endsWith("multiple");
    const { value = "" } = dataset;
    let input;
    if (choices) {
      input = make("select", { class: "form-select", multiple: many });
      const current = many ? value.split(",") : [value];
      for (const choice of choices) {
        const option = new Option(choice.text, choice.value ?? choice.id);
        option.selected = current.includes(option.value) || (!many && choice.text === link.textContent.trim());
        input.add(option);
      }
    } else if (dataset.type === "textarea") {
      input = make("textarea", { class: "form-control", rows: dataset.rows || 4 });
    } else {
      const format = dataset.format || "";
      const combo = format.startsWith("HH") ? "time" : format.includes("HH") ? "datetime-local" : "date";
      input = make("input", { class: "form-control", type: dataset.type === "combodate" ? combo : dataset.type === "number" ? "number" : "text", step: dataset.step || (combo !== "date" && dataset.type === "combodate" ? "1" : null) });
    }
    if (!choices) input.value = dataset.type === "combodate" ? toNative(value) : value;
    input.setAttribute("aria-label", link.getAttribute("aria-label") || dataset.name || "");
    return input;
  };
  const editCell = (link) => {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const input = cellEditor(link);
      const save = make("button", { type: "button", class: "dm-plain", "aria-label": "Save", html: icon("check") });
      const cancel = make("button", { type: "button", class: "dm-plain", "aria-label": "Cancel", html: icon("close") });
      const editor = make("span", { class: "dm-cell-editor" }, input, save, cancel);
      const close = () => { editor.remove(); link.hidden = false; link.focus(); };
      save.addEventListener("click", () => saveCell(link, input, close));
      cancel.addEventListener("click", close);
      input.addEventListener("keydown", (key) => {
        if (key.key === "Escape") { key.stopPropagation(); close(); }
        if (key.key === "Enter" && input.tagName !== "TEXTAREA") { key.preventDefault(); save.click(); }
      });
      link.hidden = true;
      link.after(editor);
      input.focus();
    });
  };
  async function saveCell(link, input, close) {
    const { dataset } = link;
    const name = dataset.name || link.getAttribute("name");
    const body = new URLSearchParams({ list_form_pk: dataset.pk });
    if (input.multiple) for (const option of input.selectedOptions) body.append(name, option.value);
    else body.set(name, fromNative(input.value, input.type));
    if (dataset.csrf) body.set("csrf_token", dataset.csrf);
    if (dataset.digest) body.set("record_digest", dataset.digest);
    input.setAttribute("aria-busy", "true");
    let answer;
    try {
      answer = await fetch(dataset.url, { method: "POST", body, headers: { "X-Requested-With": "fetch", "X-CSRFToken": dataset.csrf || "", Accept: "text/plain, application/json" } });
    } catch { answer = { ok: false, text: async () => say("Not saved: no connection.") }; }
    input.removeAttribute("aria-busy");
    if (!answer.ok) {
      const text = await answer.text();
      toast(/^\s*[<{]/.test(text) ? `${say("Not saved. Reload the page and try again.")} (${answer.status})` : text.slice(0, 300), "danger");
      input.setAttribute("aria-invalid", "true");
      input.classList.add("is-invalid");
      return;
    }
    const digest = answer.headers.get("X-Record-Digest");
    if (digest) for (const one of $$("[data-digest]", link.closest("tr"))) one.dataset.digest = digest;
    dataset.value = input.multiple ? [...input.selectedOptions].map((option) => option.value).join(",") : input.value;
    link.textContent = input.tagName === "SELECT" ? [...input.selectedOptions].map((option) => option.text).join(", ") : fromNative(input.value, input.type);
    close();
    toast(say("Saved"), "success");
  }

  const ROLES = {
    select2: fromSelect, "select2-ajax": fromLookup, "select2-tags": fromTags,
    daterangepicker: range("date"), datetimerangepicker: range("datetime-local"), timerangepicker: range("time"),
    "x-editable": editCell, "x-editable-boolean": editCell, "x-editable-combodate": editCell, "x-editable-select2-multiple": editCell,
    ...Object.fromEntries(Object.entries(NATIVE).map(([role, type]) => [role, picker(type)])),
  };
  const converters = [];
  const faForm = window.faForm = {
    addFieldConverter: (converter) => { converters.push(converter); },
    applyStyle(element, role) {
      const one = plain(element);
      if (one.dataset.dmStyled) return true;
      for (const convert of converters) if (convert(element, role)) return true;
      if (!ROLES[role]) return false;
      one.dataset.dmStyled = "1";
      ROLES[role](one);
      return true;
    },
    applyGlobalStyles(parent) {
      const root = plain(parent) instanceof HTMLCollection ? plain(parent)[0] : plain(parent);
      for (const element of $$("[data-role]", root || document)) faForm.applyStyle(element, element.dataset.role);
      showIcons(root || document);
    },
    addInlineField(button, id) {
      const box = plain(button).closest(".inline-field");
      const outer = box.parentElement.closest(".inline-field");
      let base = id;
      if (outer?.classList.contains("fresh")) base = outer.id + (id ? `-${id}` : "");
      const list = $(":scope > .inline-field-list, :scope > table > .inline-field-list", box);
      const numbers = $$(":scope > .inline-field", list).map((field) => Number(field.id.split("-").pop()) + 1);
      const prefix = `${base}-${Math.max(0, ...numbers)}`;
      const fresh = $(":scope > template.inline-field-template", box).content.firstElementChild.cloneNode(true);
      fresh.id = prefix;
      fresh.classList.add("fresh");
      renameFields(fresh, prefix);
      list.append(fresh);
      faForm.applyGlobalStyles(fresh);
      $("input:not([type=hidden]), select, textarea", fresh)?.focus();
      plain(button).hidden = "dmSingle" in plain(button).dataset;
      changed(list);
    },
  };
  function renameFields(fresh, prefix) {
    const ids = new Map();
    for (const element of $$("[id]", fresh)) {
      const renamed = `${prefix}-${element.id}`;
      ids.set(element.id, renamed);
      element.id = renamed;
    }
    for (const field of $$("[name]", fresh)) field.setAttribute("name", `${prefix}-${field.getAttribute("name")}`);
    for (const name of ["for", "aria-describedby", "aria-labelledby"])
      for (const element of $$(`[${name}]`, fresh)) element.setAttribute(name, ids.get(element.getAttribute(name)) ?? element.getAttribute(name));
  }
  window.faHelpers = { safeConfirm: (text) => confirm(text) };

  /* ---- Icons named the way Font Awesome 4 and Glyphicons do ---- */
  const ALIASES = {
    "pencil-square-o": "pencil", edit: "pencil", "trash-o": "trash", remove: "close", times: "close", ok: "check", "ok-circle": "check-circle", "minus-sign": "minus-circle",
    "plus-sign": "plus-circle", "question-circle": "help", "question-sign": "help", "info-circle": "info", "info-sign": "info", "exclamation-triangle": "alert", "warning-sign": "alert",
    warning: "alert", envelope: "mail", "envelope-o": "mail", cog: "settings", cogs: "settings", gear: "settings", gears: "settings", wrench: "wrench", "eye-open": "eye", "eye-close": "eye-off", "eye-slash": "eye-off",
    tachometer: "dashboard", "shopping-cart": "cart", money: "money", usd: "money", dollar: "money", "file-o": "file", "file-text": "file", "file-text-o": "file", "bar-chart": "chart", "line-chart": "chart", stats: "chart",
    sitemap: "list", "list-alt": "list", "th-list": "list", th: "table", group: "users", "user-o": "user", university: "building", "building-o": "building", "clock-o": "clock", time: "clock", "map-marker": "map-pin",
    picture: "image", "picture-o": "image", photo: "image", comments: "comment", "comment-o": "comment", "sign-out-alt": "sign-out", "log-out": "sign-out", "log-in": "sign-in", sync: "refresh", repeat: "refresh", "power-off": "power", off: "power",
    "external-link": "external", "new-window": "external", "paper-plane": "send", floppy: "save", "floppy-disk": "save", "floppy-o": "save", "cloud-download": "download", "cloud-upload": "upload", bolt: "zap", flash: "zap", cube: "box", cubes: "box", "credit-card-alt": "credit-card",
    "folder-o": "folder", "folder-open": "folder", "folder-open-o": "folder", "folder-close": "folder", "file-pdf-o": "file", "file-excel-o": "file", "file-word-o": "file", "file-image-o": "image", "file-code-o": "code", duplicate: "copy", "files-o": "copy", clone: "copy",
    "check-circle-o": "check-circle", "check-square": "check-circle", "check-square-o": "check-circle", "ok-sign": "check-circle", "times-circle": "close", "times-circle-o": "close", "remove-sign": "close", "remove-circle": "close", ban: "close", "plus-square": "plus-circle", "plus-square-o": "plus-circle", "minus-square": "minus-circle",
    "question-circle-o": "help", "exclamation-circle": "alert", "exclamation-sign": "alert", "star-o": "star", "star-empty": "star", "heart-o": "heart", "bell-o": "bell", "bookmark-o": "bookmark", "flag-o": "flag", "calendar-o": "calendar", "calendar-check-o": "calendar", "thumbs-o-up": "thumbs-up", "lightbulb-o": "zap",
    "pie-chart": "chart", "area-chart": "chart", "bar-chart-o": "chart", signal: "chart", "th-large": "dashboard", gauge: "dashboard", "list-ul": "list", "list-ol": "list", align: "list", "align-justify": "menu", bars: "menu", navicon: "menu", "menu-hamburger": "menu", "ellipsis-v": "more", "ellipsis-h": "more", "option-vertical": "more",
    "user-circle": "user", "user-circle-o": "user", "id-card": "user", "address-card": "user", "user-secret": "shield", "unlock-alt": "lock", unlock: "lock", "shopping-bag": "cart", "shopping-basket": "cart", euro: "money", eur: "money", gbp: "money", bank: "building", "hospital-o": "building", industry: "building", suitcase: "briefcase", institution: "building",
    "map-o": "map-pin", map: "map-pin", globe: "globe", language: "globe", "hdd-o": "server", hdd: "server", tasks: "list", desktop: "monitor", laptop: "monitor", mobile: "phone", "phone-square": "phone", "mobile-phone": "phone", earphone: "phone", "commenting-o": "comment", "comments-o": "comment", "at": "mail", "paper-plane-o": "send", "share-square-o": "external", share: "external", chain: "link",
    rotate: "refresh", spinner: "refresh", "rotate-left": "undo", reply: "undo", "history": "history", "arrow-circle-left": "arrow-left", "arrow-circle-right": "arrow-right", "angle-left": "chevron-left", "angle-right": "chevron-right", "angle-up": "chevron-up", "angle-down": "chevron-down", "caret-down": "chevron-down", "caret-up": "chevron-up", "caret-right": "chevron-right", "caret-left": "chevron-left",
    "menu-left": "chevron-left", "menu-right": "chevron-right", "search-plus": "search", "zoom-in": "search", magic: "zap", "paste": "copy", "sun-o": "sun", "moon-o": "moon", "shield-alt": "shield", "wpforms": "file", "sticky-note-o": "file", "newspaper-o": "file", "book": "book", "graduation-cap": "book", "fa-sort": "sort",
  };
  function showIcons(parent) {
    for (const element of $$("i.fa, i.fas, i.far, span.fa, span.fas, i.glyphicon, span.glyphicon", parent)) {
      const named = [...element.classList].map((name) => /^(?:fa|glyphicon)-(.+)$/.exec(name)?.[1]).find(Boolean);
      if (!named || element.firstElementChild) continue;
      element.innerHTML = icon(ALIASES[named] || named);
      if (element.title && !element.getAttribute("aria-label")) { element.setAttribute("role", "img"); element.setAttribute("aria-label", element.title); }
    }
  }

  /* ---- The list: selection and bulk actions ---- */
  const boxes = () => $$("input.action-checkbox");
  const selected = () => boxes().filter((box) => box.checked);
  const showSelection = () => {
    const count = selected().length;
    const bar = $("[data-dm-bulk]");
    if (bar) { bar.hidden = !count; $("[data-dm-bulk-count]", bar).textContent = count; }
    const all = $(".action-rowtoggle");
    if (all) { all.checked = count > 0 && count === boxes().length; all.indeterminate = count > 0 && !all.checked; }
    const matching = $("[data-dm-all-matching]");
    if (matching) {
      matching.hidden = !all?.checked;
      if (matching.hidden) matching.setAttribute("aria-pressed", "false");
    }
  };
  const allMatching = () => $("[data-dm-all-matching][aria-pressed=true]")?.dataset.dmAllMatching;
  const hidden = (name, value) => make("input", { type: "hidden", name, value, "data-dm-sent": "" });
  async function act(name, text) {
    const rows = selected();
    if (!rows.length) { toast(data("message-data") || say("Select at least one record."), "warning"); return; }
    const matching = allMatching();
    const question = matching ? null : (data("actions-confirmation-data") || {})[name];
    if (question && !await ask(question, { text: `${rows.length} ${say("selected")}`, yes: text, danger: name === "delete" })) return;
    const form = $("#action_form");
    for (const old of $$("[data-dm-sent]", form)) old.remove();
    $("[name=action]", form).value = name;
    if (matching) form.append(hidden("matching", matching));
    else for (const box of rows) {
      form.append(hidden("rowid", box.value));
      if (box.dataset.digest) form.append(hidden("rowdigest", box.dataset.digest));
    }
    form.requestSubmit();
  }
  window.modelActions = { execute: (name) => { act(name); return false; } };
  let lastBox = null;
  document.addEventListener("click", (event) => {
    const sort = event.shiftKey && event.target.closest?.("a.dm-sort[data-then]");
    if (!sort) return;
    event.preventDefault();
    location.assign(sort.dataset.then);
  });

  document.addEventListener("click", (event) => {
    const box = event.target.closest?.("input.action-checkbox");
    if (!box) return;
    if (event.shiftKey && lastBox) {
      const all = boxes();
      const [from, to] = [all.indexOf(lastBox), all.indexOf(box)].sort((a, b) => a - b);
      for (const one of all.slice(from, to + 1)) one.checked = box.checked;
      showSelection();
    }
    lastBox = box;
  });

  async function deleteRow(link) {
    const form = $("#dm-delete");
    if (!form) { location.assign(link.href); return; }
    const title = link.closest("[data-title]")?.dataset.title || "";
    link.closest("[popover]")?.hidePopover();
    const word = link.textContent.replace(/…/g, "").trim();
    if (!await ask(`${word}: ${title}`, { yes: word })) return;
    form.elements.id.value = link.dataset.dmDelete;
    form.elements.record_digest.value = link.closest("tr")?.querySelector("[data-digest]")?.dataset.digest || link.dataset.digest || "";
    form.requestSubmit();
  }

  /* ---- Filters ---- */
  function startFilters() {
    const groups = data("filter-groups-data");
    const form = $("#filter_form");
    if (!groups || !form) return;
    const rows = $(".filters", form);
    const add = $("[data-dm-add-filter]", form);
    let number = 0;
    const addRow = (name, index, value) => {
      const filters = groups[name];
      if (!filters) return null;
      const operation = make("select", { class: "form-select filter-op", "aria-label": name });
      for (const filter of filters) operation.add(new Option(filter.operation, filter.arg, false, filter.index === index));
      const cell = make("span", { class: "dm-filter-value" });
      const remove = make("button", { type: "button", class: "dm-plain remove-filter", "aria-label": `${say("Remove")} ${name}`, html: icon("close") });
      const row = make("div", { class: "dm-filter-row" }, make("span", { class: "dm-filter-name", text: name }), operation, cell, remove);
      const own = number++;
      const draw = (shown) => drawFilterValue(cell, filters[Math.max(0, operation.selectedIndex)], { name, own, shown });
      operation.addEventListener("change", () => draw($(".filter-val", cell)?.value).focus());
      remove.addEventListener("click", () => { row.remove(); add.focus(); });
      rows.append(row);
      return draw(value);
    };
    for (const [index, name, value] of data("active-filters-data") || []) addRow(name, index, value);
    add.addEventListener("change", () => {
      const input = addRow(add.value);
      add.selectedIndex = 0;
      (input?.type === "hidden" ? input.parentElement.querySelector("input:not([type=hidden])") : input)?.focus();
    });
    form.addEventListener("submit", () => { for (const field of $$(".filter-val", form)) field.disabled = field.value === ""; });
  }
  function drawFilterValue(cell, filter, { name, own, shown }) {
    const hasOptions = filter.options && filter.type !== "select2-tags";
    const field = make(hasOptions ? "select" : "input", { class: `filter-val ${hasOptions ? "form-select" : "form-control"}`, name: `flt${own}_${filter.arg}`, "aria-label": `${name} ${filter.operation}` });
    if (hasOptions) for (const [value, text] of filter.options) field.add(new Option(text, value, false, String(value) === String(shown)));
    else field.value = shown ?? "";
    if (filter.type === "select2-tags" && filter.options) field.dataset.tags = JSON.stringify(filter.options.map(([id, text]) => ({ id, text })));
    cell.replaceChildren(field);
    if (filter.type && !hasOptions) faForm.applyStyle(field, filter.type);
    else if (hasOptions) faForm.applyStyle(field, "select2");
    return $("input:not([type=hidden]), select:not([hidden])", cell) || field;
  }
  const toggleFilters = (button) => {
    const form = $("#filter_form");
    form.hidden = !form.hidden;
    button.setAttribute("aria-expanded", String(!form.hidden));
    const facets = $("[data-dm-facets]", form);
    if (!form.hidden && facets && !facets.childElementCount) fillFacets(facets);
    if (!form.hidden) ($(".filter-val:not([type=hidden])", form) || $("[data-dm-add-filter]", form)).focus();
  };

  async function fillFacets(place) {
    const answer = await fetch(place.dataset.dmFacets, { headers: { "X-Requested-With": "fetch" } }).catch(() => null);
    if (answer?.ok && !answer.redirected) place.innerHTML = await answer.text();
  }

  /* ---- Saved views: the number of rows on each tab ---- */
  async function countViews() {
    const tabs = $("[data-dm-counts]");
    if (!tabs || !$("[data-dm-count]", tabs)) return;
    const answer = await fetch(tabs.dataset.dmCounts, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const counts = await answer.json();
    for (const tab of $$("[data-dm-count]", tabs))
      if (counts[tab.dataset.dmCount]) tab.append(" ", make("span", { class: "dm-badge", text: counts[tab.dataset.dmCount] }));
  }

  /* ---- Modal windows with a form ---- */
  async function openModal(link) {
    const dialog = $(link.dataset.dmModal || "#fa_modal_window");
    const content = $(".modal-content", dialog);
    const open = () => { if (!dialog.open) dialog.showModal(); };
    content.innerHTML = '<div class="dm-skeleton" aria-hidden="true"><i></i><i></i><i></i></div>';
    dialog.setAttribute("aria-busy", "true");
    const slow = setTimeout(open, 150);
    let isGivenUp = false;
    dialog.addEventListener("close", () => { isGivenUp = true; }, { once: true });
    const answer = await fetch(link.href, { headers: { "X-Requested-With": "fetch" } }).catch(() => ({ ok: false }));
    clearTimeout(slow);
    dialog.removeAttribute("aria-busy");
    if (isGivenUp) return;
    if (!answer.ok || answer.redirected) { location.assign(link.href); return; }
    content.innerHTML = await answer.text();
    open();
    dress(content);
    $("input:not([type=hidden]), select, textarea", content)?.focus();
  }

  /* ---- Forms: unsaved changes ---- */
  const dirty = new Set();
  const isDirty = (parent) => [...dirty].some((form) => form.isConnected && parent.contains(form));
  function watchForms(parent) {
    for (const form of $$("form[data-dirty-guard]", parent)) {
      const touch = (event) => {
        if (!event.isTrusted && !event.target.closest?.(".dm-combo, .inline-field, .dm-field")) return;
        dirty.add(form);
        const mark = $("[data-dm-dirty]", form);
        if (mark) mark.hidden = false;
      };
      form.addEventListener("input", touch);
      form.addEventListener("change", touch);
      form.addEventListener("submit", () => { dirty.delete(form); });
    }
  }
  addEventListener("beforeunload", (event) => { if (isDirty(document)) event.preventDefault(); });

  /* ---- Related records in a dialog: the code for it comes with the first one ---- */
  const load = (name, run) => {
    document.head.append(make("script", { src: $("#dm-toasts").dataset[name], onload: run, onerror: () => toast(say("Could not load. Try again."), "danger") }));
  };
  const arrangeForms = (parent) => {
    if (!parent.querySelector("[data-dm-tabs], [data-dm-when], [data-dm-preview], [data-dm-color], textarea[maxlength]")) return;
    if (window.dmForms) window.dmForms(parent); else load("forms", () => window.dmForms(parent));
  };
  const dress = (parent) => { faForm.applyGlobalStyles(parent); watchForms(parent); arrangeForms(parent); };
  window.dmKit = { make, icon, say, toast, ask, isDirty, dress };
  document.addEventListener("dm:related", ({ target, detail }) => {
    const run = () => window.dmRelated(target, detail);
    if (window.dmRelated) { run(); return; }
    load("related", run);
  });

  /* ---- Rows by keyboard: Tab stops at one row, the arrows go to the others ---- */
  const FOCUSABLE = "a[href], button, input:not([type=hidden]), select, textarea, [role=button]";
  const stopsOf = (row) => $$(FOCUSABLE, row).filter((one) => !one.closest("[popover]"));
  const rowsOf = (body) => $$(":scope > tr:not(.dm-no-rows)", body);
  const stopAt = (row) => {
    for (const other of rowsOf(row.parentElement)) for (const one of stopsOf(other)) one.tabIndex = other === row ? 0 : -1;
  };
  const startRows = (body) => {
    const [first] = rowsOf(body);
    if (!first) return;
    stopAt(first);
    body.addEventListener("focusin", (event) => {
      const row = event.target.closest("tr");
      if (row && row.parentElement === body && !event.target.closest("[popover]")) stopAt(row);
    });
    body.addEventListener("keydown", (event) => moveInRows(body, event));
  };
  const moveInRows = (body, event) => {
    const { target, key } = event;
    const isTyped = target.matches("textarea, select, input:not([type=checkbox])") || target.closest("[popover]");
    if (isTyped || event.ctrlKey || event.metaKey || event.altKey) return;
    const rows = rowsOf(body);
    const at = rows.indexOf(target.closest("tr"));
    const column = at < 0 ? 0 : stopsOf(rows[at]).indexOf(target);
    const rtl = document.documentElement.dir === "rtl";
    const steps = { ArrowDown: 1, ArrowUp: -1, Home: -at, End: rows.length - 1 - at };
    const sideways = { ArrowRight: rtl ? -1 : 1, ArrowLeft: rtl ? 1 : -1 };
    if (key in steps) {
      const stops = stopsOf(rows[Math.max(0, Math.min(rows.length - 1, at + steps[key]))]);
      (stops[column] ?? stops.at(-1))?.focus();
    } else if (key in sideways && at >= 0) stopsOf(rows[at])[column + sideways[key]]?.focus();
    else if (key === " " && target.matches("a")) $(".action-checkbox", target.closest("tr"))?.click();
    else return;
    event.preventDefault();
  };

  /* ---- The palette, and records seen last: their places are kept here, their names are asked of the server ---- */
  const holder = $("[data-dm-palette]");
  const seenKey = `demijohn-seen-${holder?.dataset.user}`;
  window.dmSeen = () => { try { return JSON.parse(localStorage.getItem(seenKey) || "[]"); } catch { return []; } };
  const remember = (place) => {
    try { localStorage.setItem(seenKey, JSON.stringify([place, ...dmSeen().filter((one) => one !== place)].slice(0, 10))); } catch { /* not kept */ }
  };
  const openPalette = () => {
    if (window.dmPalette) { window.dmPalette(); return; }
    if (!$("script[data-dm-palette-code]")) document.head.append(make("script", { src: holder.dataset.code, "data-dm-palette-code": "" }));
  };

  /* ---- Keys of one letter: never while typing, and off for those who say so (WCAG 2.1.4) ---- */
  const KEYS_OFF = "demijohn-keys-off";
  const keysAreOff = () => { try { return localStorage.getItem(KEYS_OFF) === "1"; } catch { return false; } };
  const KEYS = {
    "?": () => $("#dm-keys")?.showModal(),
    n: () => $("[data-dm-new]")?.click(),
    e: () => $("[data-dm-edit]")?.click(),
    a: () => $("[data-dm-add-inline]:not([hidden])")?.click(),
  };

  /* ---- One listener for what is clicked, one for keys ---- */
  const CLICKS = {
    "[data-dm-delete]": (element, event) => { event.preventDefault(); deleteRow(element); },
    "[data-dm-action]": (element) => act(element.dataset.dmAction, element.textContent.trim()),
    "[data-dm-unselect]": () => { for (const box of boxes()) box.checked = false; showSelection(); $(".action-rowtoggle")?.focus(); },
    "[data-dm-filters]": toggleFilters,
    "[data-dm-all-matching]": (element) => element.setAttribute("aria-pressed", String(element.getAttribute("aria-pressed") !== "true")),
    "[data-dm-palette]": (element, event) => { if (!event.ctrlKey && !event.metaKey) { event.preventDefault(); openPalette(); } },
    "[data-dm-keys-off]": (box) => { try { localStorage.setItem(KEYS_OFF, box.checked ? "0" : "1"); } catch { /* for this page only */ } },
    "[data-dm-add-inline]": (element) => faForm.addInlineField(element, element.dataset.dmAddInline),
    ".inline-remove-field": (element, event) => {
      event.preventDefault();
      const list = element.closest(".inline-field-list");
      element.closest(".inline-field").remove();
      changed(list);
      const add = list.closest(".inline-field").querySelector("[data-dm-add-inline]");
      if (add) { add.hidden = false; add.focus(); }
    },
    "[data-dm-dismiss], [data-bs-dismiss=alert], [data-dismiss=alert]": (element) => element.closest(".alert").remove(),
    "[data-dm-modal], [data-toggle=modal], [data-bs-toggle=modal]": (element, event) => { if (!event.ctrlKey && !event.metaKey) { event.preventDefault(); openModal(element); } },
    "[data-dm-close], [data-bs-dismiss=modal], [data-dismiss=modal]": (element, event) => { event.preventDefault(); for (const form of $$("form", element.closest("dialog"))) dirty.delete(form); element.closest("dialog")?.close(); },
    "[data-toggle=dropdown], [data-bs-toggle=dropdown]": (element, event) => { event.preventDefault(); element.parentElement.querySelector(".dropdown-menu")?.classList.toggle("show"); },
  };
  document.addEventListener("click", (event) => {
    for (const [selector, run] of Object.entries(CLICKS)) {
      const element = event.target.closest?.(selector);
      if (element) { run(element, event); return; }
    }
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches(".action-rowtoggle")) for (const box of boxes()) box.checked = event.target.checked;
    if (event.target.matches(".action-rowtoggle, .action-checkbox")) showSelection();
    const mine = event.target.closest("[data-dm-mine]") && $(`[name="take-${CSS.escape(event.target.name)}"][value=mine]`, event.target.form);
    if (mine) mine.checked = true;
  });
  document.addEventListener("submit", async (event) => {
    const question = event.target.dataset.confirm;
    if (!question || event.target.dataset.confirmed) return;
    event.preventDefault();
    if (!await ask(question)) return;
    event.target.dataset.confirmed = "1";
    event.target.requestSubmit(event.submitter);
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
      const form = $$("dialog[open] form.admin-form").at(-1) || $("form.admin-form");
      if (form) { event.preventDefault(); form.requestSubmit($("button[type=submit]:not([name])", form)); }
      return;
    }
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && holder) { event.preventDefault(); openPalette(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input:not([type=checkbox]), textarea, select, [contenteditable]")) return;
    if ($("dialog[open]") || keysAreOff()) return;
    const target = $(`[data-dm-key="${CSS.escape(event.key)}"]`);
    if (target) { event.preventDefault(); target.focus(); target.select?.(); return; }
    if (Object.hasOwn(KEYS, event.key)) { event.preventDefault(); KEYS[event.key](); }
  });

  /* ---- Start: the names above are there at once, the page is dressed when it is complete ---- */
  const start = () => {
    for (const thumbnail of $$(".image-thumbnail")) {
      const image = $("img", thumbnail);
      if (image && !image.alt) image.alt = "Current file";
      $("input[type=checkbox]", thumbnail)?.setAttribute("aria-label", "Delete file");
    }
    for (const number of $$(".model-list tbody tr:first-child > :has(> .dj-number:only-child)"))
      $(`.model-list thead tr > :nth-child(${[...number.parentElement.children].indexOf(number) + 1})`)?.classList.add("dm-number");
    bringToasts();
    startFilters();
    countViews();
    dress(document);
    showSelection();
    for (const body of $$(".model-list > tbody")) startRows(body);
    const seen = $("[data-dm-seen]");
    if (seen && holder) remember(seen.dataset.dmSeen);
    const box = $("[data-dm-keys-off]");
    if (box) box.checked = !keysAreOff();
    const wrong = $("[data-focus-first]");
    if (wrong) wrong.focus();
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start); else start();
})();
