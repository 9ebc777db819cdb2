// What the pages gain from JavaScript beyond htmx; everything works without it.
(function () {
  "use strict";

  // A button made here, and not in the page: a browser without JavaScript should not see one that does nothing.
  function offerReveal(input) {
    if (input.nextElementSibling && input.nextElementSibling.className === "reveal") return;
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

  // A password that is shown is hidden again before it leaves, so that no browser keeps it among the texts typed before.
  document.addEventListener("submit", function (event) {
    event.target.querySelectorAll(".reveal").forEach(function (button) {
      show(button.previousElementSibling, button, false);
    });
  }, true);
  // The session's end is announced five minutes before, where it can be put off; then the page is left, so that
  // nobody reads an account over an empty chair. The server decides; this only tells.
  var MINUTE = 60000;

  function announceEnd() {
    var session = document.getElementById("session");
    if (!session || session.dataset.watched) return;
    session.dataset.watched = "yes";
    var start = Date.now();
    session.classList.add("waiting");
    var watch = setInterval(function () {
      if (!session.isConnected) return clearInterval(watch);
      // The server may have noted this visit up to a minute early: five minutes are announced six before, and the
      // page is left only when it is surely over, for a visit too soon would put the end off.
      var idle = (Date.now() - start) / MINUTE;
      if (idle > Number(session.dataset.minutes) + 0.1) window.location.assign(session.dataset.lead);
      else if (idle > session.dataset.minutes - 6 && session.classList.replace("waiting", "ending")) {
        session.querySelector("p").textContent = "Votre session se termine dans 5\u00a0minutes. Voulez-vous continuer\u00a0?";
      }
    }, 1000);
  }

  function ready() {
    offerReveals();
    announceEnd();
  }

  document.addEventListener("htmx:after:swap", ready);
  ready();
})();
