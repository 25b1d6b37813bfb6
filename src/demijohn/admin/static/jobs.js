/* Bars of background jobs: asks how far each is, and shows the page afresh when one on the job's own page has ended. */
(() => {
  "use strict";
  const number = (value) => Number(value).toLocaleString(document.documentElement.lang || undefined);
  const show = (box, job) => {
    const bar = box.querySelector("progress");
    if (job.total && job.state === "running") { bar.max = job.total; bar.value = Math.min(job.done, job.total); } else bar.removeAttribute("value");
    box.querySelector("[data-job-message]").textContent = job.message || job.word;
    box.querySelector("[data-job-count]").textContent = job.total ? `${number(job.done)} / ${number(job.total)}` : job.done ? number(job.done) : "";
  };
  const end = (box, job) => {
    const notice = box.closest(".dm-job-notice");
    if (!notice) { location.reload(); return; }
    const kind = job.state === "done" ? "success" : job.state === "failed" ? "danger" : "warning";
    notice.parentElement.className = `alert alert-${kind}`;
    box.replaceWith(Object.assign(document.createElement("span"), { textContent: job.message || job.word }));
    if (job.result_url) notice.append(" ", Object.assign(document.createElement("a"), { href: job.result_url, textContent: job.result_label || job.word }));
  };
  const follow = (box, wait) => setTimeout(async () => {
    if (!box.isConnected) return;
    if (document.hidden) { follow(box, 2000); return; }
    try {
      const answer = await fetch(box.dataset.job, { headers: { Accept: "application/json" }, cache: "no-store" });
      if (answer.status === 404 || answer.redirected) return;
      if (answer.ok) {
        const job = await answer.json();
        show(box, job);
        if (!job.is_open) { end(box, job); return; }
      }
    } catch { /* the network is away for a moment: asked again */ }
    follow(box, Math.min(wait * 1.2, 5000));
  }, wait);
  for (const box of document.querySelectorAll("[data-job]")) follow(box, 700);
})();
