/* Making or changing a related record in a dialog over the form: the same pages, without their shell.
   Asked for by `dm:related` from a look-up, which is told by `dm:chosen`. Dialogs may stand over each other. */
(() => {
  "use strict";
  const { make, icon, say, toast, ask, dress } = window.dmKit;
  const POINTERS = ["for", "aria-describedby", "aria-labelledby", "aria-controls", "popovertarget", "list"];
  let counter = 0;

  /* Fields here and below have the same names, so their ids are made the dialog's own. */
  const ownIds = (content, prefix) => {
    const ids = new Map();
    for (const element of content.querySelectorAll("[id]")) {
      ids.set(element.id, `${prefix}-${element.id}`);
      element.id = ids.get(element.id);
    }
    for (const name of POINTERS) for (const element of content.querySelectorAll(`[${name}]`)) {
      const own = element.getAttribute(name).split(" ").map((id) => ids.get(id) ?? id);
      element.setAttribute(name, own.join(" "));
    }
    for (const link of content.querySelectorAll('a[href^="#"]')) link.hash = ids.get(link.hash.slice(1)) ?? link.hash;
  };

  class Related {
    constructor(source, { url, prefill, back }) {
      Object.assign(this, { source, url, prefill, back, prefix: `dm-related-${++counter}` });
      this.content = make("div", { class: "modal-content" });
      this.dialog = make("dialog", { class: "dm-dialog dm-modal", id: this.prefix, "aria-labelledby": `${this.prefix}-title` }, this.content);
      this.dialog.addEventListener("cancel", (event) => { event.preventDefault(); this.leave(); });
      this.dialog.addEventListener("close", () => { this.dialog.remove(); back.focus(); });
      this.dialog.addEventListener("submit", (event) => this.send(event));
      this.dialog.addEventListener("click", (event) => {
        if (!event.target.closest("[data-dm-close], .dm-cancel")) return;
        event.preventDefault();
        event.stopPropagation();
        this.leave();
      });
      for (const name of ["input", "change"]) this.dialog.addEventListener(name, (one) => { this.isTouched ||= one.isTrusted; });
      document.body.append(this.dialog);
      this.dialog.showModal();
      this.load();
    }

    async leave() {
      if (this.isTouched && !await ask(say("Close without saving?"), { yes: say("Close") })) return;
      this.dialog.close();
    }

    async load() {
      this.content.innerHTML = '<div class="dm-skeleton" aria-hidden="true"><i></i><i></i><i></i></div>';
      const answer = await this.fetch(this.url);
      if (!answer?.ok) { this.refuse(answer); return; }
      this.show(await answer.text());
      const first = this.content.querySelector('input[type="text"], input:not([type])');
      if (this.prefill && first && !first.value && first.getAttribute("role") !== "combobox") first.value = this.prefill;
    }

    /* A page that leads elsewhere (a record that is gone, a sign-in) is no page for a dialog. */
    async fetch(url, options = {}) {
      return fetch(url, { redirect: "manual", headers: { "X-Requested-With": "fetch", Accept: "text/html, application/json" }, ...options }).catch(() => null);
    }

    refuse(answer) {
      const text = answer?.status === 403 ? say("You may not do this.") : say("Could not load. Try again.");
      const close = make("button", { type: "button", class: "btn btn-outline-secondary", "data-dm-close": true, text: say("Close") });
      this.content.replaceChildren(make("h2", { id: `${this.prefix}-title`, text }), make("div", { class: "dm-dialog-buttons" }, close));
      close.focus();
    }

    show(html) {
      this.content.innerHTML = html;
      ownIds(this.content, this.prefix);
      const title = this.content.querySelector("h1");
      if (title) title.id = `${this.prefix}-title`;
      dress(this.content);
      const first = this.content.querySelector("[data-focus-first], input:not([type=hidden]), select, textarea");
      this.content.scrollTop = 0;
      first?.focus();
    }

    async send(event) {
      const form = event.target;
      if (form.method !== "post") return;
      event.preventDefault();
      if (this.isSending) return;
      this.isSending = true;
      event.submitter?.setAttribute("aria-busy", "true");
      const answer = await this.fetch(this.url, { method: "POST", body: new FormData(form, event.submitter) });
      this.isSending = false;
      event.submitter?.removeAttribute("aria-busy");
      const isPage = answer?.headers.get("Content-Type")?.startsWith("text/html");
      if (answer?.ok && !isPage) this.finish(await answer.json());
      else if (isPage && [409, 422].includes(answer.status)) this.show(await answer.text());
      else this.warn(answer ? `${say("Not saved. Reload the page and try again.")} (${answer.status})` : say("Not saved: no connection."));
    }

    /* Said inside the dialog: what lies under it is not seen. */
    warn(text) {
      this.content.querySelector("[data-related-warning]")?.remove();
      const box = make("div", { class: "alert alert-danger", role: "alert", "data-related-warning": true, html: icon("alert") }, make("div", { text }));
      this.content.querySelector(".dm-dialog-head").after(box);
      box.scrollIntoView({ block: "nearest" });
    }

    finish({ key, text }) {
      this.dialog.close();
      if (key !== null) this.source.dispatchEvent(new CustomEvent("dm:chosen", { detail: { value: key, text } }));
      toast(say("Saved"), "success");
    }
  }

  window.dmRelated = (source, detail) => new Related(source, detail);
})();
