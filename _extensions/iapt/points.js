/* The points of a figure answer to pointer, touch and keyboard. The picture stays as it is; over it lies a list of its
points, one stop of the Tab key, and beside the point that is asked for its figures appear. */
(() => {
  "use strict";

  // As far from a point, in pixels of the screen, it still answers.
  const REACH = { mouse: 14, touch: 24 };
  // So long, in milliseconds, the figures of a point stay after the pointer has left it, so that they can be reached.
  const STAYS = 300;
  // And so long a name that is being typed goes on.
  const TYPES = 800;
  const GAP = 8;
  const PAGE = 10;

  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    // Names come from data: they are text and never markup.
    if (text !== undefined) element.textContent = text;
    return element;
  };

  const read = (island) => {
    try {
      const { width, height, order, labels, points } = JSON.parse(island.textContent);
      return width > 0 && height > 0 && points.length > 0 ? { width, height, order, labels, points } : null;
    } catch {
      return null;
    }
  };

  const enliven = (image) => {
    const id = image.dataset.points;
    const island = document.getElementById(id);
    const content = island && read(island);
    if (!content) return;
    const figure = image.closest(".quarto-float") || image.closest("figure") || image.parentElement;
    const { width, height, order, labels, points } = content;

    const plot = make("span", "iapt-plot");
    image.replaceWith(plot);
    const list = make("span", "iapt-points");
    plot.append(image, list);

    const card = make("div", "iapt-card");
    card.hidden = true;
    // The list says the same to a screen reader.
    card.setAttribute("aria-hidden", "true");
    const supplement = document.querySelector('a[href="supplement.html"]');
    const hint = make(
      "p",
      "iapt-hint",
      "Point at or tap an area for its figures; on a keyboard, use the arrow keys or type its name." +
        (supplement ? " The supplement lists every area." : ""),
    );
    hint.id = `${id}-hint`;
    figure.classList.add("iapt-alive");
    const caption = figure.querySelector("figcaption");
    if (caption) caption.before(hint);
    else plot.after(hint);
    figure.append(card);

    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", order);
    list.setAttribute("aria-describedby", hint.id);
    list.tabIndex = 0;
    // One stop of the Tab key: the frame that scrolls is moved from point to point.
    const frame = plot.closest(".float-body");
    if (frame) frame.removeAttribute("tabindex");

    const options = points.map(([x, y, radius, name, ...values], i) => {
      const option = make("span", "iapt-point");
      option.id = `${id}-point-${i + 1}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.setAttribute("aria-label", `${name}: ${labels.map((label, k) => `${label} ${values[k]}`).join(", ")}`);
      option.style.left = `${(100 * x) / width}%`;
      option.style.top = `${(100 * y) / height}%`;
      option.style.width = `${(200 * radius) / width}%`;
      return option;
    });
    list.append(...options);

    // The point that the keyboard is at, and the one whose figures are shown; -1 is none.
    let current = -1;
    let shown = -1;
    let pinned = false;
    let waiting = 0;

    const place = () => {
      const point = options[shown].getBoundingClientRect();
      const ground = figure.getBoundingClientRect();
      const middle = Math.min(Math.max((point.left + point.right) / 2, ground.left), ground.right);
      const left = Math.min(Math.max(middle - card.offsetWidth / 2, ground.left), ground.right - card.offsetWidth);
      const above = point.top - GAP - card.offsetHeight;
      const below = above < 0;
      card.classList.toggle("iapt-below", below);
      card.style.left = `${left - ground.left}px`;
      card.style.top = `${(below ? point.bottom + GAP : above) - ground.top}px`;
      // From the middle of the point to its figures the pointer goes over a bridge.
      card.style.setProperty("--iapt-across", `${middle - left}px`);
      card.style.setProperty("--iapt-bridge", `${GAP + point.height / 2}px`);
    };

    const hide = () => {
      clearTimeout(waiting);
      waiting = 0;
      if (shown >= 0) options[shown].classList.remove("iapt-shown");
      shown = -1;
      pinned = false;
      card.hidden = true;
    };

    const show = (i) => {
      clearTimeout(waiting);
      waiting = 0;
      if (i === shown) return;
      if (shown >= 0) options[shown].classList.remove("iapt-shown");
      shown = i;
      options[i].classList.add("iapt-shown");
      const [, , , name, ...values] = points[i];
      const facts = make("dl");
      labels.forEach((label, k) => {
        const row = make("div");
        row.append(make("dt", "", label), make("dd", "", values[k]));
        facts.append(row);
      });
      card.replaceChildren(make("p", "", name), facts);
      card.hidden = false;
      place();
    };

    const goTo = (i) => {
      if (current >= 0) options[current].setAttribute("aria-selected", "false");
      current = i;
      options[i].setAttribute("aria-selected", "true");
      list.setAttribute("aria-activedescendant", options[i].id);
    };

    // In a crowd the point whose middle is nearest; so points that lie upon each other can all be reached.
    const nearest = (event) => {
      const box = list.getBoundingClientRect();
      const scale = box.width / width;
      const reach = event.pointerType === "touch" ? REACH.touch : REACH.mouse;
      let best = -1;
      let least = Infinity;
      points.forEach(([x, y, radius], i) => {
        const away = Math.hypot(box.left + x * scale - event.clientX, box.top + y * scale - event.clientY);
        if (away < least && away <= Math.max(reach, radius * scale)) {
          least = away;
          best = i;
        }
      });
      return best;
    };

    const later = (then) => {
      clearTimeout(waiting);
      waiting = setTimeout(then, STAYS);
    };

    // With the keyboard at the plot, its point is what is left to show.
    const leave = () => {
      if (list.matches(":focus-visible") && current >= 0) show(current);
      else hide();
    };

    list.addEventListener("pointermove", (event) => {
      if (event.pointerType === "touch" || pinned) return;
      const i = nearest(event);
      if (i >= 0) show(i);
      else if (shown >= 0 && !waiting) later(leave);
    });
    list.addEventListener("pointerleave", () => {
      if (shown >= 0 && !pinned) later(leave);
    });
    card.addEventListener("pointerenter", () => {
      clearTimeout(waiting);
      waiting = 0;
    });
    card.addEventListener("pointerleave", () => {
      if (!pinned) later(leave);
    });
    list.addEventListener("click", (event) => {
      const i = nearest(event);
      if (i < 0) return hide();
      goTo(i);
      show(i);
      pinned = true;
    });
    card.addEventListener("click", () => {
      pinned = true;
    });
    document.addEventListener("pointerdown", (event) => {
      if (shown >= 0 && !list.contains(event.target) && !card.contains(event.target)) hide();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && shown >= 0) hide();
    });

    list.addEventListener("focus", () => {
      if (!list.matches(":focus-visible")) return;
      if (current < 0) goTo(0);
      show(current);
    });
    list.addEventListener("blur", () => {
      if (!card.matches(":hover")) hide();
    });

    // What was typed of a name, to find the next area of which a word begins so.
    let typed = "";
    let typing = 0;
    const find = (character) => {
      clearTimeout(typing);
      typing = setTimeout(() => {
        typed = "";
      }, TYPES);
      const again = typed === "";
      typed += character.toLocaleLowerCase();
      const from = Math.max(current, 0) + (again ? 1 : 0);
      for (let k = 0; k < points.length; k += 1) {
        const i = (from + k) % points.length;
        if (` ${points[i][3].toLocaleLowerCase()}`.includes(` ${typed}`)) return i;
      }
      return undefined;
    };

    list.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const last = points.length - 1;
      const writes = event.key.length === 1 && (event.key !== " " || typed !== "");
      const to = writes ? find(event.key) : {
        ArrowRight: current + 1,
        ArrowDown: current + 1,
        ArrowLeft: current - 1,
        ArrowUp: current - 1,
        PageDown: current + PAGE,
        PageUp: current - PAGE,
        Home: 0,
        End: last,
        Enter: current,
        " ": current,
      }[event.key];
      if (writes || to !== undefined) event.preventDefault();
      if (to === undefined) return;
      const i = Math.min(Math.max(to, 0), last);
      goTo(i);
      pinned = false;
      options[i].scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
      show(i);
    });

    const follow = () => {
      if (shown >= 0) place();
    };
    window.addEventListener("resize", follow);
    document.addEventListener("scroll", follow, { capture: true, passive: true });
  };

  const start = () => document.querySelectorAll("img[data-points]").forEach(enliven);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
