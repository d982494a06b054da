"use strict";
// Filters, and what the address says of them: #close/last&status=failed&level=must&text=alert has an anchor and three
// filters. All of it is for convenience: without a script the page shows the same.
const form = document.querySelector("form.filters");
const clauses = [...document.querySelectorAll("details.clause")];

function wanted() {
  const data = new FormData(form);
  return { status: data.getAll("status"), level: data.getAll("level"), text: (data.get("text") || "").trim() };
}

const texts = new Map();
function textOf(clause) {
  if (!texts.has(clause)) texts.set(clause, clause.textContent.toLowerCase());
  return texts.get(clause);
}

function filter() {
  const { status, level, text } = wanted();
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const clause of clauses) {
    const is = (values, value) => values.length === 0 || values.includes(value);
    clause.hidden = !(is(status, clause.dataset.status) && is(level, clause.dataset.level) && words.every((w) => textOf(clause).includes(w)));
    if (!clause.hidden) shown++;
  }
  for (const group of document.querySelectorAll("section.group")) {
    group.hidden = !group.querySelector("details.clause:not([hidden])");
  }
  document.querySelector(".nothing").hidden = shown > 0;
  form.querySelector("output").value = `${shown} of ${clauses.length} clauses shown`;
}

function anchorOf(hash) {
  const first = hash.replace(/^#/, "").split("&")[0];
  return first.includes("=") ? "" : decodeURIComponent(first);
}

// remember puts the filters into the address.
function remember(anchor) {
  const { status, level, text } = wanted();
  const parts = [];
  if (anchor) parts.push(anchor);
  if (status.length) parts.push("status=" + status.join(","));
  if (level.length) parts.push("level=" + level.join(","));
  if (text) parts.push("text=" + encodeURIComponent(text));
  const hash = "#" + parts.join("&");
  if (hash !== (location.hash || "#")) history.replaceState(null, "", hash);
}

// follow does what the address says. A link within the page names an anchor alone: then the filters stay, unless they
// hide it.
function follow(event) {
  const given = new URLSearchParams(location.hash.replace(/^#/, "").split("&").filter((p) => p.includes("=")).join("&"));
  if (!event || [...given].length > 0) {
    for (const box of form.querySelectorAll("input[type=checkbox]")) {
      box.checked = (given.get(box.name) || "").split(",").includes(box.value);
    }
    form.elements.text.value = given.get("text") || "";
  }
  const anchor = anchorOf(location.hash);
  const target = anchor && document.getElementById(anchor);
  filter();
  if (target && target.closest("[hidden]")) {
    form.reset();
    filter();
  }
  remember(anchor);
  if (!target) return;
  for (let e = target; e; e = e.parentElement) {
    if (e.tagName === "DETAILS") e.open = true;
  }
  target.scrollIntoView();
  const takes = target.matches("details") ? target.querySelector("summary") : target;
  takes.focus({ preventScroll: true });
}

if (form) {
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => { filter(); remember(anchorOf(location.hash)); });
  form.addEventListener("reset", () => setTimeout(() => { filter(); remember(""); }));
  const setAll = (open) => () => {
    for (const clause of clauses) if (!clause.hidden) clause.open = open;
  };
  form.elements.open.addEventListener("click", setAll(true));
  form.elements.close.addEventListener("click", setAll(false));
  window.addEventListener("hashchange", follow);
  window.addEventListener("load", () => follow()); // the browser itself goes to the anchor first, and takes the focus away

  // What is printed is what there is to be read of failures, and of each other clause its line.
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details.how, details.clause[data-failed], details.spec, details.diagram")].filter((d) => !d.open);
    for (const d of closed) d.open = true;
  });
  window.addEventListener("afterprint", () => { for (const d of closed) d.open = false; });
}
