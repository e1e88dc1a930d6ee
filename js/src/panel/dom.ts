/**
 * Dom: elements without a framework.
 *
 * Text only ever becomes text nodes, so nothing that came in a message can bring markup. What is
 * drawn stays until what it is drawn from changes; so focus, scrolling and typed text stay too.
 */

export type Child = Node | string | null;
type Props = Record<string, string | number | boolean | null | ((event: Event) => void)>;

/** An element. A function is a listener of that event; null and false leave an attribute out. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== null && value !== false) element.setAttribute(name, `${value}`);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/**
 * A button. `name` is what a screen reader says when the label alone is not enough. Its class says
 * what it needs, see `block`.
 */
export function button(
  label: string,
  press: () => void,
  className = "",
  name = label,
): HTMLButtonElement {
  const said = name !== label && name;
  const click = () => {
    if (made.ariaDisabled !== "true") press();
  };
  const made = h("button", { type: "button", class: className, click, "aria-label": said }, label);
  return made;
}

/** Not `disabled`: the reason in the title must be reachable by keyboard. null: they work. */
export function block(within: HTMLElement, buttons: string, why: string | null): void {
  for (const each of within.querySelectorAll<HTMLElement>(buttons)) {
    if (each.title === (why ?? "")) continue;
    each.title = why ?? "";
    each.ariaDisabled = why && "true";
  }
}

/** A link to the outside, for an address that `safeUrl` has let through. */
export function link(href: string, label: string, className = ""): HTMLAnchorElement {
  const outside = href.startsWith("http");
  return h(
    "a",
    { href, class: className, target: outside && "_blank", rel: outside && "noopener" },
    label,
  );
}

/** Copies, and tells what came of it. */
export async function copied(text: string, done: string): Promise<string> {
  try {
    await navigator.clipboard.writeText(text);
    return done;
  } catch {
    return "The browser does not let this page copy.";
  }
}

/** Once for the document; another build's panel brings its own and the newest counts. */
export function injectStyle(id: string, css: string): void {
  setText(document.getElementById(id) ?? document.head.appendChild(h("style", { id })), css);
}

/** Text that a screen reader repeats only when it has changed. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** The focused element in here, also below a shadow root; null before it is in a page. */
export function focused(inside: HTMLElement): Element | null {
  const { activeElement = null } = inside.getRootNode() as Partial<Document>;
  return inside.contains(activeElement) ? activeElement : null;
}

/** A part of the panel that is drawn again only when its value changes. */
export class Part<T> {
  readonly element: HTMLElement;
  readonly #draw: (value: T) => Child[];
  #value: T | undefined;
  #text = "";

  constructor(element: HTMLElement, draw: (value: T) => Child[]) {
    this.element = element;
    this.#draw = draw;
  }

  /** Says whether it was drawn again. The focus stays on the button of the same name. */
  update(value: T): boolean {
    if (value === this.#value) return false;
    const text = typeof value === "string" ? `"${value}` : JSON.stringify(value);
    const same = this.#value !== undefined && text === this.#text;
    this.#value = value;
    if (same) return false;
    this.#text = text;
    const held = focused(this.element);
    this.element.replaceChildren(...this.#draw(value).filter((child) => child !== null));
    if (held) {
      const pressable = [...this.element.querySelectorAll<HTMLElement>("button, a")];
      const again = pressable.find((each) => spoken(each) === spoken(held));
      const next = again ?? this.element.closest<HTMLElement>("[tabindex]");
      next?.focus({ preventScroll: true });
    }
    return true;
  }
}

function spoken(element: Element): string {
  return element.ariaLabel ?? element.textContent ?? "";
}
