/* `data-toggle` of Bootstrap 4 without jQuery: tabs, collapses and windows that stand in the page. Loaded by admin.bootstrap4.
   Tooltips are the browser's own, from `title`; menus, alerts and windows filled from an address are in admin.js. */
(() => {
  "use strict";
  const target = (button) => {
    const named = button.dataset.target || button.getAttribute("href") || "";
    return named.length > 1 && named.startsWith("#") ? document.getElementById(decodeURIComponent(named.slice(1))) : null;
  };

  const showTab = (button) => {
    const pane = target(button);
    if (!pane) return;
    for (const other of button.closest(".nav, .list-group")?.querySelectorAll("[data-toggle=tab], [data-toggle=pill]") || []) {
      const isIt = other === button;
      other.classList.toggle("active", isIt);
      other.setAttribute("aria-selected", String(isIt));
      target(other)?.classList.toggle("active", isIt);
      target(other)?.classList.toggle("show", isIt);
    }
  };

  const toggleCollapse = (button) => {
    const box = target(button);
    if (!box) return;
    const parent = box.dataset.parent && document.querySelector(box.dataset.parent);
    for (const other of parent?.querySelectorAll(".collapse.show") || []) if (other !== box) other.classList.remove("show");
    button.setAttribute("aria-expanded", String(box.classList.toggle("show")));
    button.classList.toggle("collapsed", !box.classList.contains("show"));
  };

  /* Their window becomes the browser's own: focus, Escape and the top layer come with it. */
  const openWindow = (modal) => {
    let dialog = modal.closest("dialog");
    if (!dialog) {
      dialog = document.createElement("dialog");
      dialog.className = "dm-dialog dm-modal";
      const title = modal.querySelector(".modal-title");
      if (title) { title.id ||= `${modal.id}-title`; dialog.setAttribute("aria-labelledby", title.id); }
      modal.replaceWith(dialog);
      dialog.append(modal);
      modal.classList.remove("modal", "fade");
    }
    dialog.showModal();
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-toggle]");
    if (!button) return;
    const kind = button.dataset.toggle;
    const modal = kind === "modal" && target(button);
    if (modal) openWindow(modal);
    else if (kind === "tab" || kind === "pill") showTab(button);
    else if (kind === "collapse") toggleCollapse(button);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
})();
