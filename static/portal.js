// What forms gain from JavaScript, with htmx or without it; they work without both.
(function () {
  "use strict";

  // Some people press every button twice. The browser would drop the first answer, and what it shows once, for the second
  // one's. So a second press is ignored. Buttons are not disabled: a screen reader would not say why.
  var MOMENT = 5000;
  var sent = null;
  var sentAt = 0;
  var underWay = null;
  document.addEventListener("submit", function (event) {
    if (event.target === sent && (underWay || Date.now() - sentAt < MOMENT)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    sent = event.target;
    sentAt = Date.now();
  }, true);

  // A form may be sent again once its page is shown anew, its request has ended, or something else is typed in it; not
  // while a redirect is about to leave the page.
  function forgetSent() {
    sent = underWay = null;
  }
  window.addEventListener("pageshow", forgetSent);
  document.addEventListener("input", function (event) {
    if (event.target.form === sent) forgetSent();
  });
  document.addEventListener("htmx:before:request", function (event) {
    if (event.target === sent) underWay = event.detail.ctx;
  });
  document.addEventListener("htmx:finally:request", function (event) {
    var ctx = event.detail.ctx;
    if (ctx !== underWay) return;
    if (!ctx.hx || !ctx.hx.redirect) return forgetSent();
    underWay = null;
    sentAt = Date.now();
  });

  // Made here and not in the page: without JavaScript the button would do nothing.
  function offerReveal(input) {
    if (input.dataset.reveal) return;
    input.dataset.reveal = "yes";
    var button = document.createElement("button");
    button.type = "button";
    button.className = "reveal";
    button.setAttribute("aria-controls", input.id);
    button.addEventListener("click", function () {
      show(input, button, input.type === "password");
    });
    input.after(button);
    show(input, button, false);
  }

  function show(input, button, shown) {
    var name = document.querySelector("label[for='" + input.id + "']").textContent;
    input.type = shown ? "text" : "password";
    button.textContent = shown ? "Masquer" : "Afficher";
    button.setAttribute("aria-label", button.textContent + " : " + name);
  }

  function offerReveals() {
    document.querySelectorAll("input[type='password']").forEach(offerReveal);
  }

  // Passwords are hidden again before they are sent, so that no browser offers them later as texts typed before.
  document.addEventListener("submit", function (event) {
    event.target.querySelectorAll(".reveal").forEach(function (button) {
      show(document.getElementById(button.getAttribute("aria-controls")), button, false);
    });
  }, true);

  // Where the answer is a file the page stays: what proved who asked for it leaves all the same, once it is on its way.
  document.addEventListener("submit", function (event) {
    if (event.defaultPrevented || event.target.dataset.brings !== "file") return;
    setTimeout(function () {
      event.target.querySelectorAll("input[type='password'], [autocomplete='one-time-code']").forEach(function (field) {
        field.value = "";
      });
    });
  });

  function ready() {
    offerReveals();
    // In older browsers `autofocus` works on fields only; here the list of errors has it.
    var first = document.querySelector("[autofocus]");
    if (first && document.activeElement === document.body) first.focus();
  }

  document.addEventListener("htmx:after:swap", offerReveals);
  ready();
})();
