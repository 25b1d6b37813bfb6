/* Lists whose lines people arrange: each line gets two buttons, and the order of the form's fields is the order kept. */
(() => {
  "use strict";
  const { make, icon } = window.dmKit;
  const move = (line, step) => {
    const other = step < 0 ? line.previousElementSibling : line.nextElementSibling;
    if (!other) return;
    if (step < 0) other.before(line); else other.after(line);
  };
  const button = (list, line, step) => {
    const says = step < 0 ? list.dataset.up : list.dataset.down;
    const label = `${says}: ${line.querySelector("label").textContent.trim()}`;
    const html = icon(step < 0 ? "arrow-up" : "arrow-down");
    const made = make("button", { type: "button", class: "dm-plain", "aria-label": label, html });
    made.addEventListener("click", () => { move(line, step); made.focus(); });
    return made;
  };
  for (const list of document.querySelectorAll("[data-dm-order]")) {
    for (const line of list.children) line.append(button(list, line, -1), button(list, line, 1));
  }
})();
