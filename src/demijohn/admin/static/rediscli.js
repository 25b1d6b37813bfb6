/* The Redis console: sends a line, shows the answer, remembers what was typed. */
(() => {
  "use strict";
  const MOST = 128;
  const form = document.querySelector("[data-dm-console]");
  const log = document.querySelector(".dm-console-log");
  const input = form.elements.cmd;
  const typed = [];
  let position = 0;

  const show = (command) => {
    const entry = document.createElement("div");
    entry.className = "dm-console-entry";
    const line = document.createElement("code");
    line.textContent = command;
    const answer = document.createElement("div");
    answer.textContent = "…";
    entry.append(line, answer);
    log.append(entry);
    while (log.querySelectorAll(".dm-console-entry").length > MOST) log.querySelector(".dm-console-entry").remove();
    log.scrollTop = log.scrollHeight;
    return answer;
  };
  const fail = (answer) => { answer.className = "error"; answer.textContent = log.dataset.failed; };

  async function run(command) {
    const answer = show(command);
    try {
      const response = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { "X-Requested-With": "fetch" } });
      if (!response.ok || response.redirected) fail(answer);
      else answer.innerHTML = await response.text(); /* made and escaped by response.html */
    } catch { fail(answer); }
    log.scrollTop = log.scrollHeight;
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const command = input.value.trim();
    if (!command) return;
    typed.push(command);
    position = typed.length;
    run(command);
    input.value = "";
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    event.preventDefault();
    position = Math.max(0, Math.min(typed.length, position + (event.key === "ArrowUp" ? -1 : 1)));
    input.value = typed[position] || "";
  });
})();
