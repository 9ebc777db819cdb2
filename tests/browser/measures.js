// What the tests of keyboards and of ways to look measure on an open page; each gives sentences, none when all is well.
window.measures = (function () {
  "use strict";

  const STOPS = "a[href], button, input:not([type=hidden]), select, textarea, summary, iframe, [tabindex='0']";

  const shown = (one) => one.checkVisibility({ visibilityProperty: true }) && one.getClientRects().length > 0;
  const words = (one) => (one.labels?.[0] ?? one).textContent.trim().replace(/\s+/g, " ").slice(0, 60);
  const told = (one) => `${one.localName} « ${words(one) || one.id || one.name} »`;

  /** Where Tab should stop, in the order of the page; of radio buttons of one name the one that is chosen, or the first. */
  function stops() {
    const all = [...document.querySelectorAll(STOPS)].filter((one) => shown(one) && !one.disabled);
    const radios = (one) => all.filter((other) => other.type === "radio" && other.name === one.name);
    return all.filter((one) => {
      if (one.type !== "radio") return one.tabIndex >= 0;
      const group = radios(one);
      return one === (group.find((other) => other.checked) ?? group[0]);
    });
  }

  /** On arrival the focus is on what is wrong or what is new, on a page that is one field, or nowhere. */
  const stolen = () =>
    document.activeElement.matches("body, .summary, .notice, #identifier, #q") ? [] : [`the focus is on ${told(document.activeElement)}`];

  /** Put the focus before everything, and note where it goes from there. */
  function start() {
    const top = document.createElement("span");
    top.tabIndex = -1;
    document.body.prepend(top);
    top.focus();
    top.remove();
    const visited = [];
    document.addEventListener("focusin", (event) => visited.push(event.target));
    window.visited = visited;
    return stops().length;
  }

  /** Compare where the focus went with where it should; a box that scrolls is a stop of the browser's own. */
  function walked(backwards) {
    const wanted = backwards ? stops().reverse() : stops();
    const went = window.visited.splice(0).filter((one) => one.matches(STOPS));
    const order = (list) => list.map(told).join(", ");
    const same = wanted.every((one, n) => one === went[n]);
    return same ? [] : [`Tab went by ${order(went)}; the page has ${order(wanted)}`];
  }

  function luminance([red, green, blue]) {
    const linear = [red, green, blue].map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  }

  const parts = (colour) => colour.match(/[\d.]+/g).map(Number);

  function contrast(one, other) {
    const [low, high] = [luminance(parts(one)), luminance(parts(other))].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  }

  /** The colour that lies under an element's outline, which stands outside of it. */
  function ground(one) {
    for (let around = one.parentElement; around; around = around.parentElement) {
      const colour = getComputedStyle(around).backgroundColor;
      if ((parts(colour)[3] ?? 1) === 1) return colour;
    }
    return "rgb(255, 255, 255)";
  }

  /** Focus each stop as the keyboard does: it is in sight, under nothing, and an outline of 3 to 1 tells it. */
  function focused() {
    const found = [];
    for (const one of stops()) {
      one.focus();
      const style = getComputedStyle(one);
      if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) found.push(`no focus seen on ${told(one)}`);
      else if (contrast(style.outlineColor, ground(one)) < 3) found.push(`a pale focus on ${told(one)}`);
      if (!inSight(one)) found.push(`focused, but out of sight or covered: ${told(one)}`);
    }
    return found;
  }

  function inSight(one) {
    const { left, top, right, bottom } = one.getClientRects()[0];
    const [x, y] = [(Math.max(left, 0) + Math.min(right, innerWidth)) / 2, (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2];
    const there = document.elementFromPoint(x, y);
    return there !== null && (one.contains(there) || there.contains(one) || [...(one.labels ?? [])].includes(there));
  }

  /** All of what can be pressed: a field that is ticked is as large as its label. */
  function target(one) {
    const boxes = [one, ...(["checkbox", "radio"].includes(one.type) ? one.labels : [])].map((it) => it.getBoundingClientRect());
    const [left, top] = ["left", "top"].map((side) => Math.min(...boxes.map((box) => box[side])));
    const [right, bottom] = ["right", "bottom"].map((side) => Math.max(...boxes.map((box) => box[side])));
    return { left, top, right, bottom, width: right - left, height: bottom - top };
  }

  const inSentence = (one) =>
    getComputedStyle(one).display === "inline" &&
    [...one.parentElement.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());

  /** 24 pixels each way, or a circle of that round it that touches no other target (WCAG 2.5.8); 44 for what is a button. */
  function small() {
    const all = stops().filter((one) => !one.matches(".skip, iframe"));
    const boxes = new Map(all.map((one) => [one, target(one)]));
    const centre = (box) => [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
    const apart = (one, other) => {
      const [x, y] = centre(boxes.get(one));
      const box = boxes.get(other);
      return Math.hypot(x - Math.min(Math.max(x, box.left), box.right), y - Math.min(Math.max(y, box.top), box.bottom)) >= 12;
    };
    return all
      .filter((one) => {
        const { width, height } = boxes.get(one);
        if (one.matches("button, .button, input, select")) return height < 44 || width < 44;
        if (Math.min(width, height) >= 24 || inSentence(one)) return false;
        return !all.every((other) => other === one || apart(one, other));
      })
      .map((one) => `too small to press: ${told(one)}, ${Math.round(target(one).width)} × ${Math.round(target(one).height)}`);
  }

  /** In one column, what comes after in the page does not stand above what comes before. */
  function misplaced() {
    const all = stops().filter((one) => !one.matches(".skip"));
    return all.slice(1).flatMap((one, n) => {
      const [before, after] = [all[n].getBoundingClientRect(), one.getBoundingClientRect()];
      return after.bottom <= before.top ? [`${told(one)} comes after ${told(all[n])}, and stands above it`] : [];
    });
  }

  // What is typed in a field scrolls there.
  const NO_WORDS = "script, style, title, option, input, textarea";

  /** Kept for screen readers alone, by itself or by what it is in. */
  const veiled = (one) => one !== null && (getComputedStyle(one).clipPath === "inset(50%)" || veiled(one.parentElement));

  /** Words that are cut off by their box, or that lie out of the page; nothing scrolls but what is made to. */
  function cut() {
    const found = [];
    if (document.documentElement.scrollWidth > innerWidth) found.push(`${document.documentElement.scrollWidth} pixels wide`);
    for (const one of document.body.querySelectorAll("*")) {
      if (one.matches(NO_WORDS) || !shown(one) || veiled(one)) continue;
      const { overflowX, overflowY } = getComputedStyle(one);
      const clips = (overflow) => overflow === "hidden" || overflow === "clip";
      if (clips(overflowX) && one.scrollWidth > one.clientWidth + 1) found.push(`cut at its right: ${told(one)}`);
      if (clips(overflowY) && one.scrollHeight > one.clientHeight + 1) found.push(`cut at its foot: ${told(one)}`);
    }
    return found;
  }

  /** What has to be scrolled sideways, if only inside its own box. */
  const sideways = () =>
    [...document.body.querySelectorAll("*")]
      .filter((one) => shown(one) && getComputedStyle(one).overflowX === "auto" && one.scrollWidth > one.clientWidth)
      .map((one) => `to be scrolled sideways: ${told(one)}, ${one.scrollWidth} in ${one.clientWidth}`);

  /** Amounts and figures that go on on the next line. */
  function parted() {
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const one = node.parentElement;
      if (one.matches(NO_WORDS) || !shown(one) || veiled(one)) continue;
      for (const { 0: figures, index } of node.textContent.matchAll(/[−\d][\d,\u00a0]*\u00a0€|(?<![\w-])\d[\d,]*\d(?![\w-])/g)) {
        const range = document.createRange();
        range.setStart(node, index);
        range.setEnd(node, index + figures.length);
        if (new Set([...range.getClientRects()].map((box) => box.top)).size > 1) found.push(`cut in two: ${figures}`);
      }
    }
    return found;
  }

  /** Marks of a drawing that lie out of it. */
  function outside() {
    return [...document.querySelectorAll("svg :is(rect, path, line, circle, text)")].flatMap((one) => {
      const [mark, drawing] = [one.getBoundingClientRect(), one.ownerSVGElement.getBoundingClientRect()];
      const out = mark.right > drawing.right + 2 || mark.bottom > drawing.bottom + 2;
      return out && shown(one) ? [`out of its drawing: ${one.outerHTML.slice(0, 80)}`] : [];
    });
  }

  /** Texts that lie one over the other. */
  function overlapping() {
    const lines = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const one = node.parentElement;
      if (!node.textContent.trim() || one.matches(NO_WORDS) || one.closest("svg") || !shown(one) || veiled(one)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const box of range.getClientRects()) if (box.width > 1) lines.push({ one, box });
    }
    const over = (a, b) =>
      Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > a.height / 3;
    lines.sort((a, b) => a.box.top - b.box.top);
    const found = new Set();
    lines.forEach((line, n) => {
      for (let m = n + 1; m < lines.length && lines[m].box.top < line.box.bottom; m += 1) {
        if (over(line.box, lines[m].box)) found.add(`one over the other: ${told(line.one)}, ${told(lines[m].one)}`);
      }
    });
    return [...found];
  }

  /** What stays where it is while the page scrolls, and so would lie over it. */
  const stuck = () =>
    [...document.body.querySelectorAll("*")]
      .filter((one) => shown(one) && ["fixed", "sticky"].includes(getComputedStyle(one).position))
      .map((one) => `always over the page: ${told(one)}`);

  /** Where colours are the reader's own, backgrounds are gone: a state that they told must be told otherwise. */
  function untold() {
    const edged = (one) => ["Top", "Right", "Bottom", "Left"].some((side) => parseFloat(getComputedStyle(one)[`border${side}Width`]) > 0);
    const found = [];
    for (const one of document.querySelectorAll("input, select, textarea, button, .button, .card, .notice, .summary, .badge")) {
      if (shown(one) && !one.matches(".reveal, [type=checkbox], [type=radio]") && !edged(one)) found.push(`no edge: ${told(one)}`);
    }
    for (const one of document.querySelectorAll("[aria-current]")) {
      const other = [...one.closest("ul").querySelectorAll("a:not([aria-current])")][0];
      const marks = (it) => ["fontWeight", "textDecorationLine", "borderBottomStyle", "borderLeftStyle"].map((name) => getComputedStyle(it)[name]).join();
      if (other && marks(one) === marks(other)) found.push(`not told from the others: ${told(one)}`);
    }
    for (const one of document.querySelectorAll("svg :is(rect, path, line, circle):not(.qr *)")) {
      const { fill, stroke } = getComputedStyle(one);
      if (![fill, stroke].some((colour) => colour !== "none" && contrast(colour, ground(one.ownerSVGElement)) >= 3) && one.getBBox().height > 0) {
        found.push(`a mark that is not seen: ${one.outerHTML.slice(0, 80)}`);
      }
    }
    return found;
  }

  const moving = () => document.getAnimations().map((one) => `moves: ${told(one.effect.target)}`);

  return { stolen, start, walked, focused, small, misplaced, cut, sideways, parted, outside, overlapping, stuck, untold, moving };
})();
