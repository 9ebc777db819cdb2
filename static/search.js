// « Précédent » brings the search back as it was left. What is typed are people's names: they are in no address, and
// not in what the browser remembers of fields. They last as long as the window, or until the login is asked for.
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
  // Then htmx listens to it: to what is back, and to what was typed before it had come.
  field.addEventListener("htmx:after:init", function () {
    if (isTyped()) field.dispatchEvent(new Event("input", { bubbles: true }));
  });

  function isTyped() {
    return field.value !== field.defaultValue;
  }
})();
