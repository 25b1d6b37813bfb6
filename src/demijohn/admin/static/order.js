/* Lists whose lines people arrange: each line gets two buttons, and the order of the form's fields is the order kept. */
(() => {
  "use strict";
  const icons = document.querySelector("svg use")?.getAttribute("href")?.split("#")[0];
  const icon = (name) => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", `${icons}#${name}`);
    svg.append(use);
    return svg;
  };
  const move = (line, step) => {
    const other = step < 0 ? line.previousElementSibling : line.nextElementSibling;
    if (!other) return;
    if (step < 0) other.before(line); else other.after(line);
    line.closest("form")?.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const button = (list, line, step) => {
    const made = document.createElement("button");
    const says = step < 0 ? list.dataset.up : list.dataset.down;
    made.type = "button";
    made.className = "dm-plain";
    made.setAttribute("aria-label", `${says}: ${line.querySelector("label").textContent.trim()}`);
    made.append(icon(step < 0 ? "arrow-up" : "arrow-down"));
    made.addEventListener("click", () => { move(line, step); made.focus(); });
    return made;
  };
  for (const list of document.querySelectorAll("[data-dm-order]")) {
    for (const line of list.children) line.append(button(list, line, -1), button(list, line, 1));
  }
})();
