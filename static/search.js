// « Précédent » brings the search back as it was left. What is typed are people's names: they are kept in no URL and not
// among the browser's form entries, but in sessionStorage, until the window is closed or the login is asked for.
(function () {
  "use strict";

  var field = document.getElementById("q");
  if (!field) return sessionStorage.removeItem("q");
  field.addEventListener("input", function () {
    sessionStorage.setItem("q", field.value);
  });
  var visit = performance.getEntriesByType("navigation")[0];
  var typed = sessionStorage.getItem("q");
  if (typed && visit && visit.type === "back_forward" && !isTyped()) field.value = typed;
  // Once htmx listens: for what was brought back, or typed before htmx was there.
  field.addEventListener("htmx:after:init", function () {
    if (isTyped()) field.dispatchEvent(new Event("input", { bubbles: true }));
  });

  function isTyped() {
    return field.value !== field.defaultValue;
  }
})();
