// Elements are made of text nodes only: nothing that a peer wrote becomes markup.

/** @param {string} id */
export function byId(id) {
  const element = document.getElementById(id)
  if (element === null) throw new Error(`the page lacks #${id}`)
  return element
}

/**
 * @param {string} tag
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} children
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  element.append(...children)
  return element
}

/**
 * A name that breaks after `@` and dots, and elsewhere only where a part of it is too long for a line.
 *
 * @param {string} name
 * @returns {(Node | string)[]}
 */
export function breaking(name) {
  return name
    .split(/(?<=[@.])/)
    .flatMap((part, index) => (index === 0 ? [part] : [document.createElement('wbr'), part]))
}
