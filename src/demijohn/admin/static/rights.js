// Leaves only the lines of a long table whose name holds what is typed. Without it the table is whole.
document.querySelectorAll("[data-dm-find]").forEach((input) => {
  const lines = document.querySelectorAll(`#${input.dataset.dmFind} > tbody > tr`);
  input.hidden = lines.length < 12;
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    lines.forEach((line) => { line.hidden = !line.cells[0].textContent.toLowerCase().includes(wanted); });
  });
  input.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
});
