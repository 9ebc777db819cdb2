// What htmx does not see to: an answer that never comes, or comes from somebody else, such as the proxy in front.
(function () {
  "use strict";

  var SLOW = 1000;
  var lost = document.createElement("p");
  lost.className = "error";
  lost.setAttribute("role", "alert");

  // Whatever the portal answers to htmx says so. A content type would be any server's.
  function isThePortals(answer) {
    return /HX-Request/i.test(answer.headers.get("Vary"));
  }

  // A page that asks by itself every second does not repeat it each time.
  function isAsked(ctx) {
    return ctx.sourceEvent.type !== "every";
  }

  function tell(ctx) {
    ctx.status = "lost";
    hideFound(ctx);
    var form = ctx.request.form;
    var place = form || ctx.sourceElement.closest("nav") || ctx.sourceElement;
    if (place.contains(lost)) return;
    var isFilled = form && form.querySelector("input:not([type='hidden']):not([type='search'])");
    lost.textContent = "Pas de connexion. " + (isFilled ? "Vos réponses sont gardées\u00a0: réessayez." : "Réessayez.");
    place.append(lost);
    lost.scrollIntoView({ block: "nearest" });
  }

  // Who was found by what was typed before is not who is looked for now.
  function hideFound(ctx) {
    if (ctx.sourceElement.type !== "search") return;
    var status = ctx.target.querySelector("[role='status']");
    status.textContent = "";
    ctx.target.replaceChildren(status);
  }

  document.addEventListener("htmx:before:request", function (event) {
    var ctx = event.detail.ctx;
    if (isAsked(ctx)) lost.remove();
    setTimeout(function () {
      if (ctx.status === "issuing") hideFound(ctx);
    }, SLOW);
  });
  document.addEventListener("htmx:before:response", function (event) {
    var ctx = event.detail.ctx;
    if (isThePortals(ctx.response)) return lost.remove();
    event.preventDefault();
    tell(ctx);
  });
  document.addEventListener("htmx:error", function (event) {
    if (event.detail.ctx) tell(event.detail.ctx);
  });
})();
