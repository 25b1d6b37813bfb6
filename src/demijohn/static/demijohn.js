/* Small manners of our pages; everything works without this file too.
   Theme choice, show-password buttons, no double submits, local times. */
(() => {
  "use strict";
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const usual = root.dataset.themeDefault || "system";
  const stored = () => {
    try { return localStorage.getItem("demijohn-theme") || usual; } catch { return usual; }
  };

  /* Runs in <head>, before the first paint. */
  const showTheme = () => {
    const choice = stored();
    if (choice === "system") delete root.dataset.theme; else root.dataset.theme = choice;
    root.dataset.bsTheme = choice === "system" ? (dark.matches ? "dark" : "light") : choice;
    for (const button of document.querySelectorAll("[data-theme-choice]"))
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === choice));
  };
  const chooseTheme = (choice) => {
    try { localStorage.setItem("demijohn-theme", choice); } catch { /* kept for this page only */ }
    showTheme();
  };
  root.classList.add("js");
  showTheme();
  dark.addEventListener("change", showTheme);
  addEventListener("storage", (event) => { if (event.key === "demijohn-theme") showTheme(); });

  const showPassword = (button) => {
    const input = document.getElementById(button.getAttribute("aria-controls"));
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    const use = button.querySelector("use");
    if (use) use.setAttribute("href", use.getAttribute("href").replace(/#.*/, shown ? "#eye-off" : "#eye"));
    input.focus();
  };

  /* Lists and blocks line by line, as they are read. */
  const textOf = (selector) => document.querySelector(selector).innerText.trim();
  const copyText = async (button) => {
    await navigator.clipboard?.writeText(textOf(button.dataset.copy));
    if (button.dataset.done) button.textContent = button.dataset.done;
  };
  const downloadText = (button) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([`${textOf(button.dataset.download)}\n`], { type: "text/plain" }));
    link.download = button.dataset.filename;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };

  document.addEventListener("click", (event) => {
    const choice = event.target.closest("[data-theme-choice]");
    if (choice) chooseTheme(choice.dataset.themeChoice);
    const reveal = event.target.closest("[data-reveal]");
    if (reveal) showPassword(reveal);
    const copy = event.target.closest("[data-copy]");
    if (copy) copyText(copy);
    const download = event.target.closest("[data-download]");
    if (download) downloadText(download);
    const print = event.target.closest("[data-print]");
    if (print) window.print();
    for (const menu of document.querySelectorAll("details.menu[open]"))
      if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = event.target.closest?.("details.menu[open]") || document.querySelector("details.menu[open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
  });

  /* A form goes out once; coming back by the Back button makes it ready again. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.dataset.repeat !== undefined) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    setTimeout(() => { /* after every other listener had its say */
      if (event.defaultPrevented) return;
      form.dataset.sent = "1";
      if (event.submitter) event.submitter.setAttribute("aria-busy", "true");
    });
  });
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
    for (const button of document.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  });

  const localTimes = () => {
    const format = new Intl.DateTimeFormat(root.lang || undefined, { dateStyle: "medium", timeStyle: "short" });
    for (const time of document.querySelectorAll("time[datetime][data-local]")) {
      const moment = new Date(time.dateTime);
      if (!Number.isNaN(moment.valueOf())) { time.title = time.textContent.trim(); time.textContent = format.format(moment); }
    }
  };
  document.addEventListener("DOMContentLoaded", () => {
    showTheme();
    localTimes();
    for (const input of document.querySelectorAll("input[type=password]")) addReveal(input);
    for (const button of document.querySelectorAll("[data-reveal]")) button.hidden = false;
    for (const part of document.querySelectorAll("[data-needs-script]")) part.hidden = false;
    if (!navigator.clipboard) for (const button of document.querySelectorAll("[data-copy]")) button.hidden = true;
    const here = document.querySelector(".side-nav [aria-current]"); /* on a phone the row scrolls */
    if (here) here.closest(".side-nav").scrollLeft = here.offsetLeft - 16;
    const wrong = document.querySelector("[data-focus-first]") || document.querySelector("[aria-invalid=true]");
    if (wrong) wrong.focus();
  });

  /* The button beside a password is of no use without this file, so it is made here. */
  function addReveal(input) {
    if (input.closest(".password")) return;
    input.id ||= `password-${document.querySelectorAll("input").length}-${input.name}`;
    const box = document.createElement("div");
    box.className = "password";
    input.replaceWith(box);
    box.append(input);
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.reveal = "";
    button.setAttribute("aria-controls", input.id);
    button.setAttribute("aria-pressed", "false");
    button.setAttribute("aria-label", root.dataset.showPassword || "Show password");
    button.innerHTML = `<svg class="icon" aria-hidden="true"><use href="${root.dataset.icons}#eye"></use></svg>`;
    box.append(button);
  }
})();
