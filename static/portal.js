// What the pages gain from JavaScript beyond htmx; everything works without it.
(function () {
  "use strict";

  // « Afficher » shows what is typed in a password field; a submitted form hides it again,
  // so that no browser keeps a password among the texts typed before.
  function reveal(button, shown) {
    document.getElementById(button.getAttribute("aria-controls")).type = shown ? "text" : "password";
    button.firstChild.textContent = shown ? "Masquer" : "Afficher";
  }

  function isShown(button) {
    return document.getElementById(button.getAttribute("aria-controls")).type === "text";
  }

  function offerReveal() {
    document.querySelectorAll(".reveal[hidden]").forEach(function (button) {
      button.hidden = false;
    });
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest(".reveal");
    if (button) reveal(button, !isShown(button));
  });
  document.addEventListener("submit", function (event) {
    event.target.querySelectorAll(".reveal").forEach(function (button) {
      reveal(button, false);
    });
  }, true);
  document.addEventListener("htmx:after:swap", offerReveal);
  offerReveal();
})();
