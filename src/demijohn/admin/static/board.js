/* The first page fetches its charts and tables one by one; what cannot be fetched keeps its link. */
(() => {
  "use strict";
  const fill = async (body) => {
    body.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(body.dataset.dmTile, { headers: { "X-Requested-With": "fetch" } });
      if (answer.ok && !answer.redirected) body.innerHTML = await answer.text();
    } finally { body.removeAttribute("aria-busy"); }
  };
  for (const body of document.querySelectorAll("[data-dm-tile]")) fill(body).catch(() => {});
})();
