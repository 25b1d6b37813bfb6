/* Passkeys: asks the server for a challenge and the device for its answer, and sends it with the form it belongs to.
   A page without such a form has no use for this file. */
(() => {
  "use strict";
  const TEXTS = {
    insecure: "Passkeys work on https pages only.",
    unknown: "This browser does not know passkeys. Use another browser, or another way in.",
    elsewhere: "Passkeys of this site work at another address. Go there and try again:",
    cancelled: "No passkey was used: it was cancelled, took too long, or this device has none for this site.",
    present: "This device has a passkey for your account already. Use another device, or another password manager.",
    incapable: "This device can't keep a passkey that asks for your finger, face or PIN. Give it a PIN, or use another.",
    forbidden: "This browser refuses passkeys on this page.",
    offline: "The server can't be reached. Check the connection and try again.",
    stale: "This page was open too long. Load it again.",
    failed: "That did not work. Try once more, or use another way.",
  };
  const WORDS = {
    NotAllowedError: TEXTS.cancelled, AbortError: TEXTS.cancelled, TimeoutError: TEXTS.cancelled,
    InvalidStateError: TEXTS.present, ConstraintError: TEXTS.incapable, NotSupportedError: TEXTS.incapable,
    SecurityError: TEXTS.forbidden,
  };
  const RENEW_BEFORE_MS = 20000;
  class Trouble extends Error {}
  let waiting = null; /* what stops the passkeys offered in the address field; a page has one request at a time */

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => {
    let binary = "";
    for (const byte of new Uint8Array(buffer)) binary += String.fromCharCode(byte);
    return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };
  const listed = (credentials) => (credentials || []).map((one) => ({ ...one, id: bytes(one.id) }));

  /* Options as the server writes them, and credentials as it reads them: binary values as base64url. */
  const decoded = (options) => ({
    ...options,
    challenge: bytes(options.challenge),
    ...(options.user && { user: { ...options.user, id: bytes(options.user.id) } }),
    ...(options.excludeCredentials && { excludeCredentials: listed(options.excludeCredentials) }),
    ...(options.allowCredentials && { allowCredentials: listed(options.allowCredentials) }),
  });
  const encoded = (credential) => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
      if (credential.response[name]) response[name] = text(credential.response[name]);
    if (credential.response.getTransports) response.transports = credential.response.getTransports();
    return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response });
  };

  const obstacle = () => {
    if (!window.isSecureContext) return TEXTS.insecure;
    return window.PublicKeyCredential && navigator.credentials ? null : TEXTS.unknown;
  };

  const say = (form, words, address) => {
    const place = form.querySelector("[data-passkey-says]");
    place.textContent = words;
    if (!address) return;
    const link = document.createElement("a");
    link.href = address;
    link.textContent = address;
    place.append(" ", link);
  };

  const ask = async (form) => {
    let answer;
    try {
      answer = await fetch(form.dataset.options, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": form.elements.csrf_token.value },
        body: JSON.stringify({ purpose: form.dataset.passkey }),
      });
    } catch { throw new Trouble(TEXTS.offline); }
    if (answer.ok) return answer.json();
    if (answer.status === 401) location.reload(); /* the page itself asks for what is missing */
    if (answer.status === 400) throw new Trouble(TEXTS.stale);
    const problem = await answer.json().catch(() => ({}));
    throw new Trouble(problem.detail || TEXTS.failed);
  };

  const send = (form, credential) => {
    form.elements.credential.value = encoded(credential);
    const box = document.querySelector("form:not([data-passkey]) input[type=checkbox][name=remember]");
    const remember = form.elements.remember;
    if (remember && remember.type === "hidden") remember.value = box && box.checked ? "y" : "";
    form.submit();
  };

  const run = async (form) => {
    const problem = obstacle();
    if (problem) return say(form, problem);
    if (waiting) waiting.abort("pressed");
    const button = form.querySelector("button[type=submit]");
    button.setAttribute("aria-busy", "true");
    say(form, "");
    try {
      const { publicKey, origin } = await ask(form);
      if (origin !== location.origin) return say(form, TEXTS.elsewhere, origin + location.pathname + location.search);
      const how = form.dataset.passkey === "register" ? "create" : "get";
      return send(form, await navigator.credentials[how]({ publicKey: decoded(publicKey) }));
    } catch (error) {
      say(form, error instanceof Trouble ? error.message : WORDS[error.name] || TEXTS.failed);
      return offer(form);
    } finally {
      button.removeAttribute("aria-busy");
    }
  };

  const shown = () => document.hidden
    ? new Promise((go) => document.addEventListener("visibilitychange", go, { once: true }))
    : null;

  /* Passkeys in the list that the browser opens at the address field, with a new challenge before the old runs out. */
  const offer = async (form) => {
    if (form.dataset.offers === undefined || obstacle()) return;
    if (!(await window.PublicKeyCredential.isConditionalMediationAvailable?.().catch(() => false))) return;
    for (let again = true; again;) {
      again = false;
      await shown();
      const control = waiting = new AbortController();
      let timer;
      try {
        const { publicKey, origin } = await ask(form);
        if (origin !== location.origin || control.signal.aborted) return;
        timer = setTimeout(() => { again = true; control.abort("renewed"); }, Math.max(publicKey.timeout - RENEW_BEFORE_MS, 5000));
        const options = { publicKey: decoded(publicKey), mediation: "conditional", signal: control.signal };
        send(form, await navigator.credentials.get(options));
      } catch { /* nobody asked for this: the button says what is wrong */ } finally {
        clearTimeout(timer);
      }
    }
  };

  /* Password managers are told which passkeys are left, and what the account is called. */
  const signal = (facts) => {
    const quietly = (name) => { try { window.PublicKeyCredential?.[name]?.(facts)?.catch(() => {}); } catch { /* as good as not there */ } };
    quietly("signalAllAcceptedCredentials");
    quietly("signalCurrentUserDetails");
  };

  const start = () => {
    for (const form of document.querySelectorAll("form[data-passkey]")) {
      form.querySelector("button[type=submit]").hidden = false;
      form.addEventListener("submit", (event) => { event.preventDefault(); run(form); });
      offer(form);
    }
    for (const place of document.querySelectorAll("[data-passkey-signals]")) signal(JSON.parse(place.dataset.passkeySignals));
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start); else start();
  addEventListener("pageshow", (event) => { if (event.persisted) for (const form of document.querySelectorAll("form[data-offers]")) offer(form); });
})();
